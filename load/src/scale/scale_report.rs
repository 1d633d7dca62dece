//! Formats the results as tables and as a chart.

use std::fmt;

use serde::Serialize;

use super::{Broadcast, Step, Storm};
use crate::{
    chart::{self, Panel},
    table,
};

#[derive(Debug, Serialize)]
pub(crate) struct ScaleReport {
    /// The requested number of sessions. The last step has the actual number.
    pub(crate) requested: usize,
    pub(crate) steps: Vec<Step>,
    /// Sessions of Streamable HTTP without a stream, in addition to those of the last step.
    pub(crate) without_stream: usize,
    pub(crate) storm: Storm,
    pub(crate) broadcasts: Vec<Broadcast>,
}

impl ScaleReport {
    pub(crate) fn chart(&self) -> anyhow::Result<String> {
        let line = |value: fn(&Step) -> f64| {
            let steps = self.steps.iter();
            steps
                .map(|step| (step.sessions as f64, value(step)))
                .collect::<Vec<_>>()
        };
        let all = line(|step| step.kib_per_session * step.sessions as f64 / 1024.0);
        let each = line(|step| step.kib_per_session);
        let cpu = vec![
            ("to open one", line(|step| step.open_cpu_us)),
            ("for a ping", line(|step| step.ping_cpu_us)),
        ];
        chart::lines(
            "sessions",
            &[
                Panel("server memory (MiB)", vec![("all sessions", all)]),
                Panel("memory per session (KiB)", vec![("each", each)]),
                Panel("server CPU (µs)", cpu),
            ],
        )
    }
}

impl fmt::Display for ScaleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = [
            "sessions, all answering",
            "memory each (KiB)",
            "CPU to open one (µs)",
            "CPU for a ping (µs)",
        ];
        let steps = self.steps.iter().map(|step| {
            [
                step.sessions.to_string(),
                format!("{:.1}", step.kib_per_session),
                format!("{:.0}", step.open_cpu_us),
                format!("{:.1}", step.ping_cpu_us),
            ]
        });
        write!(f, "{}", table::markdown(head, steps))?;
        let held = self.steps.last().map_or(0, |step| step.sessions);
        if held < self.requested {
            let (without_stream, all) = (self.without_stream, held + self.without_stream);
            writeln!(
                f,
                "\n{held} event streams, and {without_stream} sessions of Streamable HTTP without a stream, because \
                 of the limit on open files (ulimit -Hn). All {all} answered."
            )?;
        }
        let storm = &self.storm;
        writeln!(
            f,
            "\n{} sessions closed at once: closed by the server within {:.0} ms, {:.0} µs CPU each; opened again: {:.0} µs each.",
            storm.sessions, storm.closed_ms, storm.close_cpu_us, storm.open_cpu_us
        )?;
        let head = [
            "subscribers notified",
            "from the first to the last (ms)",
            "CPU each (µs)",
            "upstream requests",
        ];
        let broadcasts = self.broadcasts.iter().map(|broadcast| {
            [
                broadcast.subscribers.to_string(),
                format!("{:.0}", broadcast.to_last_ms),
                format!("{:.1}", broadcast.cpu_us_each),
                broadcast.upstream_requests.to_string(),
            ]
        });
        write!(f, "\n{}", table::markdown(head, broadcasts))
    }
}
