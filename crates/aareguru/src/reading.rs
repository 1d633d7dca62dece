//! A measured value with its time, and what its age allows one to say.
//!
//! Knows no clock: the present is an argument, so that what is shown for a
//! reading can be tested and repeated.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

mod suspicion;
mod trend;

pub use suspicion::Suspicion;
pub use trend::{Direction, Trend};

/// A reading is [`Freshness::Stale`] once it is older than this: 2 hours.
///
/// The river is measured every 10 minutes and reported 10 to 20 minutes late.
pub const STALE_AFTER: Duration = Duration::from_secs(2 * 60 * 60);

/// A reading is [`Freshness::Old`] once it is older than this: 24 hours.
pub const OLD_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How far a station's clock may run ahead of ours before we doubt its time.
const CLOCK_SLACK: Duration = Duration::from_secs(5 * 60);

/// A measured value; its unit stands where the reading is held.
///
/// What was not measured is `None`, never zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The value, if it is known.
    pub value: Option<f64>,
    /// When it was measured, if that is known.
    pub measured_at: Option<Timestamp>,
    /// The day on which the answer was recorded, if it is a recording and not
    /// the live river.
    pub recorded_on: Option<Date>,
}

/// What may be said of a reading, by its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Freshness {
    /// At most [`STALE_AFTER`] old: the river now.
    Fresh,
    /// Older than [`STALE_AFTER`]: to be shown with its age.
    Stale,
    /// Older than [`OLD_AFTER`]: must not be presented as current.
    Old,
    /// No value, or no believable time.
    Unknown,
    /// A recording, whatever it holds: must be said wherever it is shown.
    Recorded,
}

impl Reading {
    /// A value with its time in Unix seconds, as the API tells it.
    pub(crate) fn new(
        value: Option<f64>,
        unix_seconds: Option<i64>,
        recorded_on: Option<Date>,
    ) -> Self {
        let measured_at = unix_seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Self {
            value,
            measured_at,
            recorded_on,
        }
    }

    /// How long ago the value was measured.
    ///
    /// `None` if the time is unknown or lies in the future; a clock that runs
    /// ahead by less than five minutes counts as an age of zero.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        let age = now.duration_since(self.measured_at?);
        if age.is_negative() {
            return (age.unsigned_abs() < CLOCK_SLACK).then_some(Duration::ZERO);
        }
        Some(age.unsigned_abs())
    }

    /// What may be said of the value at the time `now`.
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        if self.recorded_on.is_some() {
            return Freshness::Recorded;
        }
        match (self.value, self.age(now)) {
            (None, _) | (_, None) => Freshness::Unknown,
            (_, Some(age)) if age > OLD_AFTER => Freshness::Old,
            (_, Some(age)) if age > STALE_AFTER => Freshness::Stale,
            _ => Freshness::Fresh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: i64 = 1_683_631_200;

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_second(MEASURED + seconds).unwrap()
    }

    #[track_caller]
    fn is_after(seconds: i64, freshness: Freshness) {
        let reading = Reading::new(Some(12.5), Some(MEASURED), None);
        assert_eq!(
            reading.freshness(after(seconds)),
            freshness,
            "after {seconds} s"
        );
    }

    #[test]
    fn a_reading_ages_from_fresh_to_stale_to_old() {
        is_after(0, Freshness::Fresh);
        is_after(2 * 3600, Freshness::Fresh);
        is_after(2 * 3600 + 1, Freshness::Stale);
        is_after(24 * 3600, Freshness::Stale);
        is_after(24 * 3600 + 1, Freshness::Old);
    }

    #[test]
    fn a_time_in_the_future_is_not_believed() {
        is_after(-299, Freshness::Fresh);
        is_after(-300, Freshness::Unknown);
    }

    #[test]
    fn without_value_or_time_nothing_is_known() {
        let no_value = Reading::new(None, Some(MEASURED), None);
        let no_time = Reading::new(Some(12.5), None, None);
        let no_possible_time = Reading::new(Some(12.5), Some(i64::MAX), None);
        for reading in [no_value, no_time, no_possible_time] {
            assert_eq!(reading.freshness(after(60)), Freshness::Unknown);
        }
        assert_eq!(no_possible_time.age(after(60)), None);
    }

    #[test]
    fn a_recording_is_never_fresh() {
        let day = jiff::civil::date(2023, 5, 9);
        for value in [Some(12.5), None] {
            let reading = Reading::new(value, Some(MEASURED), Some(day));
            assert_eq!(reading.freshness(after(60)), Freshness::Recorded);
        }
    }
}
