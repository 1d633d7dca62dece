//! Measures the product with a growing number of sessions, then closes all at once, opens them
//! again, and sends an update to all.

mod scale_report;

use std::{future::Future, time::Duration};

use anyhow::{Context, ensure};
use clap::Args;
use futures_util::FutureExt;
use serde::Serialize;
use tokio::time::{Instant, timeout};

use self::scale_report::ScaleReport;
use crate::{
    client::RequestTemplate,
    cores::Cores,
    fake_upstream::FakeUpstream,
    load_target::Transport,
    output::Output,
    server::ServerUnderTest,
    server_kind::ServerKind,
    session_pool::{PoolOutcome, SessionPool},
    sockets,
};

/// The numbers of sessions to measure, as fractions of all.
const STEP_SHARES: [f64; 6] = [0.05, 0.125, 0.25, 0.5, 0.75, 1.0];

const RESOURCE: &str = "aareguru://current/bern";

/// The time limit for an update. The product polls the upstream every few seconds here.
const UPDATE_TIMEOUT: Duration = Duration::from_secs(60);

/// The cost with a number of open sessions.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Step {
    pub(crate) sessions: usize,
    /// Growth since before the first session, per session.
    pub(crate) kib_per_session: f64,
    /// Server CPU time to open and initialize a session, since the last step.
    pub(crate) open_cpu_us: f64,
    /// Server CPU time of a ping.
    pub(crate) ping_cpu_us: f64,
}

/// The cost of closing all sessions at once and opening as many again.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Storm {
    pub(crate) sessions: usize,
    /// Until the server had closed every connection.
    pub(crate) closed_ms: f64,
    pub(crate) close_cpu_us: f64,
    pub(crate) open_cpu_us: f64,
}

/// The cost of an update of a resource to all subscribers.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Broadcast {
    pub(crate) subscribers: usize,
    /// From the first notification received to the last, including the time to read all.
    pub(crate) to_last_ms: f64,
    pub(crate) cpu_us_each: f64,
    /// Requests while all were subscribed.
    pub(crate) upstream_requests: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ScaleArgs {
    /// The largest number of sessions.
    #[arg(long, default_value_t = 20_000)]
    sessions: usize,

    /// The number of sessions that receive an update.
    #[arg(long, default_value_t = 10_000)]
    subscribers: usize,

    #[command(flatten)]
    output: Output,
}

impl ScaleArgs {
    #[expect(clippy::print_stdout, reason = "this is the result")]
    pub(crate) async fn run(&self, cores: Option<Cores>) -> anyhow::Result<()> {
        ensure!(self.sessions > 0, "--sessions 0 measures nothing");
        let report = self.measure(cores).await?;
        print!("{report}");
        self.output.write(&report, || report.chart())
    }

    async fn measure(&self, cores: Option<Cores>) -> anyhow::Result<ScaleReport> {
        let upstream = FakeUpstream::start(false).await?;
        let server =
            ServerUnderTest::start(ServerKind::AareguruMcp, cores, Some(&upstream)).await?;
        let most = sockets::sessions_within(server.max_sockets()?, 1, self.sessions);
        let (steps, pool) = grow(&server, most).await?;
        let without_stream = open_sessions_without_streams(&server, self.sessions - most).await?;
        let storm = storm(&server, pool, most).await?;
        server.stop().await?;

        let mut broadcasts = Vec::new();
        for share in [10, 1] {
            let server =
                ServerUnderTest::start(ServerKind::AareguruMcp, cores, Some(&upstream)).await?;
            let subscribers = (self.subscribers / share).max(1);
            broadcasts.push(broadcast(&server, &upstream, subscribers).await?);
            server.stop().await?;
        }
        Ok(ScaleReport {
            requested: self.sessions,
            steps,
            without_stream,
            storm,
            broadcasts,
        })
    }
}

