//! The structured answer.

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

/// More points than this are thinned.
pub const MAX_POINTS: usize = 500;

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HistoricalDataAnswer {
    #[serde(flatten)]
    pub place: PlaceNames,
    /// Where the span starts, in Unix seconds.
    pub start: i64,
    /// Where the span ends, in Unix seconds.
    pub end: i64,
    /// Which data these are.
    pub source: HistorySource,
    /// The day of the recording, if this is one and not the live river.
    pub recorded_on: Option<String>,
    /// What to know about these data; to be told to the user.
    pub notes: Vec<String>,
    /// How many readings there are in the span; the statistics are of all.
    pub readings: usize,
    /// How many values are implausible, doubtful or dated in the future, and
    /// therefore in no reading and no statistic.
    pub values_left_out: usize,
    /// How the points were thinned; null if they are all there are.
    pub thinning: Option<String>,
    /// The water temperature in degrees Celsius.
    pub temperature: TemperatureStatistics,
    /// The flow in cubic metres per second.
    pub flow: FlowStatistics,
    /// Day by day, in Swiss local time.
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
            format!("one reading in {step}, the first and last, and the lowest and highest of each quantity")
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
