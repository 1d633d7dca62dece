//! Checks a series for plausibility, and counts what it leaves out.

use jiff::Timestamp;

use super::RiverPoint;
use crate::Place;
use crate::plausibility::{PlausibleRange, is_future};
use crate::reading::doubtful_temperatures;

/// One measurement as upstream sent it: water temperature in °C and flow in m³/s.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawPoint {
    pub(crate) at: Timestamp,
    pub(crate) temperature_celsius: Option<f64>,
    pub(crate) flow_m3_per_s: Option<f64>,
}

/// The number of values that a series leaves out, by reason. They are in no statistic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Values that cannot be right.
    pub implausible: usize,
    /// Water temperatures that differ too much from the readings around them.
    pub doubtful: usize,
    /// Values that are dated in the future.
    pub future_dated: usize,
}

/// A series after the plausibility check.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScreenedSeries {
    /// Oldest first, one per time.
    pub(crate) points: Vec<RiverPoint>,
    /// The reason for each value that was left out, and its time.
    left_out: Vec<(Timestamp, Rejection)>,
}

/// Why a value is left out.
#[derive(Debug, Clone, Copy)]
enum Rejection {
    Implausible,
    Doubtful,
    FutureDated,
}

impl LeftOut {
    /// Returns the number of values that are left out.
    pub fn total(&self) -> usize {
        self.implausible + self.doubtful + self.future_dated
    }
}

impl ScreenedSeries {
    /// Checks a series of `place` in any order. Without `now`, as for recordings, no value is
    /// future-dated.
    pub(crate) fn new(
        place: &Place,
        raw: impl IntoIterator<Item = RawPoint>,
        now: Option<Timestamp>,
    ) -> Self {
        let (water, flow) = (PlausibleRange::water(), PlausibleRange::flow(place));
        let mut left_out = Vec::new();
        let mut points = Vec::new();
        for point in raw {
            let at = point.at;
            let (sent_water, sent_flow) = (point.temperature_celsius, point.flow_m3_per_s);
            if now.is_some_and(|now| is_future(at, now)) {
                let sent = sent_water.or(sent_flow);
                left_out.extend(sent.map(|_| (at, Rejection::FutureDated)));
                continue;
            }
            let (water, flow) = (water.check(sent_water), flow.check(sent_flow));
            let implausible = [water.err(), flow.err()].into_iter().flatten();
            left_out.extend(implausible.map(|_| (at, Rejection::Implausible)));
            points.push(RiverPoint {
                at,
                temperature_celsius: water.unwrap_or_default(),
                flow_m3_per_s: flow.unwrap_or_default(),
            });
        }
        let mut points = in_order(points);
        left_out.extend(remove_doubtful_temperatures(&mut points));
        Self { points, left_out }
    }

    /// Keeps the points whose times `is_in` accepts.
    pub(crate) fn retain(&mut self, is_in: impl Fn(Timestamp) -> bool) {
        self.points.retain(|point| is_in(point.at));
        self.left_out.retain(|(at, _)| is_in(*at));
    }

    /// Returns the number of values that are left out.
    pub(crate) fn left_out(&self) -> LeftOut {
        let mut total = LeftOut::default();
        for (_, rejection) in &self.left_out {
            match rejection {
                Rejection::Implausible => total.implausible += 1,
                Rejection::Doubtful => total.doubtful += 1,
                Rejection::FutureDated => total.future_dated += 1,
            }
        }
        total
    }
}

/// Sorts the points by time, and merges points with the same time.
fn in_order(mut points: Vec<RiverPoint>) -> Vec<RiverPoint> {
    points.sort_by_key(|point| point.at);
    points.dedup_by(|again, first| {
        let same = again.at == first.at;
        if same {
            first.temperature_celsius = first.temperature_celsius.or(again.temperature_celsius);
            first.flow_m3_per_s = first.flow_m3_per_s.or(again.flow_m3_per_s);
        }
        same
    });
    points
}

fn remove_doubtful_temperatures(points: &mut [RiverPoint]) -> Vec<(Timestamp, Rejection)> {
    let known: Vec<(Timestamp, f64)> = points
        .iter()
        .filter_map(|point| Some((point.at, point.temperature_celsius?)))
        .collect();
    let mut marks = doubtful_temperatures(&known).into_iter();
    let mut left_out = Vec::new();
    for point in points {
        if point.temperature_celsius.is_some() && marks.next() == Some(true) {
            point.temperature_celsius = None;
            left_out.push((point.at, Rejection::Doubtful));
        }
    }
    left_out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(n: i64) -> Timestamp {
        Timestamp::from_second(1_783_000_000 + 600 * n).unwrap()
    }

    fn raw(n: i64, temperature: Option<f64>, flow: Option<f64>) -> RawPoint {
        RawPoint {
            at: at(n),
            temperature_celsius: temperature,
            flow_m3_per_s: flow,
        }
    }

    fn screen(points: Vec<RawPoint>) -> ScreenedSeries {
        ScreenedSeries::new(Place::find("bern").unwrap(), points, Some(at(100)))
    }

    #[test]
    fn implausible_doubtful_and_future_values_are_left_out_and_counted() {
        let mut points: Vec<_> = (0..40).map(|n| raw(n, Some(19.5), Some(150.0))).collect();
        points[3] = raw(3, Some(-999.0), Some(0.0));
        points[7] = raw(7, Some(85.0), Some(150.0));
        points[9] = raw(9, Some(26.0), Some(150.0));
        points.push(raw(200, Some(19.5), Some(150.0)));
        let series = screen(points);
        let values = series
            .points
            .iter()
            .filter_map(|point| point.temperature_celsius);
        assert_eq!(values.clone().count(), 37);
        assert!(values.into_iter().all(|celsius| celsius == 19.5));
        assert_eq!(series.points[3].flow_m3_per_s, None);
        let left_out = series.left_out();
        assert_eq!(
            (
                left_out.implausible,
                left_out.doubtful,
                left_out.future_dated
            ),
            (3, 1, 1)
        );
        assert_eq!(left_out.total(), 5);
    }

    #[test]
    fn recording_has_no_future() {
        let place = Place::find("bern").unwrap();
        let series = ScreenedSeries::new(place, [raw(200, Some(19.5), None)], None);
        assert_eq!(series.points.len(), 1);
    }

    #[test]
    fn only_what_is_left_out_in_the_span_is_counted() {
        let points = (0..10).map(|n| raw(n, Some(if n < 2 { 85.0 } else { 19.5 }), None));
        let mut series = screen(points.collect());
        series.retain(|time| time >= at(1));
        assert_eq!(series.left_out().implausible, 1);
        assert_eq!(series.points.len(), 9);
    }

    #[test]
    fn points_are_put_in_order_and_those_of_one_time_become_one() {
        let (warm, flowing) = (raw(1, Some(12.0), None), raw(1, None, Some(90.0)));
        let series = screen(vec![raw(2, Some(13.0), None), flowing, warm]);
        assert_eq!(series.points.len(), 2);
        assert_eq!(series.points[0].temperature_celsius, Some(12.0));
        assert_eq!(series.points[0].flow_m3_per_s, Some(90.0));
    }
}
