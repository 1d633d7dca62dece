//! What a soak has shown, and whether something leaks.

use std::fmt;

use serde::Serialize;

use super::Rest;
use crate::run::Report;

/// What allocators keep for later is no leak: memory at rest may be so many
/// times what it was after the warm-up, and so much more.
const MOST_TIMES: f64 = 1.25;
const MOST_MORE_KIB: f64 = 8.0 * 1024.0;

/// Connections to the upstream come and go.
const MOST_FILES_MORE: usize = 8;
const MOST_TASKS_MORE: f64 = 8.0;

#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    /// At rest after the warm-up, and after the rest of the load.
    pub(crate) before: Rest,
    pub(crate) after: Rest,
    pub(crate) memory_kib_per_hour: Option<f64>,
    pub(crate) files_per_hour: Option<f64>,
    pub(crate) threads_per_hour: Option<f64>,
    pub(crate) tasks_per_hour: Option<f64>,
    pub(crate) p99_ms_per_hour: Option<f64>,
    pub(crate) upstream_asked: u64,
    pub(crate) upstream_failed: u64,
    pub(crate) report: Report,
}

impl Verdict {
    /// What is wrong; never that something took long.
    pub(crate) fn troubles(&self) -> Vec<String> {
        let (before, after) = (&self.before, &self.after);
        let mut troubles = Vec::new();
        for (kind, times) in &self.report.errors {
            troubles.push(format!("{times} calls: {kind}"));
        }
        if self.report.calls == 0 {
            troubles.push("no call was answered".to_owned());
        }
        for (gauge, value) in &after.held {
            troubles.push(format!("{gauge} is still {value}"));
        }
        if after.open_files > before.open_files + MOST_FILES_MORE {
            let more = after.open_files - before.open_files;
            troubles.push(format!("{more} more files are open than before"));
        }
        if after.tasks > before.tasks + MOST_TASKS_MORE {
            let more = after.tasks - before.tasks;
            troubles.push(format!("{more} more tasks are alive than before"));
        }
        let most = before.memory_kib as f64 * MOST_TIMES + MOST_MORE_KIB;
        if after.memory_kib as f64 > most {
            troubles.push(format!(
                "memory at rest has grown from {} to {} KiB",
                before.memory_kib, after.memory_kib
            ));
        }
        if self.upstream_failed == 0 {
            troubles.push("the upstream never failed, so nothing was tried".to_owned());
        }
        troubles
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.report)?;
        writeln!(
            f,
            "upstream     asked {} times, failed {}",
            self.upstream_asked, self.upstream_failed
        )?;
        writeln!(f)?;
        writeln!(
            f,
            "{:22} {:>12} {:>12} {:>16}",
            "", "warmed up", "in the end", "slope per hour"
        )?;
        let (before, after) = (&self.before, &self.after);
        let slope =
            |slope: Option<f64>| slope.map_or("unknown".to_owned(), |slope| format!("{slope:+.1}"));
        // The sum of nothing is minus zero.
        let held = |rest: &Rest| (rest.held.values().sum::<f64>() + 0.0).to_string();
        let mut row = |name: &str, before: String, after: String, per_hour: Option<f64>| {
            let per_hour = slope(per_hour);
            writeln!(f, "{name:22} {before:>12} {after:>12} {per_hour:>16}")
        };
        row(
            "memory at rest (KiB)",
            before.memory_kib.to_string(),
            after.memory_kib.to_string(),
            self.memory_kib_per_hour,
        )?;
        row(
            "open files",
            before.open_files.to_string(),
            after.open_files.to_string(),
            self.files_per_hour,
        )?;
        row(
            "threads",
            before.threads.to_string(),
            after.threads.to_string(),
            self.threads_per_hour,
        )?;
        row(
            "tasks",
            before.tasks.to_string(),
            after.tasks.to_string(),
            self.tasks_per_hour,
        )?;
        row("sessions held", held(before), held(after), None)?;
        row(
            "p99 (ms)",
            String::new(),
            String::new(),
            self.p99_ms_per_hour,
        )?;
        writeln!(f, "Slopes are those under load.")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn rest(memory_kib: u64, open_files: usize, tasks: f64, held: f64) -> Rest {
        Rest {
            memory_kib,
            open_files,
            threads: 4,
            tasks,
            held: BTreeMap::from([("rmcp_sse_sessions", held)])
                .into_iter()
                .filter(|(_, value)| *value > 0.0)
                .collect(),
        }
    }

    fn verdict(after: Rest) -> Verdict {
        Verdict {
            before: rest(20_000, 20, 9.0, 0.0),
            after,
            memory_kib_per_hour: Some(1e9),
            files_per_hour: None,
            threads_per_hour: None,
            tasks_per_hour: Some(1e9),
            p99_ms_per_hour: Some(1e9),
            upstream_asked: 2,
            upstream_failed: 1,
            report: Report {
                calls: 1,
                ..Report::default()
            },
        }
    }

    #[test]
    fn a_leak_is_a_trouble_and_slowness_is_not() {
        assert_eq!(
            verdict(rest(30_000, 22, 10.0, 0.0)).troubles(),
            Vec::<String>::new()
        );
        let leaks = verdict(rest(80_000, 60, 99.0, 2.0)).troubles();
        assert_eq!(
            leaks,
            [
                "rmcp_sse_sessions is still 2",
                "40 more files are open than before",
                "90 more tasks are alive than before",
                "memory at rest has grown from 20000 to 80000 KiB",
            ]
        );
    }

    #[test]
    fn an_error_is_a_trouble() {
        let mut verdict = verdict(rest(20_000, 20, 9.0, 0.0));
        verdict.report.errors.insert("tool error".to_owned(), 3);
        assert_eq!(verdict.troubles(), ["3 calls: tool error"]);
    }
}
