//! Computes statistics of a series of one quantity.

use std::time::Duration;

use jiff::Timestamp;

/// A value and the time of its measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extreme {
    /// The value, in the unit of the series.
    pub value: f64,
    /// When it was measured first.
    pub at: Timestamp,
}

/// A period without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The last value before it.
    pub from: Timestamp,
    /// The first value after it.
    pub until: Timestamp,
}

/// Statistics of a series, in its unit. A number that cannot be computed is `None`; no number is
/// infinite or NaN.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Statistics {
    /// The number of readings with a value.
    pub count: usize,
    /// The number of readings without a value.
    pub missing: usize,
    /// The lowest value.
    pub min: Option<Extreme>,
    /// The highest value.
    pub max: Option<Extreme>,
    /// The mean of the readings.
    pub mean: Option<f64>,
    /// The median.
    pub median: Option<f64>,
    /// A tenth of the readings are at or below this.
    pub p10: Option<f64>,
    /// Nine tenths of the readings are at or below this.
    pub p90: Option<f64>,
    /// Change per day by linear regression; `None` for less than [`Statistics::TREND_FROM`]. Over a
    /// day or two it depends more on the time of day than on the days.
    pub trend_per_day: Option<f64>,
    /// The periods without a value that are longer than [`Statistics::GAP_FROM`] and than twice the
    /// usual step, oldest first. The time before the first value and after the last is not a gap.
    pub gaps: Vec<Gap>,
}

impl Statistics {
    /// A gap is longer than this: an hour.
    pub const GAP_FROM: Duration = Duration::from_secs(60 * 60);

    /// A trend needs a series as long as this: 12 hours.
    pub const TREND_FROM: Duration = Duration::from_secs(12 * 60 * 60);

    /// Computes the statistics of a series that is sorted by time.
    pub fn of(series: &[(Timestamp, Option<f64>)]) -> Self {
        let known = known(series);
        let mut sorted: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
        sorted.sort_by(f64::total_cmp);
        Self {
            count: known.len(),
            missing: series.len() - known.len(),
            min: extreme(&known, |value, least| value < least),
            max: extreme(&known, |value, most| value > most),
            mean: mean(&sorted),
            median: quantile(&sorted, 0.5),
            p10: quantile(&sorted, 0.1),
            p90: quantile(&sorted, 0.9),
            trend_per_day: trend_per_day(&known),
            gaps: gaps(&known),
        }
    }
}

/// Returns the share of the readings at or above `limit`, from 0 to 1; `None` without readings.
pub fn share_at_or_above(series: &[(Timestamp, Option<f64>)], limit: f64) -> Option<f64> {
    let known = known(series);
    let above = known.iter().filter(|(_, value)| *value >= limit).count();
    (!known.is_empty()).then(|| above as f64 / known.len() as f64)
}

pub(super) fn known(series: &[(Timestamp, Option<f64>)]) -> Vec<(Timestamp, f64)> {
    let pairs = series
        .iter()
        .filter_map(|(at, value)| Some((*at, (*value)?)));
    pairs.filter(|(_, value)| value.is_finite()).collect()
}

/// Returns the first value that no other exceeds.
fn extreme(known: &[(Timestamp, f64)], exceeds: impl Fn(f64, f64) -> bool) -> Option<Extreme> {
    let pairs = known.iter().copied();
    let (at, value) =
        pairs.reduce(|best, next| if exceeds(next.1, best.1) { next } else { best })?;
    Some(Extreme { value, at })
}

/// Returns the mean. Each value is divided before it is added, so that the sum does not overflow.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    (!values.is_empty()).then(|| values.iter().map(|value| value / count).sum())
}

/// Interpolates linearly between the two nearest values.
fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = part * last as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    let between = place.fract();
    Some(below * (1.0 - between) + above * between)
}

fn trend_per_day(known: &[(Timestamp, f64)]) -> Option<f64> {
    let ((first, _), (last, _)) = (known.first()?, known.last()?);
    if last.duration_since(*first).unsigned_abs() < Statistics::TREND_FROM {
        return None;
    }
    let days: Vec<f64> = known
        .iter()
        .map(|(at, _)| at.duration_since(*first).as_secs_f64() / 86_400.0)
        .collect();
    let values: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
    let (mean_day, mean_value) = (mean(&days)?, mean(&values)?);
    let (mut together, mut alone) = (0.0, 0.0);
    for (day, value) in days.iter().zip(&values) {
        together += (day - mean_day) * (value - mean_value);
        alone += (day - mean_day).powi(2);
    }
    let slope = together / alone;
    slope.is_finite().then_some(slope)
}

