//! Limits that fail a run when they are exceeded.

use super::RunReport;

/// The limits; `None` disables one.
#[derive(Debug, Default, Clone, Copy, clap::Args)]
pub(crate) struct RunLimits {
    /// Fail if more calls than this fail.
    #[arg(long, value_name = "COUNT")]
    pub(crate) max_errors: Option<u64>,

    /// Fail if more than this percentage of calls fails.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) max_error_percent: Option<f64>,

    /// Fail if the 99th percentile of latency is higher, in milliseconds.
    #[arg(long, value_name = "MS")]
    pub(crate) max_p99_ms: Option<f64>,

    /// Fail if fewer calls per second are answered.
    #[arg(long, value_name = "RATE")]
    pub(crate) min_calls_per_second: Option<f64>,

    /// Fail if the server needs more CPU time per call, in microseconds.
    #[arg(long, value_name = "MICROSECONDS", requires = "pid")]
    pub(crate) max_cpu_us_per_call: Option<f64>,

    /// Fail if the server needs more memory per session, in KiB.
    #[arg(long, value_name = "KIB", requires = "pid")]
    pub(crate) max_kib_per_session: Option<f64>,
}

impl RunLimits {
    /// Returns the limits that were exceeded or could not be measured.
    pub(crate) fn violations(&self, report: &RunReport) -> Vec<String> {
        let mut missed = Vec::new();
        let mut check = |what: &str, limit: Option<f64>, value: Option<f64>| match (limit, value) {
            (Some(limit), Some(value)) if value > limit => {
                missed.push(format!("{what}: {value:.1}, more than {limit}"));
            }
            (Some(_), None) => missed.push(format!("{what}: not measured")),
            _ => {}
        };
        let errors = report.errors.values().sum::<u64>() as f64;
        let percent = errors / (errors + report.calls as f64).max(1.0) * 100.0;
        let p99 = report.latency.map(|latency| latency.p99_ms);
        let cpu = report.server_cpu_us_per_call;
        let memory = report.server_kib_per_session;
        let max_errors = self.max_errors.map(|most| most as f64);
        check("errors", max_errors, Some(errors));
        check("errors in percent", self.max_error_percent, Some(percent));
        check("p99 in ms", self.max_p99_ms, p99);
        check("CPU in µs per call", self.max_cpu_us_per_call, cpu);
        check(
            "memory in KiB per session",
            self.max_kib_per_session,
            memory,
        );
        let rate = report.calls_per_second;
        if let Some(least) = self.min_calls_per_second.filter(|least| rate < *least) {
            missed.push(format!("calls per second: {rate:.1}, less than {least}"));
        }
        missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::run_report::Latency;

    #[test]
    fn exceeded_limits_are_reported() {
        let mut report = RunReport {
            calls: 90,
            calls_per_second: 9.0,
            latency: Some(Latency {
                p99_ms: 12.0,
                ..Latency::default()
            }),
            ..RunReport::default()
        };
        report.errors.insert("no answer in time".to_owned(), 10);
        let kept = RunLimits {
            max_errors: Some(10),
            max_error_percent: Some(10.0),
            max_p99_ms: Some(12.0),
            min_calls_per_second: Some(9.0),
            ..RunLimits::default()
        };
        assert_eq!(kept.violations(&report), Vec::<String>::new());
        let missed = RunLimits {
            max_errors: Some(9),
            max_p99_ms: Some(11.9),
            min_calls_per_second: Some(10.0),
            max_cpu_us_per_call: Some(1.0),
            ..RunLimits::default()
        };
        assert_eq!(
            missed.violations(&report),
            [
                "errors: 10.0, more than 9",
                "p99 in ms: 12.0, more than 11.9",
                "CPU in µs per call: not measured",
                "calls per second: 9.0, less than 10",
            ]
        );
    }
}
