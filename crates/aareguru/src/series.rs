//! Measurements over a time span, their screening and their statistics.

use jiff::Timestamp;

mod day;
mod screening;
mod statistics;
mod thinning;

pub use day::Day;
pub use screening::LeftOut;
pub(crate) use screening::{RawPoint, ScreenedSeries};
pub use statistics::{Extreme, Gap, Statistics, share_at_or_above};
pub use thinning::thinned;

/// The measurements at one time. A value that is missing, implausible or doubtful is `None`, never
/// zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiverPoint {
    /// When it was measured.
    pub at: Timestamp,
    /// Water temperature in °C.
    pub temperature_celsius: Option<f64>,
    /// Flow in m³/s.
    pub flow_m3_per_s: Option<f64>,
}

/// Returns the temperatures of the points, with their times.
pub fn temperatures(points: &[RiverPoint]) -> Vec<(Timestamp, Option<f64>)> {
    let pair = |point: &RiverPoint| (point.at, point.temperature_celsius);
    points.iter().map(pair).collect()
}

/// Returns the flows of the points, with their times.
pub fn flows(points: &[RiverPoint]) -> Vec<(Timestamp, Option<f64>)> {
    let pair = |point: &RiverPoint| (point.at, point.flow_m3_per_s);
    points.iter().map(pair).collect()
}
