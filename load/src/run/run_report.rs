//! The results of a run, as text, as JSON and as a chart.

use std::{collections::BTreeMap, fmt};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{
    LoadSample, Plan,
    load_sample::RunMeasurement,
    tally::{Cuts, SlowReaders, Tally},
};
use crate::{
    chart::{self, Panel},
    measure::calls::quantile_ms,
};

#[derive(Debug, Default, Serialize)]
pub(crate) struct RunReport {
    pub(crate) targets: Vec<String>,
    pub(crate) sessions: usize,
    /// Over all sessions; `None` for a closed loop.
    pub(crate) rate_per_second: Option<f64>,
    pub(crate) seconds: f64,
    /// Calls that were answered with a result while measuring.
    pub(crate) calls: u64,
    pub(crate) calls_per_second: f64,
    pub(crate) latency: Option<Latency>,
    pub(crate) by_call: BTreeMap<String, Latency>,
    /// Failures by kind, including those while the sessions opened.
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) first_error: Option<String>,
    pub(crate) sessions_opened: u64,
    pub(crate) cuts: Cuts,
    pub(crate) slow_readers: SlowReaders,
    pub(crate) server_cpu_us_per_call: Option<f64>,
    pub(crate) server_kib_per_session: Option<f64>,
    pub(crate) samples: Vec<LoadSample>,
}

#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(crate) struct Latency {
    pub(crate) calls: u64,
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    pub(crate) max_ms: f64,
}

impl Latency {
    fn of(histogram: &Histogram<u64>) -> Option<Self> {
        let ms = |quantile| quantile_ms(histogram, quantile);
        (!histogram.is_empty()).then(|| Self {
            calls: histogram.len(),
            p50_ms: ms(0.5),
            p90_ms: ms(0.9),
            p99_ms: ms(0.99),
            p999_ms: ms(0.999),
            max_ms: ms(1.0),
        })
    }
}

impl RunReport {
    pub(super) fn new(
        plan: &Plan,
        tally: Tally,
        measured: &RunMeasurement,
        samples: Vec<LoadSample>,
    ) -> Self {
        let calls = tally.latency.len();
        let seconds = measured.lasted.as_secs_f64();
        let cpu = measured.cpu.filter(|_| calls > 0);
        let grown_kib = measured.grown_kib.filter(|_| measured.sessions > 0);
        let by_call = tally.by_call.into_iter();
        Self {
            targets: plan.targets.iter().map(ToString::to_string).collect(),
            sessions: plan.sessions,
            rate_per_second: plan.rate,
            seconds,
            calls,
            calls_per_second: calls as f64 / seconds,
            latency: Latency::of(&tally.latency),
            by_call: by_call
                .filter_map(|(name, latency)| Some((name, Latency::of(&latency)?)))
                .collect(),
            errors: tally.errors,
            first_error: tally.first_error,
            sessions_opened: tally.opened,
            cuts: tally.cuts,
            slow_readers: tally.slow,
            server_cpu_us_per_call: cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / calls as f64),
            server_kib_per_session: grown_kib.map(|kib| kib as f64 / measured.sessions as f64),
            samples,
        }
    }

    /// Draws latency and rate over time, and the server's memory if it is known.
    pub(crate) fn chart(&self) -> anyhow::Result<String> {
        let line = |value: fn(&LoadSample) -> Option<f64>| {
            let samples = self.samples.iter();
            samples
                .filter_map(|sample| Some((sample.second, value(sample)?)))
                .collect::<Vec<_>>()
        };
        let latency = vec![
            ("p50", line(|sample| Some(sample.p50_ms))),
            ("p99", line(|sample| Some(sample.p99_ms))),
            ("max", line(|sample| Some(sample.max_ms))),
        ];
        let rate = line(|sample| Some(sample.calls_per_second));
        let memory = line(|sample| Some(sample.server?.memory_kib as f64 / 1024.0));
        let mut panels = vec![
            Panel("latency (ms)", latency),
            Panel("calls per second", vec![("answered", rate)]),
        ];
        if !memory.is_empty() {
            panels.push(Panel("server memory (MiB)", vec![("memory", memory)]));
        }
        chart::lines("seconds", &panels)
    }
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loop_kind = match self.rate_per_second {
            None => "closed loop".to_owned(),
            Some(rate) => format!("open loop of {rate} calls per second"),
        };
        let (sessions, seconds, targets) = (self.sessions, self.seconds, self.targets.join(" "));
        writeln!(
            f,
            "{sessions} sessions, {loop_kind}, {seconds:.1} s: {targets}\n"
        )?;
        let (calls, rate) = (self.calls, self.calls_per_second);
        writeln!(f, "answered     {calls} calls, {rate:.0} per second")?;
        let names = ["calls", "p50", "p90", "p99", "p99.9", "max"].map(|name| format!("{name:>9}"));
        writeln!(f, "{:24} {}", "latency (ms)", names.join(" "))?;
        let all = self.latency.iter().map(|latency| ("all", latency));
        let each = self.by_call.iter().filter(|_| self.by_call.len() > 1);
        for (name, latency) in all.chain(each.map(|(name, latency)| (name.as_str(), latency))) {
            write!(f, "  {name:22} {:>9}", latency.calls)?;
            for ms in [
                latency.p50_ms,
                latency.p90_ms,
                latency.p99_ms,
                latency.p999_ms,
                latency.max_ms,
            ] {
                write!(f, " {ms:>9.2}")?;
            }
            writeln!(f)?;
        }
        let cuts = &self.cuts;
        if cuts.resumed + cuts.continued + cuts.replaced > 0 {
            writeln!(
                f,
                "after cuts   {} sessions resumed, {} continued, {} were replaced; {} calls were \
                 lost with a connection",
                cuts.resumed, cuts.continued, cuts.replaced, cuts.calls_lost
            )?;
        }
        let SlowReaders { calls, refused } = self.slow_readers;
        if calls > 0 {
            writeln!(
                f,
                "slow readers {calls} calls; refused or ended {refused} times"
            )?;
        }
        if let Some(cpu) = self.server_cpu_us_per_call {
            writeln!(f, "server       {cpu:.1} µs CPU per call")?;
        }
        if let Some(memory) = self.server_kib_per_session {
            writeln!(f, "             {memory:.1} KiB per session")?;
        }
        if self.errors.is_empty() {
            return writeln!(f, "errors       none");
        }
        writeln!(f, "errors")?;
        for (kind, times) in &self.errors {
            writeln!(f, "  {times:>9}  {kind}")?;
        }
        let mut first = self.first_error.iter();
        first.try_for_each(|first| writeln!(f, "  the first: {first}"))
    }
}
