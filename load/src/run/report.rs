//! What a run has shown: for people, for machines, and as a chart.

use std::{collections::BTreeMap, fmt};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{
    Pace, Plan, Sample,
    sample::Measured,
    tally::{Cuts, Slow, Tally},
};
use crate::chart::{Chart, Panel};

#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) targets: Vec<String>,
    pub(crate) sessions: usize,
    /// Of all sessions together; `None` is a closed loop.
    pub(crate) rate_per_second: Option<f64>,
    pub(crate) seconds: f64,
    /// Answered well while it was measured.
    pub(crate) calls: u64,
    pub(crate) calls_per_second: f64,
    /// `None` if there was no answer.
    pub(crate) latency: Option<Latency>,
    pub(crate) by_call: BTreeMap<String, Latency>,
    /// How often what went wrong, while the sessions opened, too.
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) first_error: Option<String>,
    pub(crate) sessions_opened: u64,
    pub(crate) cuts: Cuts,
    pub(crate) slow_readers: Slow,
    pub(crate) server_cpu_us_per_call: Option<f64>,
    pub(crate) server_kib_per_session: Option<f64>,
    pub(crate) samples: Vec<Sample>,
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
        let ms = |quantile| histogram.value_at_quantile(quantile) as f64 / 1e6;
        (!histogram.is_empty()).then(|| Self {
            calls: histogram.len(),
            p50_ms: ms(0.5),
            p90_ms: ms(0.9),
            p99_ms: ms(0.99),
            p999_ms: ms(0.999),
            max_ms: histogram.max() as f64 / 1e6,
        })
    }
}

impl Report {
    pub(super) fn new(
        plan: &Plan,
        tally: &Tally,
        measured: Measured,
        samples: Vec<Sample>,
    ) -> Self {
        let calls = tally.latency.len();
        let seconds = measured.lasted.as_secs_f64();
        let per_call = |cpu: std::time::Duration| cpu.as_secs_f64() * 1e6 / calls as f64;
        let per_session = |kib: i64| kib as f64 / measured.sessions as f64;
        Self {
            targets: plan.targets.iter().map(ToString::to_string).collect(),
            sessions: plan.sessions,
            rate_per_second: match plan.pace {
                Pace::Closed => None,
                Pace::Rate(rate) => Some(rate),
            },
            seconds,
            calls,
            calls_per_second: calls as f64 / seconds,
            latency: Latency::of(&tally.latency),
            by_call: tally
                .by_call
                .iter()
                .filter_map(|(name, latency)| Some((name.clone(), Latency::of(latency)?)))
                .collect(),
            errors: tally.errors.clone(),
            first_error: tally.first_error.clone(),
            sessions_opened: tally.opened,
            cuts: tally.cuts,
            slow_readers: tally.slow,
            server_cpu_us_per_call: measured.cpu.filter(|_| calls > 0).map(per_call),
            server_kib_per_session: measured
                .grown_kib
                .filter(|_| measured.sessions > 0)
                .map(per_session),
            samples,
        }
    }

    /// Latency and rate over time, and the server's memory if it is known.
    pub(crate) fn chart(&self) -> String {
        let line = |value: fn(&Sample) -> f64| {
            let points = self
                .samples
                .iter()
                .map(|sample| (sample.second, value(sample)));
            points.collect::<Vec<_>>()
        };
        let mut panels = vec![
            Panel::new("latency (ms)", "seconds")
                .line("p50", line(|sample| sample.p50_ms))
                .line("p99", line(|sample| sample.p99_ms))
                .line("max", line(|sample| sample.max_ms)),
            Panel::new("calls per second", "seconds")
                .line("answered", line(|sample| sample.calls_per_second)),
        ];
        if self.samples.iter().any(|sample| sample.server.is_some()) {
            let memory = line(|sample| {
                let server = sample.server.as_ref();
                server.map_or(f64::NAN, |server| server.memory_kib as f64 / 1024.0)
            });
            panels.push(Panel::new("server memory (MiB)", "seconds").line("memory", memory));
        }
        Chart { panels }.to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seconds,
            calls,
            calls_per_second,
            cuts,
            slow_readers,
            ..
        } = self;
        let loop_kind = match self.rate_per_second {
            None => "closed loop".to_owned(),
            Some(rate) => format!("open loop of {rate} calls per second"),
        };
        writeln!(
            f,
            "{} sessions, {loop_kind}, {seconds:.1} s: {}",
            self.sessions,
            self.targets.join(" ")
        )?;
        writeln!(f)?;
        writeln!(
            f,
            "answered     {calls} calls, {calls_per_second:.0} per second"
        )?;
        writeln!(
            f,
            "{:24} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "latency (ms)", "calls", "p50", "p90", "p99", "p99.9", "max"
        )?;
        let all = self.latency.iter().map(|latency| ("all", latency));
        let each = self
            .by_call
            .iter()
            .map(|(name, latency)| (name.as_str(), latency));
        for (name, latency) in all.chain(each.filter(|_| self.by_call.len() > 1)) {
            let Latency {
                calls,
                p50_ms,
                p90_ms,
                p99_ms,
                p999_ms,
                max_ms,
            } = latency;
            writeln!(
                f,
                "  {name:22} {calls:>9} {p50_ms:>9.2} {p90_ms:>9.2} {p99_ms:>9.2} {p999_ms:>9.2} {max_ms:>9.2}"
            )?;
        }
        if cuts.resumed + cuts.continued + cuts.anew > 0 {
            writeln!(
                f,
                "after cuts   {} sessions resumed, {} went on, {} began anew; {} calls were lost with a connection",
                cuts.resumed, cuts.continued, cuts.anew, cuts.calls_lost
            )?;
        }
        if slow_readers.calls > 0 {
            writeln!(
                f,
                "slow readers {} calls; refused or ended {} times",
                slow_readers.calls, slow_readers.refused
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
        if let Some(first) = &self.first_error {
            writeln!(f, "  the first: {first}")?;
        }
        Ok(())
    }
}
