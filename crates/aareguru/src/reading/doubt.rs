//! Finds doubtful values: plausible alone, but not next to the readings around them.

use jiff::Timestamp;

use super::Suspicion;
use crate::plausibility::{
    flows_contradict, max_jump_celsius, max_neighbour_distance, temperatures_contradict,
};

/// Readings up to this long before and after a reading are compared with it.
const WINDOW_SECS: i64 = 3 * 60 * 60;

/// Why a plausible value may be wrong. A doubtful value is shown with the doubt, is in no ranking
/// and no statistic, and no verdict rests on it alone. Displayed as a clause.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Doubt {
    /// The value has not changed for so long that the station may be stuck.
    #[error("{0}")]
    Stuck(Suspicion),
    /// The water temperature differs from the readings around it by more than water can.
    #[error(
        "the water temperature differs by more than {max_celsius} °C from the readings around it: \
         the sensor may be wrong"
    )]
    Jump {
        /// The largest plausible difference in °C between neighbouring readings.
        max_celsius: f64,
    },
    /// Upstream sends two values for one time that contradict each other.
    #[error("upstream sends two values for the same time that contradict each other")]
    Contradiction,
}

/// A value with the time of its measurement.
type Point = (Timestamp, f64);

/// Returns the doubt about a water temperature in °C that was measured at `at`, from the series in
/// the same response. The series may be in any order; it must be plausible.
pub(crate) fn temperature_doubt(
    (at, celsius): Point,
    series: impl Iterator<Item = Point> + Clone,
) -> Option<Doubt> {
    if same_time(at, series.clone()).any(|other| temperatures_contradict(celsius, other)) {
        return Some(Doubt::Contradiction);
    }
    let mut around: Vec<Point> = series
        .filter(|(other, _)| *other != at && distance_secs(*other, at) <= WINDOW_SECS)
        .collect();
    around.sort_by_key(|(other, _)| *other);
    around.push((at, celsius));
    is_jump(&around, around.len() - 1).then(jump)
}

/// Returns the doubt about a flow in m³/s that was measured at `at`, from the series in the same
/// response.
pub(crate) fn flow_doubt(
    (at, m3_per_s): Point,
    series: impl Iterator<Item = Point>,
) -> Option<Doubt> {
    same_time(at, series)
        .any(|other| flows_contradict(m3_per_s, other))
        .then_some(Doubt::Contradiction)
}

/// Returns which values of a series of water temperatures in °C, sorted by time, are doubtful:
/// those that differ too much from the median of the readings around them. A sensor error that
/// lasts less than half of the window is found as a whole.
pub(crate) fn doubtful_temperatures(series: &[Point]) -> Vec<bool> {
    let mut start = 0;
    let mut end = 0;
    let doubtful = series.iter().map(|(at, celsius)| {
        while distance_secs(series[start].0, *at) > WINDOW_SECS {
            start += 1;
        }
        while end < series.len() && distance_secs(series[end].0, *at) <= WINDOW_SECS {
            end += 1;
        }
        differs_from_median(*celsius, &series[start..end])
    });
    doubtful.collect()
}

fn jump() -> Doubt {
    Doubt::Jump {
        max_celsius: max_jump_celsius(),
    }
}

/// Returns whether the value at `index` differs too much from the one before it, or from the
/// median.
fn is_jump(sorted: &[Point], index: usize) -> bool {
    let (at, celsius) = sorted[index];
    let before = sorted[..index].last();
    let is_off = before.is_some_and(|(before, value)| {
        let is_neighbour = at.duration_since(*before).unsigned_abs() <= max_neighbour_distance();
        is_neighbour && (celsius - value).abs() > max_jump_celsius()
    });
    is_off || differs_from_median(celsius, sorted)
}

