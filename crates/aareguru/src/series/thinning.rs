//! Reduces a long series to a number of points that can be shown.

use std::collections::BTreeSet;

use super::{RiverPoint, flows, temperatures};
use crate::series::Statistics;

/// Returns at most `max` of these points, which are sorted by time: every n-th, the first, the
/// last, and those with the lowest and highest temperature and flow. All are measured points, never
/// means. Also returns n, which is 1 if no point is left out.
///
/// A `max` below 7 counts as 7.
pub fn thinned(points: &[RiverPoint], max: usize) -> (Vec<RiverPoint>, usize) {
    /// The last point and four extremes.
    const KEPT: usize = 5;
    let max = max.max(KEPT + 2);
    if points.len() <= max {
        return (points.to_vec(), 1);
    }
    let step = points.len().div_ceil(max - KEPT);
    let mut chosen: BTreeSet<usize> = (0..points.len()).step_by(step).collect();
    chosen.insert(points.len() - 1);
    for series in [temperatures(points), flows(points)] {
        let statistics = Statistics::of(&series);
        for extreme in [statistics.min, statistics.max].into_iter().flatten() {
            let found = series
                .iter()
                .position(|(at, value)| *at == extreme.at && *value == Some(extreme.value));
            chosen.extend(found);
        }
    }
    (chosen.into_iter().map(|n| points[n]).collect(), step)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn thinned_series_keeps_the_extremes(
            values in prop::collection::vec(prop::option::of(0.0..30.0_f64), 0..1000),
            max in 0_usize..200,
        ) {
            let points: Vec<_> = (0..)
                .zip(&values)
                .map(|(n, value)| RiverPoint {
                    at: Timestamp::from_second(n * 600).unwrap(),
                    temperature_celsius: *value,
                    flow_m3_per_s: value.map(|value| 300.0 - value),
                })
                .collect();
            let (few, step) = thinned(&points, max);
            prop_assert!(few.len() <= max.max(7));
            prop_assert_eq!(step == 1, few.len() == points.len());
            prop_assert!(few.is_sorted_by(|one, next| one.at < next.at));
            prop_assert_eq!(few.first(), points.first());
            prop_assert_eq!(few.last(), points.last());
            let (all, left) = (Statistics::of(&flows(&points)), Statistics::of(&flows(&few)));
            prop_assert_eq!((all.min, all.max), (left.min, left.max));
        }
    }
}