fn gaps(known: &[(Timestamp, f64)]) -> Vec<Gap> {
    let steps = || {
        let pairs = known.windows(2);
        pairs.map(|pair| Gap {
            from: pair[0].0,
            until: pair[1].0,
        })
    };
    let length = |gap: &Gap| gap.until.duration_since(gap.from).unsigned_abs();
    let mut lengths: Vec<Duration> = steps().map(|step| length(&step)).collect();
    lengths.sort_unstable();
    let usual = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    // A single step defines no usual step.
    let limit = match lengths.len() {
        0 | 1 => Statistics::GAP_FROM,
        _ => Statistics::GAP_FROM.max(usual * 2),
    };
    steps().filter(|gap| length(gap) > limit).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A reading every `step` seconds.
    fn every(step: i64, values: &[Option<f64>]) -> Vec<(Timestamp, Option<f64>)> {
        let at = |n| Timestamp::from_second(1_788_220_800 + n * step).unwrap();
        (0..).map(at).zip(values.iter().copied()).collect()
    }

    #[test]
    fn statistics_of_an_empty_series_are_unknown() {
        for series in [every(600, &[]), every(600, &[None, None])] {
            let statistics = Statistics::of(&series);
            assert_eq!((statistics.count, statistics.missing), (0, series.len()));
            assert_eq!((statistics.min, statistics.max), (None, None));
            assert_eq!((statistics.mean, statistics.median), (None, None));
            assert_eq!((statistics.p10, statistics.p90), (None, None));
            assert_eq!(statistics.trend_per_day, None);
            assert_eq!(statistics.gaps, []);
            assert_eq!(share_at_or_above(&series, 18.0), None);
        }
    }

    #[test]
    fn statistics_of_one_reading_are_that_reading() {
        let series = every(600, &[Some(17.5), None]);
        let statistics = Statistics::of(&series);
        let only = Some(Extreme {
            value: 17.5,
            at: series[0].0,
        });
        assert_eq!((statistics.min, statistics.max), (only, only));
        assert_eq!(
            (statistics.mean, statistics.median),
            (Some(17.5), Some(17.5))
        );
        assert_eq!((statistics.p10, statistics.p90), (Some(17.5), Some(17.5)));
        assert_eq!((statistics.missing, statistics.trend_per_day), (1, None));
    }

    #[test]
    fn trend_per_day_spans_a_gap() {
        let mut values: Vec<Option<f64>> = (0..=144)
            .map(|n| Some(16.0 + f64::from(n) / 36.0))
            .collect();
        values[20..30].fill(None);
        let series = every(600, &values);
        let statistics = Statistics::of(&series);
        assert_eq!((statistics.count, statistics.missing), (135, 10));
        assert!((statistics.trend_per_day.unwrap() - 4.0).abs() < 1e-9);
        assert_eq!(
            statistics.gaps,
            [Gap {
                from: series[19].0,
                until: series[30].0
            }]
        );
        assert_eq!(share_at_or_above(&series, 20.0), Some(1.0 / 135.0));
        assert_eq!(
            statistics.max.unwrap(),
            Extreme {
                value: 20.0,
                at: series[144].0
            }
        );
    }

    #[test]
    fn quantiles_are_interpolated() {
        let series = every(600, &[Some(4.0), Some(1.0), Some(2.0), Some(3.0)]);
        let statistics = Statistics::of(&series);
        assert_eq!(statistics.median, Some(2.5));
        assert!((statistics.p10.unwrap() - 1.3).abs() < 1e-9);
        assert!((statistics.p90.unwrap() - 3.7).abs() < 1e-9);
    }

    #[test]
    fn daily_readings_have_no_gaps() {
        assert_eq!(Statistics::of(&every(86_400, &[Some(1.0); 9])).gaps, []);
        assert_eq!(Statistics::of(&every(7200, &[Some(1.0); 2])).gaps.len(), 1);
        assert_eq!(Statistics::of(&every(3600, &[Some(1.0); 2])).gaps, []);
    }

    proptest! {
        #[test]
        fn statistics_are_finite_and_ordered(
            values in prop::collection::vec(prop::option::of(any::<f64>()), 0..200),
            step in 1_i64..100_000,
        ) {
            let tame: Vec<_> = values.iter().map(|v| v.map(|v| v % 1e6)).collect();
            let series = every(step, &tame);
            let s = Statistics::of(&series);
            prop_assert_eq!(s.count + s.missing, values.len());
            let (min, max) = (s.min.map(|e| e.value), s.max.map(|e| e.value));
            for value in [min, max, s.mean, s.median, s.p10, s.p90] {
                prop_assert_eq!(value.is_some(), s.count > 0);
                prop_assert!(value.is_none_or(f64::is_finite));
            }
            prop_assert!(s.trend_per_day.is_none_or(f64::is_finite));
            let slack = 1e-6;
            prop_assert!(min <= s.p10 && s.p10 <= s.median && s.median <= s.p90);
            if let (Some(min), Some(mean), Some(max)) = (min, s.mean, max) {
                prop_assert!(min - slack <= mean && mean <= max + slack);
            }
        }
    }
}
