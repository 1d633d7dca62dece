//! What grows with the number of sessions, and how: the product with ever more
//! of them, all closed at once, opened again, and told of an update.

mod report;

pub(crate) use report::Report;

use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::{
    client::{ping, subscribe},
    cores::Cores,
    crowd::Crowd,
    server::{Server, Transport},
    sockets,
    upstream::Upstream,
};

/// Parts of all sessions at which things are looked at.
const STEPS: [f64; 6] = [0.05, 0.125, 0.25, 0.5, 0.75, 1.0];

const RESOURCE: &str = "aareguru://current/bern";

/// No update takes longer to be noticed: the poller asks every few seconds here.
const PATIENCE: Duration = Duration::from_secs(60);

/// With so many sessions open.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Step {
    pub(crate) sessions: usize,
    /// Of all, since before the first.
    pub(crate) kib_per_session: f64,
    /// The server's, to open and initialize each since the last step.
    pub(crate) open_cpu_us: f64,
    /// The server's, for a ping in each of all sessions.
    pub(crate) ping_cpu_us: f64,
}

/// All sessions closed at once, and as many opened again.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Storm {
    pub(crate) sessions: usize,
    /// Until the server had let go of every connection.
    pub(crate) closed_ms: f64,
    pub(crate) close_cpu_us: f64,
    pub(crate) open_cpu_us: f64,
}

/// An update of a resource, to all who subscribed.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Broadcast {
    pub(crate) subscribers: usize,
    /// From the first who was told to the last, the reading of all included.
    pub(crate) to_last_ms: f64,
    pub(crate) cpu_us_each: f64,
    /// While all were subscribed.
    pub(crate) upstream_asked: u64,
}

pub(crate) async fn run(
    sessions: usize,
    subscribers: usize,
    cores: Option<Cores>,
) -> anyhow::Result<Report> {
    let upstream = Upstream::start(false).await?;
    let server = Server::start_product(cores, &upstream).await?;
    let most = sockets::sessions_within(server.max_sockets()?, 1, sessions);
    let (steps, crowd) = grow(&server, most).await?;
    let quiet = more_without_files(&server, sessions - most).await?;
    let storm = storm(&server, crowd, most).await?;
    server.stop().await?;

    let mut broadcasts = Vec::new();
    for share in [10, 1] {
        let server = Server::start_product(cores, &upstream).await?;
        broadcasts.push(broadcast(&server, &upstream, (subscribers / share).max(1)).await?);
        server.stop().await?;
    }
    Ok(Report {
        wanted: sessions,
        steps,
        quiet,
        storm,
        broadcasts,
    })
}

async fn grow(server: &Server, most: usize) -> anyhow::Result<(Vec<Step>, Crowd)> {
    let mut crowd = Crowd::new(&server.target);
    // What every server allocates once is not the sessions'.
    crowd.grow_to(64.min(most)).await.all()?;
    drop(std::mem::replace(&mut crowd, Crowd::new(&server.target)));
    server.settle().await?;
    let memory = server.process.memory_kib()?;
    let mut steps = Vec::new();
    for (index, part) in STEPS.into_iter().enumerate() {
        let sessions = ((most as f64 * part) as usize).max(1);
        let more = sessions - crowd.len();
        let cpu = server.process.cpu()?;
        crowd.grow_to(sessions).await.all().context("opening")?;
        let opened = server.process.cpu()? - cpu;
        server.settle().await?;
        let now = server.process.memory_kib()?;
        let cpu = server.process.cpu()?;
        let id = index as u64 + 1;
        let answered = crowd.request(id, ping(id)).await.all()?;
        ensure!(answered == sessions, "{answered} of {sessions} answered");
        let pinged = server.process.cpu()? - cpu;
        steps.push(Step {
            sessions,
            kib_per_session: (now as f64 - memory as f64) / sessions as f64,
            open_cpu_us: us_each(opened, more),
            ping_cpu_us: us_each(pinged, sessions),
        });
    }
    Ok((steps, crowd))
}

/// Sessions of Streamable HTTP that open no stream take no file; tells how many
/// of them answer beside all the others.
async fn more_without_files(server: &Server, count: usize) -> anyhow::Result<usize> {
    let mut target = server.target.clone();
    target.speak("/mcp", Transport::StreamableQuiet);
    let mut crowd = Crowd::new(&target);
    crowd.grow_to(count).await.all().context("opening more")?;
    crowd.request(1, ping(1)).await.all()
}

async fn storm(server: &Server, crowd: Crowd, most: usize) -> anyhow::Result<Storm> {
    let open_files = server.process.open_files()?;
    let cpu = server.process.cpu()?;
    let begun = Instant::now();
    drop(crowd);
    server.let_go(open_files.saturating_sub(most)).await?;
    let closed = begun.elapsed();
    let close_cpu = server.process.cpu()? - cpu;
    let mut crowd = Crowd::new(&server.target);
    let cpu = server.process.cpu()?;
    crowd.grow_to(most).await.all().context("opening again")?;
    Ok(Storm {
        sessions: most,
        closed_ms: closed.as_secs_f64() * 1e3,
        close_cpu_us: us_each(close_cpu, most),
        open_cpu_us: us_each(server.process.cpu()? - cpu, most),
    })
}

async fn broadcast(
    server: &Server,
    upstream: &Upstream,
    subscribers: usize,
) -> anyhow::Result<Broadcast> {
    // The next measurement is due, so the poller asks as often as it may.
    upstream.measure(Duration::from_secs(25 * 60));
    let mut crowd = Crowd::new(&server.target);
    crowd.grow_to(subscribers).await.all()?;
    let subscribed = crowd.request(1, subscribe(1, RESOURCE)).await.all()?;
    ensure!(subscribed == subscribers, "{subscribed} subscribed");
    server.settle().await?;

    let (asked, _) = upstream.counts();
    let cpu = server.process.cpu()?;
    upstream.measure(Duration::from_secs(12 * 60));
    let told = timeout(PATIENCE, async {
        let told = crowd.hear().await;
        let first = told.heard_first.unwrap_or_else(Instant::now);
        anyhow::Ok((told.all()?, first.elapsed()))
    });
    let (told, took) = told.await.context("not all were told of the update")??;
    ensure!(told == subscribers, "{told} of {subscribers} were told");
    Ok(Broadcast {
        subscribers,
        to_last_ms: took.as_secs_f64() * 1e3,
        cpu_us_each: us_each(server.process.cpu()? - cpu, subscribers),
        upstream_asked: upstream.counts().0 - asked,
    })
}

fn us_each(cpu: Duration, count: usize) -> f64 {
    cpu.as_secs_f64() * 1e6 / count.max(1) as f64
}
