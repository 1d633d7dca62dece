//! A series of readings as attributes, for the script that draws it: the start, the step, and the
//! values, empty where there is none.

use aareguru::series::RiverPoint;

/// Values at equal steps.
#[derive(Debug)]
pub(crate) struct SeriesAttributes {
    /// Unix seconds of the first value.
    pub(crate) start: i64,
    pub(crate) step_seconds: i64,
    values: Vec<Option<f64>>,
}

impl SeriesAttributes {
    /// The last `hours` before the newest point, the last value of each step. `None` if there are
    /// fewer than two values.
    pub(crate) fn last(
        points: &[RiverPoint],
        hours: i64,
        step_seconds: i64,
        value: impl Fn(&RiverPoint) -> Option<f64>,
    ) -> Option<Self> {
        let newest = points.iter().rfind(|point| value(point).is_some())?;
        let end = newest.at.as_second();
        let steps = usize::try_from(hours * 3600 / step_seconds).ok()?;
        let start = end - hours * 3600;
        let mut values = vec![None; steps + 1];
        for point in points {
            // To the nearest step, so that the newest is the last.
            let at = (point.at.as_second() - start + step_seconds / 2).div_euclid(step_seconds);
            let slot = usize::try_from(at).ok().and_then(|at| values.get_mut(at));
            if let (Some(slot), Some(value)) = (slot, value(point)) {
                *slot = Some(value);
            }
        }
        let series = Self {
            start,
            step_seconds,
            values,
        };
        (series.values.iter().flatten().count() > 1).then_some(series)
    }

    /// The lowest and the highest value.
    pub(crate) fn range(&self) -> (f64, f64) {
        let values = self.values.iter().flatten();
        values.fold((f64::MAX, f64::MIN), |(low, high), value| {
            (value.min(low), value.max(high))
        })
    }

    /// `12.5,,12.6`, to so many decimals.
    pub(crate) fn values(&self, decimals: usize) -> String {
        let shown = self.values.iter().map(|value| match value {
            Some(value) => format!("{value:.decimals$}"),
            None => String::new(),
        });
        shown.collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn point(second: i64, temperature: Option<f64>) -> RiverPoint {
        RiverPoint {
            at: Timestamp::from_second(second).unwrap(),
            temperature_celsius: temperature,
            flow_m3_per_s: None,
        }
    }

    #[test]
    fn a_gap_stays_a_gap_and_the_newest_is_the_last() {
        let points = [
            point(0, Some(9.0)),
            point(7_200, Some(10.0)),
            point(7_800, Some(10.1)),
            point(9_000, Some(10.3)),
            point(10_800, Some(10.5)),
            point(11_400, None),
        ];
        let series = SeriesAttributes::last(&points, 1, 600, |it| it.temperature_celsius).unwrap();
        assert_eq!(series.start, 7_200);
        assert_eq!(series.values(1), "10.0,10.1,,10.3,,,10.5");
        assert_eq!(series.range(), (10.0, 10.5));
    }

    #[test]
    fn one_value_is_no_series() {
        let alone = [point(0, Some(9.0)), point(600, None)];
        assert!(SeriesAttributes::last(&alone, 1, 600, |it| it.temperature_celsius).is_none());
        assert!(SeriesAttributes::last(&[], 1, 600, |it| it.temperature_celsius).is_none());
    }
}
