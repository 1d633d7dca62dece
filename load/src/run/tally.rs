//! Counters and latencies of a run.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::{CreationError, Histogram};
use serde::Serialize;

use crate::client::{Failure, ResumeOutcome};

#[derive(Debug)]
pub(super) struct Tally {
    /// Latencies in nanoseconds of the calls that were answered with a result.
    pub(super) latency: Histogram<u64>,
    /// The same by part of the mix.
    pub(super) by_call: Vec<(String, Histogram<u64>)>,
    /// The same since the last sample.
    pub(super) recent: Histogram<u64>,
    pub(super) errors: BTreeMap<String, u64>,
    pub(super) first_error: Option<String>,
    pub(super) open: usize,
    pub(super) opened: u64,
    pub(super) cuts: Cuts,
    pub(super) slow: SlowReaders,
}

#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(crate) struct Cuts {
    /// Continued with every pending answer.
    pub(crate) resumed: u64,
    /// Continued without pending answers.
    pub(crate) continued: u64,
    /// Replaced by a new session.
    pub(crate) replaced: u64,
    /// Calls whose answer was lost. They are not errors, because the client cut the connection.
    pub(crate) calls_lost: u64,
}

#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(crate) struct SlowReaders {
    pub(crate) calls: u64,
    /// The number of times one was refused or lost its session.
    pub(crate) refused: u64,
}

impl Tally {
    pub(super) fn new(calls: Vec<String>) -> Result<Self, CreationError> {
        let by_call = calls.into_iter().map(|name| Ok((name, Histogram::new(3)?)));
        Ok(Self {
            latency: Histogram::new(3)?,
            by_call: by_call.collect::<Result<_, CreationError>>()?,
            recent: Histogram::new(3)?,
            errors: BTreeMap::new(),
            first_error: None,
            open: 0,
            opened: 0,
            cuts: Cuts::default(),
            slow: SlowReaders::default(),
        })
    }

    /// Records the latency of a result, for this part of the mix.
    pub(super) fn record_answer(&mut self, part: usize, took: Duration, is_measured: bool) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let mut histograms = vec![&mut self.recent];
        if is_measured {
            histograms.extend([&mut self.latency, &mut self.by_call[part].1]);
        }
        for histogram in histograms {
            histogram
                .record(nanos)
                .expect("a histogram without bounds grows");
        }
    }

    pub(super) fn add_failures(&mut self, kind: String, times: u64) {
        *self.errors.entry(kind).or_default() += times;
    }

    /// Counts a failure; `during` is a prefix of its kind.
    pub(super) fn record_failure(&mut self, during: &str, failure: &Failure) {
        self.add_failures(format!("{during}{}", failure.kind()), 1);
        self.first_error.get_or_insert_with(|| failure.to_string());
    }

    pub(super) fn record_reconnect(&mut self, how: ResumeOutcome) {
        match how {
            ResumeOutcome::WithAnswers => self.cuts.resumed += 1,
            ResumeOutcome::WithoutAnswers => self.cuts.continued += 1,
            ResumeOutcome::AsNewSession => self.cuts.replaced += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unmeasured_latency_is_recorded_as_recent_only() {
        let mut tally = Tally::new(vec!["a".to_owned()]).unwrap();
        tally.record_answer(0, Duration::from_micros(80), true);
        tally.record_answer(0, Duration::from_secs(3_600), true);
        tally.record_answer(0, Duration::from_secs(1), false);
        assert_eq!((tally.latency.len(), tally.recent.len()), (2, 3));
        let seconds = tally.by_call[0].1.max() as f64 / 1e9;
        assert!((seconds - 3_600.0).abs() < 10.0, "{seconds}");
        assert!(tally.latency.min() < 81_000);
    }
}