async fn grow(server: &ServerUnderTest, most: usize) -> anyhow::Result<(Vec<Step>, SessionPool)> {
    let mut pool = SessionPool::new(&server.target);
    // Warm-up: excludes what a server allocates once.
    pool.grow_to(64.min(most)).await.all()?;
    pool = SessionPool::new(&server.target);
    server.settle().await?;
    let memory = server.process.memory_kib()?;
    let mut steps = Vec::new();
    for (id, part) in (1..).zip(STEP_SHARES) {
        let sessions = ((most as f64 * part) as usize).max(1);
        let more = sessions - pool.sessions.len();
        let opened = cpu_us_each(server, more, pool.grow_to(sessions)).await?;
        server.settle().await?;
        let now = server.process.memory_kib()?;
        let ping = RequestTemplate::ping();
        steps.push(Step {
            sessions,
            kib_per_session: (now as f64 - memory as f64) / sessions as f64,
            open_cpu_us: opened,
            ping_cpu_us: cpu_us_each(server, sessions, pool.call_each(&ping, id)).await?,
        });
    }
    Ok((steps, pool))
}

/// Opens sessions of Streamable HTTP without a stream, which need no file descriptor. Returns how
/// many of them answer.
async fn open_sessions_without_streams(
    server: &ServerUnderTest,
    count: usize,
) -> anyhow::Result<usize> {
    let mut pool = SessionPool::new(&server.target.at("/mcp", Transport::StreamablePostOnly));
    pool.grow_to(count)
        .await
        .all()
        .context("opening sessions without a stream")?;
    Ok(pool
        .call_each(&RequestTemplate::ping(), 1)
        .await
        .all()?
        .count)
}

async fn storm(server: &ServerUnderTest, pool: SessionPool, most: usize) -> anyhow::Result<Storm> {
    let other_files = server.process.open_files()?.saturating_sub(most);
    let begun = Instant::now();
    drop(pool);
    let closing = server.wait_for_closed_connections(other_files);
    let ((), cpu) = server.process.cpu_during(closing).await?;
    let closed = begun.elapsed();
    let mut pool = SessionPool::new(&server.target);
    Ok(Storm {
        sessions: most,
        closed_ms: closed.as_secs_f64() * 1e3,
        close_cpu_us: us_each(cpu, most),
        open_cpu_us: cpu_us_each(server, most, pool.grow_to(most)).await?,
    })
}

async fn broadcast(
    server: &ServerUnderTest,
    upstream: &FakeUpstream,
    subscribers: usize,
) -> anyhow::Result<Broadcast> {
    // The next measurement is overdue, so the product polls at its maximum rate.
    upstream.measure(Duration::from_secs(25 * 60));
    let mut pool = SessionPool::new(&server.target);
    pool.grow_to(subscribers).await.all()?;
    pool.call_each(&RequestTemplate::subscribe(RESOURCE), 1)
        .await
        .all()?;
    server.settle().await?;

    let (requests_before, _) = upstream.counts();
    upstream.measure(Duration::from_secs(12 * 60));
    let updating = pool.receive_each("notifications/resources/updated");
    let updating = timeout(UPDATE_TIMEOUT, updating);
    let updated = server.process.cpu_during(updating).await;
    let (updated, cpu) = updated.context("not all sessions received the update")?;
    let took = updated.first.map(|first| first.elapsed());
    updated.all()?;
    Ok(Broadcast {
        subscribers,
        to_last_ms: took.unwrap_or_default().as_secs_f64() * 1e3,
        cpu_us_each: us_each(cpu, subscribers),
        upstream_requests: upstream.counts().0 - requests_before,
    })
}

/// Returns the server's CPU time of an action in `count` sessions, per session, in microseconds.
async fn cpu_us_each(
    server: &ServerUnderTest,
    count: usize,
    action: impl Future<Output = PoolOutcome>,
) -> anyhow::Result<f64> {
    let (_, cpu) = server
        .process
        .cpu_during(action.map(PoolOutcome::all))
        .await?;
    Ok(us_each(cpu, count))
}

fn us_each(cpu: Duration, count: usize) -> f64 {
    cpu.as_secs_f64() * 1e6 / count.max(1) as f64
}
