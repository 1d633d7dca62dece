//! The product under a mixed load with cuts, slow readers and upstream failures, and the resources
//! that it still holds when all clients have gone.

mod slope;
mod verdict;

use std::{cell::RefCell, collections::BTreeMap, convert::Infallible, time::Duration};

use anyhow::ensure;
use clap::Args;
use tokio::time::{Instant, interval, sleep};

use self::{slope::per_hour, verdict::Verdict};
use crate::{
    load_target::Transport,
    output::Output,
    run::{self, Mix, Plan, Sample, duration},
    scrape,
    server::Server,
    server_kind::Kind,
    upstream::Upstream,
};

/// Gauges of the product that must be zero when all clients have gone.
const GAUGES: [&str; 4] = [
    "rmcp_transport_sessions",
    "rmcp_transport_requests_in_flight",
    "aareguru_mcp_streamable_sessions",
    "aareguru_mcp_websocket_sessions",
];

/// The gauge of its tasks that have not ended.
const TASKS: &str = "aareguru_mcp_runtime_tasks";

/// How long the server may take to release everything, in addition to the grace period for
/// clients that reconnect.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(60);

/// The warm-up is this part of the whole.
const WARM_UP_SHARE: u32 = 8;

const MIX: &str =
    "get_current_temperature=6,get_current_conditions=2,list_cities=1,resources/read=1";
const ARGUMENTS: [&str; 3] = [
    r#"get_current_temperature={"city":"bern"}"#,
    r#"get_current_conditions={"city":"bern"}"#,
    r#"resources/read={"uri":"aareguru://cities"}"#,
];

/// The server without clients.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Rest {
    pub(crate) memory_kib: u64,
    pub(crate) open_files: usize,
    pub(crate) threads: u64,
    pub(crate) tasks: f64,
    /// Sessions and calls that it still holds, by gauge.
    pub(crate) held: BTreeMap<&'static str, f64>,
}

#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// How long it takes, a warm-up included; each minute ends with a fault of the
    /// upstream, so at least one minute.
    #[arg(long = "for", default_value = "20m", value_parser = duration, value_name = "TIME")]
    lasts: Duration,

    /// How many sessions there are, a third over each transport; there are a tenth
    /// as many slow readers in addition.
    #[arg(long, default_value_t = 60)]
    sessions: usize,

    #[command(flatten)]
    output: Output,
}

impl Soak {
    #[expect(clippy::print_stdout, reason = "this is the result")]
    pub(crate) async fn run(&self) -> anyhow::Result<()> {
        let verdict = soak(self.lasts, self.sessions).await?;
        print!("{verdict}");
        self.output.write(&verdict, || verdict.report.chart())?;
        let failures = verdict.failures().join("; ");
        ensure!(failures.is_empty(), "{failures}");
        Ok(())
    }
}

async fn soak(lasts: Duration, sessions: usize) -> anyhow::Result<Verdict> {
    let upstream = Upstream::start(true).await?;
    let server = Server::start(Kind::AareguruMcp, None, Some(&upstream)).await?;
    let warm_up = lasts / WARM_UP_SHARE;
    load(&server, sessions, warm_up).await?;
    let before = rest(&server).await?;
    let tasks = RefCell::new(Vec::new());
    let report = tokio::select! {
        report = load(&server, sessions, lasts - warm_up) => report?,
        never = count_tasks(&server, &tasks) => match never? {},
    };
    let after = rest(&server).await?;
    let (asked, failed) = upstream.counts();
    server.stop().await?;

    let samples = steady(&report.samples);
    let slope = |value: fn(&Sample) -> Option<f64>| {
        let points = samples.iter();
        per_hour(points.filter_map(|sample| Some((sample.second, value(sample)?))))
    };
    Ok(Verdict {
        before,
        after,
        memory_kib_per_hour: slope(|sample| Some(sample.server?.memory_kib as f64)),
        files_per_hour: slope(|sample| Some(sample.server?.open_files as f64)),
        threads_per_hour: slope(|sample| Some(sample.server?.threads as f64)),
        tasks_per_hour: per_hour(steady(&tasks.into_inner()).iter().copied()),
        p99_ms_per_hour: slope(|sample| (sample.calls_per_second > 0.0).then_some(sample.p99_ms)),
        upstream_asked: asked,
        upstream_failed: failed,
        report,
    })
}

async fn load(server: &Server, sessions: usize, lasts: Duration) -> anyhow::Result<run::Report> {
    let plan = Plan {
        targets: vec![
            server.target.clone(),
            server.target.at("/mcp", Transport::StreamableHttp),
            server.target.at("/ws", Transport::WebSocket),
        ],
        sessions,
        ramp: Duration::from_secs(2),
        lasts,
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

/// Adds the number of the server's tasks once a second, with the seconds since the start.
async fn count_tasks(
    server: &Server,
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

async fn tasks(server: &Server) -> anyhow::Result<f64> {
    scrape::value(&scrape::fetch(&server.target).await?, TASKS)
}

/// Waits until the server has released all sessions, for a while at most.
async fn rest(server: &Server) -> anyhow::Result<Rest> {
    let deadline = Instant::now() + Kind::AareguruMcp.grace() + RELEASE_TIMEOUT;
    loop {
        let text = scrape::fetch(&server.target).await?;
        // A gauge that was never set is missing.
        let gauges = GAUGES.map(|gauge| (gauge, scrape::value(&text, gauge).unwrap_or(0.0)));
        let held = gauges.into_iter().filter(|(_, value)| *value > 0.0);
        let held = held.collect::<BTreeMap<_, _>>();
        if held.is_empty() || Instant::now() > deadline {
            server.settle().await?;
            return Ok(Rest {
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

/// Without the beginning, in which buffers grow to their size.
fn steady<T>(samples: &[T]) -> &[T] {
    &samples[samples.len() / 4..]
}
