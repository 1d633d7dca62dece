//! What was measured over a span of time, and what it says in numbers.

use jiff::Timestamp;

mod day;
mod statistics;
mod thinning;

pub use day::Day;
pub use statistics::{Extreme, Gap, Statistics, share_at_or_above};
pub use thinning::thinned;

/// What was measured at one time. What was not measured is `None`, never zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiverPoint {
    /// When it was measured.
    pub at: Timestamp,
    /// Water temperature in °C.
    pub temperature_celsius: Option<f64>,
    /// Flow in m³/s.
    pub flow_m3_per_s: Option<f64>,
}

impl RiverPoint {
    /// A point; a value that no river has is unknown.
    pub(crate) fn new(at: Timestamp, temperature: Option<f64>, flow: Option<f64>) -> Self {
        Self {
            at,
            temperature_celsius: temperature.filter(|celsius| celsius.is_finite()),
            flow_m3_per_s: flow.filter(|flow| crate::flood::is_flow(*flow)),
        }
    }
}

/// The points oldest first, those of the same time as one.
pub(crate) fn in_order(mut points: Vec<RiverPoint>) -> Vec<RiverPoint> {
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

/// The temperatures of the points, with their times.
pub fn temperatures(points: &[RiverPoint]) -> Vec<(Timestamp, Option<f64>)> {
    let pair = |point: &RiverPoint| (point.at, point.temperature_celsius);
    points.iter().map(pair).collect()
}

/// The flows of the points, with their times.
pub fn flows(points: &[RiverPoint]) -> Vec<(Timestamp, Option<f64>)> {
    let pair = |point: &RiverPoint| (point.at, point.flow_m3_per_s);
    points.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_one_time_become_one() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let points = vec![
            RiverPoint::new(at(600), Some(12.0), None),
            RiverPoint::new(at(0), None, Some(0.0)),
            RiverPoint::new(at(600), Some(13.0), Some(200.0)),
        ];
        assert_eq!(
            in_order(points),
            [
                RiverPoint::new(at(0), None, None),
                RiverPoint::new(at(600), Some(12.0), Some(200.0)),
            ]
        );
    }
}