fn differs_from_median(celsius: f64, around: &[Point]) -> bool {
    let limit = max_jump_celsius();
    let values = || around.iter().map(|(_, value)| *value);
    // A shortcut: usually all values are close together, and the median is not needed.
    if values().all(|value| (celsius - value).abs() <= limit) {
        return false;
    }
    let mut values: Vec<f64> = values().collect();
    values.sort_by(f64::total_cmp);
    // Both middle values count: if there are only two readings, both are doubtful.
    let middle = [values[(values.len() - 1) / 2], values[values.len() / 2]];
    middle.iter().any(|value| (celsius - value).abs() > limit)
}

fn same_time(at: Timestamp, series: impl Iterator<Item = Point>) -> impl Iterator<Item = f64> {
    series.filter_map(move |(other, value)| (other == at).then_some(value))
}

fn distance_secs(a: Timestamp, b: Timestamp) -> i64 {
    (a.as_second() - b.as_second()).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> Vec<Point> {
        let at = |n: i64| Timestamp::from_second(1_783_000_000 + 600 * n).unwrap();
        (0..).map(at).zip(values.iter().copied()).collect()
    }

    fn doubtful(values: &[f64]) -> Vec<usize> {
        let marks = doubtful_temperatures(&series(values));
        let marked = marks.iter().enumerate().filter(|(_, mark)| **mark);
        marked.map(|(n, _)| n).collect()
    }

    fn doubt_of_last(values: &[f64]) -> Option<Doubt> {
        let points = series(values);
        let (last, before) = points.split_last().unwrap();
        temperature_doubt(*last, before.iter().copied())
    }

    #[test]
    fn spike_is_doubtful_and_its_neighbours_are_not() {
        let mut values = vec![19.5; 30];
        values[10] = 23.0;
        assert_eq!(doubtful(&values), [10]);
        values[10..18].fill(30.0);
        assert_eq!(doubtful(&values), (10..18).collect::<Vec<_>>());
    }

    #[test]
    fn first_and_last_reading_can_be_doubtful() {
        let mut values = vec![19.5; 30];
        values[0] = 5.0;
        values[29] = 23.0;
        assert_eq!(doubtful(&values), [0, 29]);
    }

    #[test]
    fn both_of_two_readings_that_disagree_are_doubtful() {
        assert_eq!(doubtful(&[16.0, 20.0]), [0, 1]);
        assert_eq!(doubtful(&[16.0, 19.0]), [0_usize; 0]);
    }

    #[test]
    fn slow_change_is_not_doubtful() {
        let warming: Vec<_> = (0..60).map(|n| 14.0 + f64::from(n) * 0.15).collect();
        assert_eq!(doubtful(&warming), [0_usize; 0]);
        let daily: Vec<Point> = [14.0, 18.0, 22.0]
            .into_iter()
            .zip(0..)
            .map(|(value, day)| {
                let at = Timestamp::from_second(1_783_000_000 + 86_400 * day).unwrap();
                (at, value)
            })
            .collect();
        assert_eq!(doubtful_temperatures(&daily), [false; 3]);
    }

    #[test]
    fn reading_that_jumps_is_doubtful() {
        let jump = Some(Doubt::Jump { max_celsius: 3.0 });
        assert_eq!(doubt_of_last(&[19.5, 19.5, 22.6]), jump);
        assert_eq!(doubt_of_last(&[19.5, 19.5, 22.5]), None);
        assert_eq!(doubt_of_last(&[19.5, 23.0, 19.5]), jump);
        assert_eq!(doubt_of_last(&[19.5]), None);
    }

    #[test]
    fn reading_that_contradicts_its_series_is_doubtful() {
        let points = series(&[19.5, 19.5]);
        let at = points[1].0;
        let temperature = |celsius| temperature_doubt((at, celsius), points.iter().copied());
        assert_eq!(temperature(14.9), Some(Doubt::Contradiction));
        assert_eq!(temperature(19.46), None);
        let flows = series(&[205.0, 205.0]);
        let flow = |m3_per_s| flow_doubt((at, m3_per_s), flows.iter().copied());
        assert_eq!(flow(150.0), Some(Doubt::Contradiction));
        assert_eq!(flow(206.0), None);
    }
}
