//! Computes whether the flow rises or falls, from the readings of the last hours.

use std::time::Duration;

use jiff::Timestamp;

/// The direction of the flow's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// It rises.
    Rising,
    /// It falls.
    Falling,
    /// It changes by less than the noise of the readings.
    Steady,
    /// There are too few readings.
    Unknown,
}

/// How the flow has changed over the last hours.
///
/// The rate is the Theil–Sen slope: the median of the slopes of all pairs of points. It is robust
/// if up to a quarter of the points are wrong or missing, and gaps need no interpolation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Trend {
    /// Change in m³/s per hour; `None` if the direction is unknown.
    pub per_hour: Option<f64>,
    /// The direction of the flow's change.
    pub direction: Direction,
    /// The time between the first and the last point used.
    pub over: Duration,
    /// The number of points used.
    pub points: usize,
    /// The time of the last point used.
    pub until: Option<Timestamp>,
}

impl Trend {
    /// Points older than this before the newest one are ignored: 3 hours.
    pub const WINDOW: Duration = Duration::from_secs(3 * 60 * 60);

    /// With fewer points than this the direction is unknown.
    pub const MIN_POINTS: usize = 6;

    /// If the points span less than this the direction is unknown: 1 hour.
    pub const MIN_SPAN: Duration = Duration::from_secs(60 * 60);

    /// The flow is steady if it changes by less than this in an hour; the API rounds it to whole
    /// m³/s.
    pub const STEADY_BELOW_M3_PER_S: f64 = 1.0;

    /// The flow is also steady if it changes by less than this part of itself in an hour.
    pub const STEADY_BELOW_PART: f64 = 0.01;

    /// The maximum number of points used, newest first, which bounds the work. One point every 10
    /// minutes makes 19 in the window.
    const MAX_POINTS: usize = 100;

    /// Computes the trend of the flow in m³/s from a series in any order. Points without a
    /// plausible value are ignored, as are all but one of the points with the same time.
    pub fn of_flow(series: &[(Timestamp, Option<f64>)]) -> Self {
        let points = newest(series);
        let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else {
            return Self::unknown(Duration::ZERO, 0, None);
        };
        let over = last.duration_since(*first).unsigned_abs();
        if points.len() < Self::MIN_POINTS || over < Self::MIN_SPAN {
            return Self::unknown(over, points.len(), Some(*last));
        }
        let per_hour = median(slopes_per_hour(&points));
        let flow = median(points.iter().map(|(_, value)| *value).collect());
        let (Some(per_hour), Some(flow)) = (per_hour, flow) else {
            return Self::unknown(over, points.len(), Some(*last));
        };
        let steady = Self::STEADY_BELOW_M3_PER_S.max(flow * Self::STEADY_BELOW_PART);
        Self {
            per_hour: Some(per_hour),
            direction: match per_hour {
                rate if rate.abs() < steady => Direction::Steady,
                rate if rate > 0.0 => Direction::Rising,
                _ => Direction::Falling,
            },
            over,
            points: points.len(),
            until: Some(*last),
        }
    }

    fn unknown(over: Duration, points: usize, until: Option<Timestamp>) -> Self {
        Self {
            per_hour: None,
            direction: Direction::Unknown,
            over,
            points,
            until,
        }
    }
}

/// Returns the usable points of the window, oldest first.
fn newest(series: &[(Timestamp, Option<f64>)]) -> Vec<(Timestamp, f64)> {
    let mut points: Vec<_> = series
        .iter()
        .filter_map(|(at, value)| Some((*at, (*value)?)))
        .filter(|(_, value)| crate::flood::is_flow(*value))
        .collect();
    points.sort_by_key(|(at, _)| *at);
    points.dedup_by_key(|(at, _)| *at);
    let Some((last, _)) = points.last().copied() else {
        return points;
    };
    points.retain(|(at, _)| last.duration_since(*at).unsigned_abs() <= Trend::WINDOW);
    points.split_off(points.len().saturating_sub(Trend::MAX_POINTS))
}

