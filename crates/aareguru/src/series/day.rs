//! Daily statistics of a series.

use jiff::Timestamp;
use jiff::civil::Date;

use super::statistics::{known, mean};
use crate::local_time::ZURICH;

/// The statistics of one quantity on one day in Switzerland, in its own unit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Day {
    /// The day, from midnight to midnight of Swiss local time.
    pub date: Date,
    /// How many readings have a value.
    pub count: usize,
    /// The lowest value.
    pub min: f64,
    /// The mean of the readings.
    pub mean: f64,
    /// The highest value.
    pub max: f64,
}

impl Day {
    /// Returns the days of a series that is sorted by time. Days without a value are omitted.
    pub fn all_of(series: &[(Timestamp, Option<f64>)]) -> Vec<Self> {
        let known: Vec<(Date, f64)> = known(series)
            .into_iter()
            .map(|(at, value)| (at.to_zoned(ZURICH.clone()).date(), value))
            .collect();
        let days = known.chunk_by(|one, next| one.0 == next.0);
        days.filter_map(Self::of).collect()
    }

    fn of(readings: &[(Date, f64)]) -> Option<Self> {
        let values: Vec<f64> = readings.iter().map(|(_, value)| *value).collect();
        Some(Self {
            date: readings.first()?.0,
            count: values.len(),
            min: values.iter().copied().reduce(f64::min)?,
            mean: mean(&values)?,
            max: values.iter().copied().reduce(f64::max)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_ends_at_midnight_in_switzerland() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let days = Day::all_of(&[
            (at("2026-09-01T21:50:00Z"), Some(17.0)),
            (at("2026-09-01T22:00:00Z"), Some(16.0)),
            (at("2026-09-02T10:00:00Z"), Some(19.0)),
            (at("2026-09-03T10:00:00Z"), None),
        ]);
        let rows: Vec<_> = days
            .iter()
            .map(|day| (day.date.to_string(), day.count, day.min, day.mean, day.max))
            .collect();
        assert_eq!(
            rows,
            [
                ("2026-09-01".to_owned(), 1, 17.0, 17.0, 17.0),
                ("2026-09-02".to_owned(), 2, 16.0, 17.5, 19.0),
            ]
        );
        assert_eq!(Day::all_of(&[]), []);
    }
}
