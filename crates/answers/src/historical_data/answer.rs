//! The structured answer, with at most [`MAX_POINTS`] readings.

use aareguru::{
    HistorySource, RiverHistory,
    series::{RiverPoint, thinned},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    notes::collect_notes,
    statistics::{DayRow, FlowStatistics, TemperatureStatistics},
};
use crate::provenance::{PlaceNames, Provenance};

/// Maximum number of points; longer series are thinned.
pub const MAX_POINTS: usize = 500;

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HistoricalDataAnswer {
    #[serde(flatten)]
    pub place: PlaceNames,
    /// The start of the span in Unix seconds.
    pub start: i64,
    /// The end of the span in Unix seconds.
    pub end: i64,
    /// The source of the data.
    pub source: HistorySource,
    /// The day of the recording if this is recorded data; null for live data.
    pub recorded_on: Option<String>,
    /// Notes about the data. Show them to the user.
    pub notes: Vec<String>,
    /// The number of readings in the span. The statistics include all of them.
    pub readings: usize,
    /// The number of values left out of readings and statistics because they are implausible,
    /// doubtful or dated in the future.
    pub values_left_out: usize,
    /// How the points were thinned; null if they are complete.
    pub thinning: Option<String>,
    /// The water temperature in degrees Celsius.
    pub temperature: TemperatureStatistics,
    /// The flow in cubic metres per second.
    pub flow: FlowStatistics,
    /// Daily statistics, in Swiss local time.
    pub days: Vec<DayRow>,
    /// The readings, oldest first.
    pub points: Vec<Point>,
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// One reading.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Point {
    /// When it was measured, in Unix seconds.
    pub time: i64,
    /// Water temperature in degrees Celsius; null if it was not measured.
    pub temperature_celsius: Option<f64>,
    /// Flow in cubic metres per second; null if it was not measured.
    pub flow_m3_per_s: Option<f64>,
}

impl HistoricalDataAnswer {
    pub fn new(history: &RiverHistory) -> Self {
        let place = history.place;
        let (points, step) = thinned(&history.points, MAX_POINTS);
        Self {
            place: PlaceNames::new(place),
            start: history.span.start().as_second(),
            end: history.span.end().as_second(),
            source: history.source,
            recorded_on: history.recorded_on.map(|day| day.to_string()),
            notes: collect_notes(history),
            readings: history.points.len(),
            values_left_out: history.left_out.total(),
            thinning: (step > 1).then(|| {
                format!(
                    "one reading in {step}, the first and last, and the lowest and highest of each \
                 quantity"
                )
            }),
            temperature: TemperatureStatistics::of(&history.points),
            flow: FlowStatistics::of(&history.points),
            days: DayRow::all_of(&history.points),
            points: points.iter().map(Point::from).collect(),
            provenance: Provenance::new(history.upstream_trouble.as_ref()),
        }
    }
}

impl From<&RiverPoint> for Point {
    fn from(point: &RiverPoint) -> Self {
        Self {
            time: point.at.as_second(),
            temperature_celsius: point.temperature_celsius,
            flow_m3_per_s: point.flow_m3_per_s,
        }
    }
}
