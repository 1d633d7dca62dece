//! Detects a station that is stuck: it keeps sending its last value with a current time.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::{Quantity, local_time};

/// A value that has not changed for so long that the station may be stuck.
///
/// * Temperature: the same hundredth of a degree for 12 hours, in at least 48 readings (of 72 if
///   none are missing). At Bern, the longest such time in two days of May 2023 was 50 minutes. A
///   series that is rounded to tenths can be constant that long; do not check one.
/// * Flow: the same value for 36 hours, in at least 144 readings. The flow of a regulated river can
///   be constant for a day: at Thun it was 56 m³/s, to the whole m³/s, for all of the 24 hours up to
///   2026-09-29 15:30.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Suspicion {
    /// The quantity that does not change.
    pub quantity: Quantity,
    /// The value, in °C or m³/s.
    pub value: f64,
    /// When it was first read.
    pub since: Timestamp,
    /// When it was last read.
    pub until: Timestamp,
    /// How many times it was read.
    pub points: usize,
}

/// The limit from which a constant value is suspicious.
struct Limit {
    quantity: Quantity,
    /// Values that differ by less are equal.
    resolution: f64,
    over: Duration,
    points: usize,
}

impl Suspicion {
    /// Returns whether the water temperature (°C, to the hundredth) is stuck at the end of this
    /// series. Points without a value are ignored.
    pub fn of_temperature(series: &[(Timestamp, Option<f64>)]) -> Option<Self> {
        Self::of(
            series,
            &Limit {
                quantity: Quantity::Temperature,
                resolution: 0.01,
                over: Duration::from_secs(12 * 60 * 60),
                points: 48,
            },
        )
    }

    /// Returns whether the flow (m³/s) is stuck at the end of this series. Points without a value
    /// are ignored.
    pub fn of_flow(series: &[(Timestamp, Option<f64>)]) -> Option<Self> {
        Self::of(
            series,
            &Limit {
                quantity: Quantity::Flow,
                resolution: 0.01,
                over: Duration::from_secs(36 * 60 * 60),
                points: 144,
            },
        )
    }

    /// Returns how long the value has been constant.
    pub fn over(&self) -> Duration {
        self.until.duration_since(self.since).unsigned_abs()
    }

    fn of(series: &[(Timestamp, Option<f64>)], limit: &Limit) -> Option<Self> {
        let mut points: Vec<_> = series
            .iter()
            .filter_map(|(at, value)| Some((*at, (*value)?)))
            .filter(|(_, value)| value.is_finite())
            .collect();
        points.sort_by_key(|(at, _)| *at);
        points.dedup_by_key(|(at, _)| *at);
        let (until, value) = points.last().copied()?;
        let run: Vec<_> = points
            .iter()
            .rev()
            // Half the resolution, because binary fractions are not exact.
            .take_while(|(_, other)| (other - value).abs() < limit.resolution / 2.0)
            .collect();
        let (since, _) = **run.last()?;
        let suspicion = Self {
            quantity: limit.quantity,
            value,
            since,
            until,
            points: run.len(),
        };
        (suspicion.over() >= limit.over && suspicion.points >= limit.points).then_some(suspicion)
    }
}

/// Writes a clause without a full stop.
impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, unit) = match self.quantity {
            Quantity::Temperature => ("water temperature", "°C"),
            Quantity::Flow => ("flow", "m³/s"),
            Quantity::Height => ("height of the water", "m"),
        };
        write!(
            f,
            "the {what} has stood at {} {unit} since {}, for {} hours in {} readings: \
             the station may be stuck",
            self.value,
            local_time(self.since),
            self.over().as_secs() / 3600,
            self.points
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A point every 10 minutes.
    fn series(values: impl IntoIterator<Item = Option<f64>>) -> Vec<(Timestamp, Option<f64>)> {
        let at = |n: i64| Timestamp::from_second(1_683_631_200 + 600 * n).unwrap();
        (0..).map(at).zip(values).collect()
    }

    fn constant(value: f64, points: usize) -> Vec<Option<f64>> {
        vec![Some(value); points]
    }

    #[test]
    fn temperature_constant_for_twelve_hours_is_suspicious() {
        // 73 points are 12 hours.
        assert_eq!(Suspicion::of_temperature(&series(constant(20.6, 72))), None);
        let suspicion = Suspicion::of_temperature(&series(constant(20.6, 73))).unwrap();
        assert_eq!(
            suspicion.to_string(),
            "the water temperature has stood at 20.6 °C since 2023-05-09 13:20 CEST, \
             for 12 hours in 73 readings: the station may be stuck"
        );
    }

    #[test]
    fn temperature_change_of_a_hundredth_clears_the_suspicion() {
        let mut values = constant(20.6, 100);
        values[90] = Some(20.61);
        assert_eq!(Suspicion::of_temperature(&series(values)), None);
    }

    #[test]
    fn series_that_moves_again_is_not_suspicious() {
        let mut values = constant(20.6, 100);
        values.push(Some(19.8));
        assert_eq!(Suspicion::of_temperature(&series(values)), None);
    }

    #[test]
    fn missing_values_do_not_affect_a_run() {
        let holed = (0..100).map(|n| (n % 4 != 0).then_some(20.6));
        assert_eq!(
            Suspicion::of_temperature(&series(holed)).unwrap().points,
            75
        );
        let sparse = (0..100).map(|n| (n % 4 == 0).then_some(20.6));
        assert_eq!(Suspicion::of_temperature(&series(sparse)), None);
        assert_eq!(Suspicion::of_temperature(&series([None; 100])), None);
        assert_eq!(Suspicion::of_temperature(&[]), None);
    }

    #[test]
    fn flow_constant_for_a_day_is_not_suspicious() {
        assert_eq!(Suspicion::of_flow(&series(constant(56.0, 145))), None);
        let suspicion = Suspicion::of_flow(&series(constant(56.0, 217))).unwrap();
        assert_eq!(suspicion.over(), Duration::from_secs(36 * 3600));
    }
}
