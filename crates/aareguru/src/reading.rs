//! A measured value with its time and freshness.
//!
//! Uses no clock: the present is an argument, so results are reproducible.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::Place;
use crate::plausibility::{Implausible, PlausibleRange, is_future};

mod doubt;
mod suspicion;
mod trend;

pub use doubt::Doubt;
pub(crate) use doubt::{doubtful_temperatures, flow_doubt, temperature_doubt};
pub use suspicion::Suspicion;
pub use trend::{Direction, Trend};

/// A reading is [`Freshness::Stale`] once it is older than this: 2 hours.
///
/// The river is measured every 10 minutes and reported 10 to 20 minutes late.
pub const STALE_AFTER: Duration = Duration::from_secs(2 * 60 * 60);

/// A reading is [`Freshness::Old`] once it is older than this: 24 hours.
pub const OLD_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// A measured value. The field that contains the reading names its unit.
///
/// Contains plausible values only: one that is missing, implausible or dated in the future is
/// unknown, with a reason, and never zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    value: Option<f64>,
    implausible: Option<Implausible>,
    doubt: Option<Doubt>,
    measured_at: Option<Timestamp>,
    /// The day of the recording; `None` for live data.
    pub recorded_on: Option<Date>,
}

/// How a reading may be presented, by its age.
///
/// The limits are [`STALE_AFTER`] and [`OLD_AFTER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// At most two hours old: describes the river now.
    Fresh,
    /// More than two hours old: show it with its age.
    Stale,
    /// More than a day old: never present it as current.
    Old,
    /// No value, or no plausible time.
    Unknown,
    /// A recording. Every presentation must say so.
    Recorded,
}

/// Why the value of a reading is unknown. Displayed as a clause.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownReason {
    /// Upstream sent nothing.
    #[error("upstream sent no value")]
    Missing,
    /// Upstream sent a value that cannot be right.
    #[error(transparent)]
    Implausible(Implausible),
    /// Upstream dates the measurement in the future.
    #[error("upstream dates the measurement in the future")]
    FutureDated,
}

impl Reading {
    /// A reading without value and time.
    pub const UNKNOWN: Self = Self {
        value: None,
        implausible: None,
        doubt: None,
        measured_at: None,
        recorded_on: None,
    };

    /// Creates a reading of a water temperature in °C.
    pub fn water(celsius: Option<f64>, measured_at: Option<Timestamp>) -> Self {
        Self::checked(&PlausibleRange::water(), celsius, measured_at)
    }

    /// Creates a reading of a flow at `place` in m³/s.
    pub fn flow(place: &Place, m3_per_s: Option<f64>, measured_at: Option<Timestamp>) -> Self {
        Self::checked(&PlausibleRange::flow(place), m3_per_s, measured_at)
    }

    /// Creates a reading of an air temperature in °C.
    pub fn air(celsius: Option<f64>, measured_at: Option<Timestamp>) -> Self {
        Self::checked(&PlausibleRange::air(), celsius, measured_at)
    }

    /// Creates a reading of the rain in 10 minutes, in mm.
    pub fn rain(mm: Option<f64>, measured_at: Option<Timestamp>) -> Self {
        Self::checked(&PlausibleRange::rain_in_10_minutes(), mm, measured_at)
    }

    fn checked(range: &PlausibleRange, value: Option<f64>, measured_at: Option<Timestamp>) -> Self {
        let checked = range.check(value);
        Self {
            value: checked.unwrap_or_default(),
            implausible: checked.err(),
            measured_at,
            ..Self::UNKNOWN
        }
    }

    /// Returns the reading, marked as a recording if there is a day.
    #[must_use]
    pub fn with_recorded_on(self, recorded_on: Option<Date>) -> Self {
        Self {
            recorded_on,
            ..self
        }
    }

    /// Returns the reading with a doubt about its value.
    #[must_use]
    pub fn with_doubt(self, doubt: Option<Doubt>) -> Self {
        Self { doubt, ..self }
    }

    /// Returns the value, if it is plausible and not dated after `now`, whatever its age.
    pub fn value(&self, now: Timestamp) -> Option<f64> {
        self.value.filter(|_| !self.is_future_dated(now))
    }

    /// Returns why there is no [`value`](Self::value); `None` if there is one.
    pub fn unknown_because(&self, now: Timestamp) -> Option<UnknownReason> {
        if self.is_future_dated(now) {
            return Some(UnknownReason::FutureDated);
        }
        match (self.value, self.implausible) {
            (Some(_), _) => None,
            (None, Some(implausible)) => Some(UnknownReason::Implausible(implausible)),
            (None, None) => Some(UnknownReason::Missing),
        }
    }

    /// Returns why the value may be wrong although it is plausible; `None` without such a doubt.
    pub fn doubt(&self) -> Option<Doubt> {
        self.value.and(self.doubt)
    }

