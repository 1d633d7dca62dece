//! The result of a soak, and its leaks.

use std::fmt;

use serde::Serialize;

use super::RestingUsage;
use crate::run::RunReport;

/// Memory at rest may grow by this factor plus a margin, because allocators retain memory.
const MEMORY_FACTOR: f64 = 1.25;
const MEMORY_MARGIN_KIB: f64 = 8.0 * 1024.0;

/// Tolerance for connections to the upstream.
const MAX_MORE_FILES: usize = 8;
const MAX_MORE_TASKS: f64 = 8.0;

#[derive(Debug, Serialize)]
pub(crate) struct SoakReport {
    /// At rest after the warm-up, and after the load.
    pub(crate) before: RestingUsage,
    pub(crate) after: RestingUsage,
    pub(crate) memory_kib_per_hour: Option<f64>,
    pub(crate) files_per_hour: Option<f64>,
    pub(crate) threads_per_hour: Option<f64>,
    pub(crate) tasks_per_hour: Option<f64>,
    pub(crate) p99_ms_per_hour: Option<f64>,
    pub(crate) upstream_requests: u64,
    pub(crate) upstream_failures: u64,
    pub(crate) report: RunReport,
}

impl SoakReport {
    /// Returns errors and leaks. Timing is never a failure.
    pub(crate) fn failures(&self) -> Vec<String> {
        let (before, after) = (&self.before, &self.after);
        let errors = self.report.errors.iter();
        let mut failures = errors
            .map(|(kind, times)| format!("{times} calls: {kind}"))
            .collect::<Vec<_>>();
        let mut fail_if = |is_wrong: bool, what: String| failures.extend(is_wrong.then_some(what));
        fail_if(self.report.calls == 0, "no call was answered".to_owned());
        for (gauge, value) in &after.held {
            fail_if(true, format!("{gauge} is still {value}"));
        }
        let files = after.open_files.saturating_sub(before.open_files);
        fail_if(
            files > MAX_MORE_FILES,
            format!("{files} more files are open than before"),
        );
        let tasks = after.tasks - before.tasks;
        fail_if(
            tasks > MAX_MORE_TASKS,
            format!("{tasks} more tasks are alive than before"),
        );
        let (memory, most) = (after.memory_kib, before.memory_kib as f64 * MEMORY_FACTOR);
        fail_if(
            memory as f64 > most + MEMORY_MARGIN_KIB,
            format!(
                "memory at rest has grown from {} to {memory} KiB",
                before.memory_kib
            ),
        );
        fail_if(
            self.upstream_failures == 0,
            "the upstream never failed, so failures were not tested".to_owned(),
        );
        failures
    }
}

impl fmt::Display for SoakReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requests, failed) = (self.upstream_requests, self.upstream_failures);
        write!(f, "{}", self.report)?;
        writeln!(f, "upstream     {requests} requests, {failed} failed\n")?;
        writeln!(
            f,
            "{:22} {:>12} {:>12} {:>16}",
            "", "after warm-up", "after load", "slope per hour"
        )?;
        let per_hour =
            |slope: Option<f64>| slope.map_or("unknown".to_owned(), |slope| format!("{slope:+.1}"));
        let mut row = |name: &str, value: fn(&RestingUsage) -> f64, slope: Option<f64>| {
            let (before, after) = (value(&self.before), value(&self.after));
            let slope = per_hour(slope);
            writeln!(f, "{name:22} {before:>12} {after:>12} {slope:>16}")
        };
        row(
            "memory at rest (KiB)",
            |rest| rest.memory_kib as f64,
            self.memory_kib_per_hour,
        )?;
        row(
            "open files",
            |rest| rest.open_files as f64,
            self.files_per_hour,
        )?;
        row("threads", |rest| rest.threads as f64, self.threads_per_hour)?;
        row("tasks", |rest| rest.tasks, self.tasks_per_hour)?;
        // The sum of an empty iterator is -0.0.
        row(
            "sessions held",
            |rest| rest.held.values().sum::<f64>() + 0.0,
            None,
        )?;
        let p99 = per_hour(self.p99_ms_per_hour);
        writeln!(f, "{:22} {:>12} {:>12} {p99:>16}", "p99 (ms)", "", "")?;
        writeln!(f, "Slopes are measured under load.")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn rest(memory_kib: u64, open_files: usize, tasks: f64, held: f64) -> RestingUsage {
        RestingUsage {
            memory_kib,
            open_files,
            threads: 4,
            tasks,
            held: BTreeMap::from([("rmcp_transport_sessions", held)])
                .into_iter()
                .filter(|(_, value)| *value > 0.0)
                .collect(),
        }
    }

    fn verdict(after: RestingUsage) -> SoakReport {
        SoakReport {
            before: rest(20_000, 20, 9.0, 0.0),
            after,
            memory_kib_per_hour: Some(1e9),
            files_per_hour: None,
            threads_per_hour: None,
            tasks_per_hour: Some(1e9),
            p99_ms_per_hour: Some(1e9),
            upstream_requests: 2,
            upstream_failures: 1,
            report: RunReport {
                calls: 1,
                ..RunReport::default()
            },
        }
    }

    #[test]
    fn leak_is_a_failure_and_slowness_is_not() {
        assert_eq!(
            verdict(rest(30_000, 22, 10.0, 0.0)).failures(),
            Vec::<String>::new()
        );
        let leaks = verdict(rest(80_000, 60, 99.0, 2.0)).failures();
        assert_eq!(
            leaks,
            [
                "rmcp_transport_sessions is still 2",
                "40 more files are open than before",
                "90 more tasks are alive than before",
                "memory at rest has grown from 20000 to 80000 KiB",
            ]
        );
    }

    #[test]
    fn error_is_a_failure() {
        let mut verdict = verdict(rest(20_000, 20, 9.0, 0.0));
        verdict.report.errors.insert("tool error".to_owned(), 3);
        assert_eq!(verdict.failures(), ["3 calls: tool error"]);
    }
}