fn slopes_per_hour(points: &[(Timestamp, f64)]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (n, (earlier, before)) in points.iter().enumerate() {
        for (later, after) in &points[n + 1..] {
            let hours = later.duration_since(*earlier).as_secs_f64() / 3600.0;
            slopes.push((after - before) / hours);
        }
    }
    slopes
}

/// Returns the median; `None` if there are no values, or if it is not finite.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    let median = if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], upper)
    } else {
        upper
    };
    median.is_finite().then_some(median)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A point every 10 minutes.
    fn series(values: &[Option<f64>]) -> Vec<(Timestamp, Option<f64>)> {
        let at = |n: i64| Timestamp::from_second(1_683_631_200 + 600 * n).unwrap();
        (0..).map(at).zip(values.iter().copied()).collect()
    }

    fn line(from: f64, per_hour: f64, points: u32) -> Vec<Option<f64>> {
        (0..points)
            .map(|n| Some(from + per_hour * f64::from(n) / 6.0))
            .collect()
    }

    #[track_caller]
    fn goes(values: &[Option<f64>], direction: Direction) -> Trend {
        let trend = Trend::of_flow(&series(values));
        assert_eq!(trend.direction, direction, "{trend:?}");
        trend
    }

    #[test]
    fn trend_of_a_linear_rise_is_exact() {
        let trend = goes(&line(200.0, 12.0, 19), Direction::Rising);
        assert!((trend.per_hour.unwrap() - 12.0).abs() < 1e-9);
        assert_eq!((trend.points, trend.over), (19, Trend::WINDOW));
        goes(&line(400.0, -12.0, 19), Direction::Falling);
    }

    #[test]
    fn trend_uses_the_last_three_hours() {
        let mut values = line(500.0, -60.0, 30);
        values.extend(line(200.0, 12.0, 19));
        let trend = goes(&values, Direction::Rising);
        assert_eq!(trend.points, 19);
    }

    #[test]
    fn trend_within_the_noise_is_steady() {
        goes(&line(200.0, 0.9, 19), Direction::Steady);
        goes(&line(600.0, 5.0, 19), Direction::Steady);
        goes(&line(20.0, 1.5, 19), Direction::Rising);
        goes(&[Some(56.0); 19], Direction::Steady);
    }

    #[test]
    fn trend_is_robust_to_gaps_and_outliers() {
        let mut values = line(200.0, 12.0, 19);
        for hole in [1, 5, 6, 7, 13] {
            values[hole] = None;
        }
        values[10] = Some(900.0);
        values[15] = Some(f64::NAN);
        let trend = goes(&values, Direction::Rising);
        assert!((trend.per_hour.unwrap() - 12.0).abs() < 1.0, "{trend:?}");
        assert_eq!(trend.points, 13);
    }

    #[test]
    fn trend_of_a_short_series_is_unknown() {
        assert_eq!(goes(&[], Direction::Unknown).until, None);
        goes(&[None; 19], Direction::Unknown);
        let five = goes(&line(200.0, 12.0, 5), Direction::Unknown);
        assert_eq!((five.per_hour, five.points), (None, 5));
        // Six points in 50 minutes.
        goes(&line(200.0, 12.0, 6), Direction::Unknown);
        goes(&line(200.0, 12.0, 7), Direction::Rising);
    }

    #[test]
    fn trend_ignores_the_order_of_the_series() {
        let mut points = series(&line(200.0, 12.0, 19));
        let sorted = Trend::of_flow(&points);
        points.reverse();
        points.push(points[3]);
        assert_eq!(Trend::of_flow(&points), sorted);
    }

    proptest! {
        #[test]
        fn trend_of_any_series_is_consistent(
            points in proptest::collection::vec(
                (-2_000_000_000i64..20_000_000_000, any::<Option<f64>>()), 0..40)
        ) {
            let points: Vec<_> = points
                .into_iter()
                .map(|(at, value)| (Timestamp::from_second(at).unwrap(), value))
                .collect();
            let trend = Trend::of_flow(&points);
            prop_assert_eq!(trend.per_hour.is_none(), trend.direction == Direction::Unknown);
            prop_assert!(trend.per_hour.is_none_or(f64::is_finite));
            prop_assert!(trend.over <= Trend::WINDOW);
        }
    }
}
