//! The numbers as tables, and as a chart.

use std::fmt;

use serde::Serialize;

use super::{Broadcast, Step, Storm};
use crate::chart::{Chart, Panel};

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// How many sessions were asked for; the last step is how many there were.
    pub(crate) wanted: usize,
    pub(crate) steps: Vec<Step>,
    /// Sessions of Streamable HTTP without a stream, beside those of the last
    /// step.
    pub(crate) quiet: usize,
    pub(crate) storm: Storm,
    pub(crate) broadcasts: Vec<Broadcast>,
}

impl Report {
    pub(crate) fn chart(&self) -> String {
        let line = |value: fn(&Step) -> f64| {
            let points = self
                .steps
                .iter()
                .map(|step| (step.sessions as f64, value(step)));
            points.collect::<Vec<_>>()
        };
        let panels = vec![
            Panel::new("server memory (MiB)", "sessions").line(
                "all sessions",
                line(|step| step.kib_per_session * step.sessions as f64 / 1024.0),
            ),
            Panel::new("memory per session (KiB)", "sessions")
                .line("each", line(|step| step.kib_per_session)),
            Panel::new("server CPU (µs)", "sessions")
                .line("to open one", line(|step| step.open_cpu_us))
                .line("for a ping", line(|step| step.ping_cpu_us)),
        ];
        Chart { panels }.to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| sessions, all answering | memory each (KiB) | CPU to open one (µs) | CPU for a ping (µs) |"
        )?;
        writeln!(f, "| --- | --- | --- | --- |")?;
        for step in &self.steps {
            writeln!(
                f,
                "| {} | {:.1} | {:.0} | {:.1} |",
                step.sessions, step.kib_per_session, step.open_cpu_us, step.ping_cpu_us
            )?;
        }
        let held = self.steps.last().map_or(0, |step| step.sessions);
        if held < self.wanted {
            writeln!(
                f,
                "\n{held} event streams, and {} sessions of Streamable HTTP that need none: no process may have \
                 more files open here (ulimit -Hn), and each stream takes one. All {} answered.",
                self.quiet,
                held + self.quiet
            )?;
        }
        let storm = &self.storm;
        writeln!(
            f,
            "\n{} sessions closed at once: let go within {:.0} ms, {:.0} µs CPU each; opened again: {:.0} µs each.",
            storm.sessions, storm.closed_ms, storm.close_cpu_us, storm.open_cpu_us
        )?;
        writeln!(
            f,
            "\n| subscribers told | from the first to the last (ms) | CPU each (µs) | upstream asked |"
        )?;
        writeln!(f, "| --- | --- | --- | --- |")?;
        for broadcast in &self.broadcasts {
            writeln!(
                f,
                "| {} | {:.0} | {:.1} | {} |",
                broadcast.subscribers,
                broadcast.to_last_ms,
                broadcast.cpu_us_each,
                broadcast.upstream_asked
            )?;
        }
        Ok(())
    }
}
