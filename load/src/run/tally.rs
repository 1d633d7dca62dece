//! What is counted while the load runs.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context;
use hdrhistogram::Histogram;

use crate::client::Resumed;

#[derive(Debug)]
pub(super) struct Tally {
    /// Latencies in nanoseconds of the calls that were answered well.
    pub(super) latency: Histogram<u64>,
    /// The same for each part of the mix.
    pub(super) by_call: Vec<(String, Histogram<u64>)>,
    /// The same since the last sample.
    pub(super) recent: Histogram<u64>,
    pub(super) errors: BTreeMap<String, u64>,
    /// What the first error said.
    pub(super) first_error: Option<String>,
    pub(super) open: usize,
    pub(super) opened: u64,
    pub(super) cuts: Cuts,
    pub(super) slow: Slow,
}

/// What became of sessions whose connections were cut.
#[derive(Debug, Default, Clone, Copy, serde::Serialize)]
pub(crate) struct Cuts {
    /// They went on with every answer that was under way.
    pub(crate) resumed: u64,
    /// They went on.
    pub(crate) continued: u64,
    /// They had to begin anew.
    pub(crate) anew: u64,
    /// Calls whose answer was under way and could not come; no errors, because
    /// it was the client that cut.
    pub(crate) calls_lost: u64,
}

/// What the slow readers did.
#[derive(Debug, Default, Clone, Copy, serde::Serialize)]
pub(crate) struct Slow {
    pub(crate) calls: u64,
    /// How often one was refused, or lost its session.
    pub(crate) refused: u64,
}

impl Tally {
    pub(super) fn new(calls: Vec<String>) -> anyhow::Result<Self> {
        let histogram = || Histogram::new(3).context("making a histogram");
        let by_call = calls
            .into_iter()
            .map(|name| Ok((name, histogram()?)))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            latency: histogram()?,
            by_call,
            recent: histogram()?,
            errors: BTreeMap::new(),
            first_error: None,
            open: 0,
            opened: 0,
            cuts: Cuts::default(),
            slow: Slow::default(),
        })
    }

    /// A call of this part of the mix was answered well.
    pub(super) fn answered(&mut self, call: usize, took: Duration, is_measured: bool) {
        record(&mut self.recent, took);
        if is_measured {
            record(&mut self.latency, took);
            record(&mut self.by_call[call].1, took);
        }
    }

    pub(super) fn fail(&mut self, kind: &str, times: u64) {
        *self.errors.entry(kind.to_owned()).or_default() += times;
    }

    pub(super) fn failed(&mut self, kind: &str, says: &dyn std::fmt::Display) {
        self.fail(kind, 1);
        self.first_error.get_or_insert_with(|| says.to_string());
    }

    pub(super) fn came_back(&mut self, how: Resumed) {
        match how {
            Resumed::All => self.cuts.resumed += 1,
            Resumed::Session => self.cuts.continued += 1,
            Resumed::Anew => self.cuts.anew += 1,
        }
    }

    pub(super) fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// Long latencies find a place, because the histograms grow as far as memory
/// does.
fn record(histogram: &mut Histogram<u64>, took: Duration) {
    let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
    if histogram.record(nanos).is_err() {
        histogram.saturating_record(nanos);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_of_any_length_are_kept_apart_from_those_that_are_not_measured() {
        let mut tally = Tally::new(vec!["a".to_owned()]).unwrap();
        tally.answered(0, Duration::from_micros(80), true);
        tally.answered(0, Duration::from_secs(3_600), true);
        tally.answered(0, Duration::from_secs(1), false);
        assert_eq!((tally.latency.len(), tally.recent.len()), (2, 3));
        let seconds = tally.by_call[0].1.max() as f64 / 1e9;
        assert!((seconds - 3_600.0).abs() < 10.0, "{seconds}");
        assert!(tally.latency.min() < 81_000);
    }
}
