//! `load run`.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, bail, ensure};
use clap::Args;

use crate::{
    process::Process,
    run::{self, Limits, Mix, Pace, Plan, Think, duration},
    server::{Target, Transport},
};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The server, on a loopback address: http://…/sse, http://…/mcp, ws://…/ws.
    /// Sessions take turns among several.
    #[arg(required = true, value_name = "URL")]
    targets: Vec<Target>,

    /// What is spoken there. [default: as the URL looks]
    #[arg(long, value_enum)]
    transport: Option<Transport>,

    /// Send this with every request, as in `X-API-Key: abc`.
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,

    /// How many sessions there are.
    #[arg(long, default_value_t = 32)]
    sessions: usize,

    /// In how much time they open, evenly; measuring begins then.
    #[arg(long, default_value = "1s", value_parser = duration, value_name = "TIME")]
    ramp: Duration,

    /// How long is measured.
    #[arg(long = "for", default_value = "30s", value_parser = duration, value_name = "TIME")]
    lasts: Duration,

    /// Begin so many calls a second, of all sessions together, whatever their
    /// answers take; a latency then counts from when the call was due. [default:
    /// each session calls when it has its answer]
    #[arg(long, value_name = "CALLS_PER_SECOND", conflicts_with = "think")]
    rate: Option<f64>,

    /// What to call, each with its weight: tools, or methods such as `ping` and
    /// `resources/read`.
    #[arg(
        long,
        default_value = "ping",
        value_delimiter = ',',
        value_name = "NAME=WEIGHT"
    )]
    mix: Vec<String>,

    /// The arguments of a tool, or the parameters of a method, as in
    /// `get_forecast={"city":"bern"}`.
    #[arg(long, value_name = "NAME=JSON")]
    arguments: Vec<String>,

    /// How long a session pauses between an answer and its next call, as in `2s`
    /// or `1s..3s`.
    #[arg(long, value_name = "TIME")]
    think: Option<Think>,

    /// How long an answer may take.
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "TIME")]
    timeout: Duration,

    /// Cut all connections at once, again and again, and let the sessions come
    /// back.
    #[arg(long, value_parser = duration, value_name = "TIME")]
    cut_every: Option<Duration>,

    /// Sessions beside the others that call and hardly read.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    slow_readers: usize,

    /// The server's process: tells its CPU time per call and its memory per
    /// session.
    #[arg(long)]
    pid: Option<u32>,

    /// Write the numbers to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Draw latency, rate and memory over time into this file, as SVG.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,

    #[command(flatten)]
    limits: Limits,
}

impl RunArgs {
    #[expect(clippy::print_stdout, reason = "this is the result")]
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (json, chart, limits) = (self.json.clone(), self.chart.clone(), self.limits);
        let server = self.pid.map(Process::new).transpose()?;
        let report = run::run(self.plan()?, server).await?;
        print!("{report}");
        if let Some(path) = json {
            let text = serde_json::to_string_pretty(&report).context("writing JSON")?;
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        }
        if let Some(path) = chart {
            fs::write(&path, report.chart())
                .with_context(|| format!("writing {}", path.display()))?;
        }
        let missed = limits.missed(&report);
        if !missed.is_empty() {
            bail!("limits were not kept: {}", missed.join("; "));
        }
        Ok(())
    }

    fn plan(self) -> anyhow::Result<Plan> {
        ensure!(self.sessions > 0, "--sessions 0 makes no load");
        ensure!(!self.lasts.is_zero(), "--for no time measures nothing");
        if let Some(rate) = self.rate {
            ensure!(rate > 0.0 && rate.is_finite(), "--rate {rate} is no rate");
        }
        let mut targets = self.targets;
        for target in &mut targets {
            target.transport = self.transport.unwrap_or(target.transport);
            for header in &self.headers {
                target.add_header(header)?;
            }
        }
        Ok(Plan {
            targets,
            sessions: self.sessions,
            ramp: self.ramp,
            lasts: self.lasts,
            pace: self.rate.map_or(Pace::Closed, Pace::Rate),
            mix: Mix::parse(&self.mix, &self.arguments)?,
            think: self.think.unwrap_or_default(),
            patience: self.timeout,
            cut_every: self.cut_every,
            slow_readers: self.slow_readers,
        })
    }
}
