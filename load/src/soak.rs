//! Runs the product under mixed load with broken connections, slow readers and upstream failures,
//! and checks that it releases all resources when the clients have disconnected.

mod slope;
mod soak_report;

use std::{cell::RefCell, collections::BTreeMap, convert::Infallible, time::Duration};

use anyhow::ensure;
use clap::Args;
use tokio::time::{Instant, interval, sleep};

use self::{slope::per_hour, soak_report::SoakReport};
use crate::{
    fake_upstream::FakeUpstream,
    load_target::Transport,
    metrics_scrape,
    output::Output,
    run::{self, LoadSample, Mix, Plan, duration},
    server::ServerUnderTest,
    server_kind::ServerKind,
};

/// Gauges of the product that must be zero when all clients have disconnected.
const SESSION_GAUGES: [&str; 4] = [
    "rmcp_transport_sessions",
    "rmcp_transport_requests_in_flight",
    "aareguru_mcp_streamable_sessions",
    "aareguru_mcp_websocket_sessions",
];

const TASKS_GAUGE: &str = "aareguru_mcp_runtime_tasks";

/// How long the server may take to release its resources, after the grace period for clients that
/// reconnect.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(60);

/// The warm-up is this fraction of the run: one eighth.
const WARM_UP_SHARE: u32 = 8;

const MIX: &str =
    "get_current_temperature=6,get_current_conditions=2,list_cities=1,resources/read=1";
const ARGUMENTS: [&str; 3] = [
    r#"get_current_temperature={"city":"bern"}"#,
    r#"get_current_conditions={"city":"bern"}"#,
    r#"resources/read={"uri":"aareguru://cities"}"#,
];

/// Resource usage of the server without clients.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct RestingUsage {
    pub(crate) memory_kib: u64,
    pub(crate) open_files: usize,
    pub(crate) threads: u64,
    pub(crate) tasks: f64,
    /// Sessions and requests that are still open, by gauge.
    pub(crate) held: BTreeMap<&'static str, f64>,
}

#[derive(Debug, Args)]
pub(crate) struct SoakArgs {
    /// The duration, including a warm-up; at least one minute, because the upstream
    /// fails at the end of each minute.
    #[arg(long = "for", default_value = "20m", value_parser = duration, value_name = "TIME")]
    run_for: Duration,

    /// The number of sessions, a third over each transport. A tenth as many slow
    /// readers are added.
    #[arg(long, default_value_t = 60)]
    sessions: usize,

    #[command(flatten)]
    output: Output,
}

impl SoakArgs {
    #[expect(clippy::print_stdout, reason = "this is the result")]
    pub(crate) async fn run(&self) -> anyhow::Result<()> {
        let verdict = soak(self.run_for, self.sessions).await?;
        print!("{verdict}");
        self.output.write(&verdict, || verdict.report.chart())?;
        let failures = verdict.failures().join("; ");
        ensure!(failures.is_empty(), "{failures}");
        Ok(())
    }
}

async fn soak(run_for: Duration, sessions: usize) -> anyhow::Result<SoakReport> {
    let upstream = FakeUpstream::start(true).await?;
    let server = ServerUnderTest::start(ServerKind::AareguruMcp, None, Some(&upstream)).await?;
    let warm_up = run_for / WARM_UP_SHARE;
    run_load(&server, sessions, warm_up).await?;
    let before = resting_usage(&server).await?;
    let tasks = RefCell::new(Vec::new());
    let report = tokio::select! {
        report = run_load(&server, sessions, run_for - warm_up) => report?,
        never = count_tasks(&server, &tasks) => match never? {},
    };
    let after = resting_usage(&server).await?;
    let (requests, failures) = upstream.counts();
    server.stop().await?;

    let samples = without_beginning(&report.samples);
    let slope = |value: fn(&LoadSample) -> Option<f64>| {
        let points = samples.iter();
        per_hour(points.filter_map(|sample| Some((sample.second, value(sample)?))))
    };
    Ok(SoakReport {
        before,
        after,
        memory_kib_per_hour: slope(|sample| Some(sample.server?.memory_kib as f64)),
        files_per_hour: slope(|sample| Some(sample.server?.open_files as f64)),
        threads_per_hour: slope(|sample| Some(sample.server?.threads as f64)),
        tasks_per_hour: per_hour(without_beginning(&tasks.into_inner()).iter().copied()),
        p99_ms_per_hour: slope(|sample| (sample.calls_per_second > 0.0).then_some(sample.p99_ms)),
        upstream_requests: requests,
        upstream_failures: failures,
        report,
    })
}

async fn run_load(
    server: &ServerUnderTest,
    sessions: usize,
    measure_for: Duration,
) -> anyhow::Result<run::RunReport> {
    let plan = Plan {
        targets: vec![
            server.target.clone(),
            server.target.at("/mcp", Transport::StreamableHttp),
            server.target.at("/ws", Transport::WebSocket),
        ],
        sessions,
        ramp: Duration::from_secs(2),
        measure_for,
        rate: None,
        think: "20ms..200ms".parse()?,
        timeout: Duration::from_secs(20),
        cut_every: Some(Duration::from_secs(7)),
        slow_readers: sessions / 10,
    };
    let mix = MIX.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mix = Mix::parse(&mix, &ARGUMENTS.map(str::to_owned))?;
    run::run(&plan, &mix, Some(server.process)).await
}

/// Records the number of the server's tasks once a second, with the seconds since the start.
async fn count_tasks(
    server: &ServerUnderTest,
    counts: &RefCell<Vec<(f64, f64)>>,
) -> anyhow::Result<Infallible> {
    let begun = Instant::now();
    let mut every = interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        let count = tasks(server).await?;
        let seconds = begun.elapsed().as_secs_f64();
        counts.borrow_mut().push((seconds, count));
    }
}

async fn tasks(server: &ServerUnderTest) -> anyhow::Result<f64> {
    metrics_scrape::value(&metrics_scrape::fetch(&server.target).await?, TASKS_GAUGE)
}

/// Waits until the server has released all sessions, with a time limit, and reads its usage.
async fn resting_usage(server: &ServerUnderTest) -> anyhow::Result<RestingUsage> {
    let deadline = Instant::now() + ServerKind::AareguruMcp.grace() + RELEASE_TIMEOUT;
    loop {
        let text = metrics_scrape::fetch(&server.target).await?;
        // A gauge that was never set is missing.
        let gauges =
            SESSION_GAUGES.map(|gauge| (gauge, metrics_scrape::value(&text, gauge).unwrap_or(0.0)));
        let held = gauges.into_iter().filter(|(_, value)| *value > 0.0);
        let held = held.collect::<BTreeMap<_, _>>();
        if held.is_empty() || Instant::now() > deadline {
            server.settle().await?;
            return Ok(RestingUsage {
                memory_kib: server.process.memory_kib()?,
                open_files: server.process.open_files()?,
                threads: server.process.threads()?,
                tasks: tasks(server).await?,
                held,
            });
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// Returns the samples without the first quarter, in which buffers grow.
fn without_beginning<T>(samples: &[T]) -> &[T] {
    &samples[samples.len() / 4..]
}