    /// Returns when it was measured; `None` if that is unknown or after `now`.
    pub fn measured_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.measured_at.filter(|_| !self.is_future_dated(now))
    }

    /// Returns whether the measurement is dated after `now`, by more than
    /// [`CLOCK_TOLERANCE`](crate::CLOCK_TOLERANCE). Always false for a recording.
    pub fn is_future_dated(&self, now: Timestamp) -> bool {
        let is_future = |at| is_future(at, now);
        self.recorded_on.is_none() && self.measured_at.is_some_and(is_future)
    }

    /// Returns whether upstream sent a time of the measurement, plausible or not.
    pub(crate) fn is_dated(&self) -> bool {
        self.measured_at.is_some()
    }

    /// Returns how long ago the value was measured; `None` if the time is unknown or after `now`.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        let age = now.duration_since(self.measured_at(now)?);
        Some(if age.is_negative() {
            Duration::ZERO
        } else {
            age.unsigned_abs()
        })
    }

    /// Returns the freshness at the time `now`.
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

    /// Returns the value, if it may be shown at all: known, dated, and at most [`OLD_AFTER`] old.
    /// Show what upstream says of the value only together with it.
    pub fn presentable_value(&self, now: Timestamp) -> Option<f64> {
        let is_dated = match self.freshness(now) {
            Freshness::Fresh | Freshness::Stale | Freshness::Recorded => true,
            Freshness::Old | Freshness::Unknown => false,
        };
        self.value(now).filter(|_| is_dated)
    }

    /// Returns whether the data of this reading's response describes the river at the time `now`,
    /// or at the time of the recording: its time is known and at most [`STALE_AFTER`] ago.
    /// Independent of the value.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.recorded_on.is_some() || self.age(now).is_some_and(|age| age <= STALE_AFTER)
    }

    /// Returns the value, if it may be compared with others: current and not in doubt.
    pub fn comparable_value(&self, now: Timestamp) -> Option<f64> {
        let value = self.value(now).filter(|_| self.is_current(now));
        value.filter(|_| self.doubt().is_none())
    }
}

/// Converts Unix seconds to a time; `None` if they are out of range.
pub(crate) fn timestamp(unix_seconds: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_second(unix_seconds?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: i64 = 1_683_631_200;

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_second(MEASURED + seconds).unwrap()
    }

    fn water(celsius: f64) -> Reading {
        Reading::water(Some(celsius), Some(after(0)))
    }

    #[track_caller]
    fn is_after(seconds: i64, freshness: Freshness) {
        let reading = water(12.5);
        assert_eq!(
            reading.freshness(after(seconds)),
            freshness,
            "after {seconds} s"
        );
    }

    #[test]
    fn reading_ages_from_fresh_to_stale_to_old() {
        is_after(0, Freshness::Fresh);
        is_after(2 * 3600, Freshness::Fresh);
        is_after(2 * 3600 + 1, Freshness::Stale);
        is_after(24 * 3600, Freshness::Stale);
        is_after(24 * 3600 + 1, Freshness::Old);
    }

    #[test]
    fn future_dated_reading_is_unknown_with_the_reason() {
        is_after(-120, Freshness::Fresh);
        is_after(-121, Freshness::Unknown);
        let (reading, year_before) = (water(12.5), after(-365 * 86_400));
        assert_eq!(reading.value(year_before), None);
        assert_eq!(reading.measured_at(year_before), None);
        assert_eq!(reading.comparable_value(year_before), None);
        assert_eq!(
            reading.unknown_because(year_before),
            Some(UnknownReason::FutureDated)
        );
        // A clock that is corrected makes it known.
        assert_eq!(reading.value(after(60)), Some(12.5));
    }

    #[test]
    fn implausible_value_is_unknown_with_the_reason() {
        let not_a_number = water(f64::NAN).unknown_because(after(60)).unwrap();
        assert_eq!(
            not_a_number.to_string(),
            "upstream sent something that is not a number as water temperature"
        );
        for celsius in [-999.0, 85.0] {
            let reading = water(celsius);
            assert_eq!(reading.value(after(60)), None);
            assert_eq!(reading.freshness(after(60)), Freshness::Unknown);
            let reason = reading.unknown_because(after(60)).unwrap();
            assert_eq!(
                reason.to_string(),
                "upstream sent an implausible water temperature, outside -0.5 to 35 °C"
            );
        }
        let bern = Place::find("bern").unwrap();
        let flow = Reading::flow(bern, Some(0.0), Some(after(0)));
        assert!(matches!(
            flow.unknown_because(after(60)),
            Some(UnknownReason::Implausible(_))
        ));
    }

    #[test]
    fn reading_without_value_or_time_is_unknown() {
        let no_value = Reading::water(None, Some(after(0)));
        let no_time = Reading::water(Some(12.5), None);
        let no_possible_time = Reading::water(Some(12.5), timestamp(Some(i64::MAX)));
        for reading in [no_value, no_time, no_possible_time] {
            assert_eq!(reading.freshness(after(60)), Freshness::Unknown);
            assert_eq!(reading.comparable_value(after(60)), None);
        }
        assert_eq!(no_possible_time.age(after(60)), None);
        let missing = no_value.unknown_because(after(60));
        assert_eq!(missing, Some(UnknownReason::Missing));
    }

    #[test]
    fn doubtful_value_is_shown_and_not_compared() {
        let doubtful = water(12.5).with_doubt(Some(Doubt::Contradiction));
        assert_eq!(doubtful.value(after(60)), Some(12.5));
        assert_eq!(doubtful.comparable_value(after(60)), None);
        assert_eq!(water(12.5).comparable_value(after(60)), Some(12.5));
        assert_eq!(water(12.5).comparable_value(after(2 * 3600 + 1)), None);
    }

    #[test]
    fn recorded_reading_is_never_fresh() {
        let day = jiff::civil::date(2023, 5, 9);
        for value in [Some(12.5), None] {
            let reading = Reading::water(value, Some(after(0))).with_recorded_on(Some(day));
            assert_eq!(reading.freshness(after(60)), Freshness::Recorded);
            assert_eq!(reading.value(after(-86_400)), value);
        }
    }
}
