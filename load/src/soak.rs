//! Hours in short: the product under a mixed load with cuts, slow readers and an
//! upstream that ails, and what it holds on to when all that is over.

mod slope;
mod verdict;

use std::{collections::BTreeMap, pin::pin, time::Duration};

use anyhow::Context;
use tokio::{
    select,
    time::{Instant, interval, sleep},
};

pub(crate) use verdict::Verdict;

use self::slope::per_hour;
use crate::{
    process::Process,
    run::{self, Mix, Pace, Plan, Sample, Think},
    scrape,
    server::{Kind, Server, Target, Transport},
    upstream::Upstream,
};

/// What every gauge of the product has to show when all clients are gone.
const GAUGES: [&str; 4] = [
    "rmcp_sse_sessions",
    "rmcp_sse_requests_in_flight",
    "aareguru_mcp_streamable_sessions",
    "aareguru_mcp_websocket_sessions",
];

/// Its tasks that have not ended.
const TASKS: &str = "aareguru_mcp_runtime_tasks";

/// How long the server may take to let go, beyond the grace for those who might
/// come back.
const PATIENCE: Duration = Duration::from_secs(60);

/// So many times as long as the warm-up is the rest.
const WARM_UP_SHARE: u32 = 8;

/// Runs for `lasts` in all.
pub(crate) async fn run(lasts: Duration, sessions: usize) -> anyhow::Result<Verdict> {
    let upstream = Upstream::start(true).await?;
    let server = Server::start_product(None, &upstream).await?;
    let warm_up = lasts / WARM_UP_SHARE;
    load(&server, sessions, warm_up).await?;
    let before = rest(&server).await?;
    let (report, tasks) = load_and_count_tasks(&server, sessions, lasts - warm_up).await?;
    let after = rest(&server).await?;
    let (asked, failed) = upstream.counts();
    server.stop().await?;

    let samples = steady(&report.samples);
    let slope = |value: fn(&Sample) -> Option<f64>| {
        per_hour(
            samples
                .iter()
                .filter_map(|sample| Some((sample.second, value(sample)?))),
        )
    };
    Ok(Verdict {
        before,
        after,
        memory_kib_per_hour: slope(|sample| Some(sample.server?.memory_kib as f64)),
        files_per_hour: slope(|sample| Some(sample.server?.open_files as f64)),
        threads_per_hour: slope(|sample| Some(sample.server?.threads as f64)),
        tasks_per_hour: per_hour(steady(&tasks).iter().copied()),
        p99_ms_per_hour: slope(|sample| (sample.calls_per_second > 0.0).then_some(sample.p99_ms)),
        upstream_asked: asked,
        upstream_failed: failed,
        report,
    })
}

/// The server when nobody uses it.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Rest {
    pub(crate) memory_kib: u64,
    pub(crate) open_files: usize,
    pub(crate) threads: u64,
    pub(crate) tasks: f64,
    /// Sessions and calls that it still knows, by gauge.
    pub(crate) held: BTreeMap<&'static str, f64>,
}

async fn load(server: &Server, sessions: usize, lasts: Duration) -> anyhow::Result<run::Report> {
    let Target { address, .. } = server.target;
    let target = |scheme: &str, path: &str| format!("{scheme}://{address}{path}").parse();
    let arguments = [
        r#"get_current_temperature={"city":"bern"}"#.to_owned(),
        r#"get_current_conditions={"city":"bern"}"#.to_owned(),
        r#"resources/read={"uri":"aareguru://cities"}"#.to_owned(),
    ];
    let mix = "get_current_temperature=6,get_current_conditions=2,list_cities=1,resources/read=1";
    let mix = mix.split(',').map(str::to_owned).collect::<Vec<_>>();
    let plan = Plan {
        targets: vec![
            target("http", "/sse")?,
            target("http", "/mcp")?,
            target("ws", "/ws")?,
        ],
        sessions,
        ramp: Duration::from_secs(2),
        lasts,
        pace: Pace::Closed,
        mix: Mix::parse(&mix, &arguments)?,
        think: "20ms..200ms".parse::<Think>()?,
        patience: Duration::from_secs(20),
        cut_every: Some(Duration::from_secs(7)),
        slow_readers: sessions / 10,
    };
    debug_assert!(plan.targets[2].transport == Transport::WebSocket);
    run::run(plan, Some(server.process)).await
}

/// Also tells how many tasks the server has, once a second: seconds since the
/// begin, and tasks.
async fn load_and_count_tasks(
    server: &Server,
    sessions: usize,
    lasts: Duration,
) -> anyhow::Result<(run::Report, Vec<(f64, f64)>)> {
    let begun = Instant::now();
    let mut load = pin!(load(server, sessions, lasts));
    let mut every = interval(Duration::from_secs(1));
    let mut counts = Vec::new();
    loop {
        select! {
            report = &mut load => return Ok((report?, counts)),
            _ = every.tick() => {
                counts.push((begun.elapsed().as_secs_f64(), tasks(server).await?));
            }
        }
    }
}

async fn tasks(server: &Server) -> anyhow::Result<f64> {
    scrape::value(&scrape::fetch(&server.target).await?, TASKS)
}

/// Waits until the server has let go of all clients, for a while at most.
async fn rest(server: &Server) -> anyhow::Result<Rest> {
    let deadline = Instant::now() + Kind::AareguruMcp.grace() + PATIENCE;
    loop {
        let text = scrape::fetch(&server.target).await?;
        let mut held = BTreeMap::new();
        for gauge in GAUGES {
            // What was never counted is not told.
            let value = scrape::value(&text, gauge).unwrap_or(0.0);
            if value > 0.0 {
                held.insert(gauge, value);
            }
        }
        if held.is_empty() || Instant::now() > deadline {
            server.settle().await?;
            return told(server.process, tasks(server).await?, held);
        }
        sleep(Duration::from_millis(500)).await;
    }
}

fn told(process: Process, tasks: f64, held: BTreeMap<&'static str, f64>) -> anyhow::Result<Rest> {
    Ok(Rest {
        memory_kib: process.memory_kib()?,
        open_files: process.open_files().context("counting files")?,
        threads: process.threads()?,
        tasks,
        held,
    })
}

/// Without the beginning, in which buffers grow to their size.
fn steady<T>(samples: &[T]) -> &[T] {
    &samples[samples.len() / 4..]
}
