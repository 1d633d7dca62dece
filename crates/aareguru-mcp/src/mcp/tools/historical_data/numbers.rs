//! The statistics as structured content.

use std::collections::BTreeMap;

use aareguru::series::{
    Day, Extreme, Gap, RiverPoint, Statistics, flows, share_at_or_above, temperatures,
};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

/// Only the longest gaps are listed.
const MAX_GAPS: usize = 20;

/// One quantity over the span, from all readings.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Numbers {
    /// How many readings have a value.
    pub(crate) count: usize,
    /// How many readings have none.
    pub(crate) missing: usize,
    /// The lowest value and when it was measured first.
    pub(crate) min: Option<At>,
    /// The highest value and when it was measured first.
    pub(crate) max: Option<At>,
    /// The mean of the readings.
    pub(crate) mean: Option<f64>,
    /// The median.
    pub(crate) median: Option<f64>,
    /// The tenth percentile.
    pub(crate) p10: Option<f64>,
    /// The ninetieth percentile.
    pub(crate) p90: Option<f64>,
    /// Change in a day along the line of least squares; null for less than 12
    /// hours. Over a day or two it tells more of the hour than of the days.
    pub(crate) trend_per_day: Option<f64>,
    /// How many times there was no value for more than an hour and more than
    /// twice the usual step.
    pub(crate) gap_count: usize,
    /// The longest of these times, at most 20, oldest first.
    pub(crate) gaps: Vec<Without>,
}

/// The water temperature over the span.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TemperatureNumbers {
    #[serde(flatten)]
    pub(crate) numbers: Numbers,
    /// The share of readings at or above 18 °C, from 0 to 1.
    pub(crate) share_from_18_celsius: Option<f64>,
    /// The share of readings at or above 20 °C, from 0 to 1.
    pub(crate) share_from_20_celsius: Option<f64>,
}

/// The flow over the span.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FlowNumbers {
    #[serde(flatten)]
    pub(crate) numbers: Numbers,
}

/// A value and its time.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct At {
    /// The value.
    pub(crate) value: f64,
    /// When it was measured, in Unix seconds.
    pub(crate) time: i64,
}

/// A time without a value, in Unix seconds.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Without {
    /// The last value before it.
    pub(crate) from: i64,
    /// The first value after it.
    pub(crate) until: i64,
}

/// One day from midnight to midnight in Swiss local time, as far as the span
/// has it.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct DayRow {
    /// The day.
    pub(crate) date: String,
    /// Water temperature in degrees Celsius; null if it was not measured.
    pub(crate) temperature_celsius: Option<OfDay>,
    /// Flow in cubic metres per second; null if it was not measured.
    pub(crate) flow_m3_per_s: Option<OfDay>,
}

/// One quantity on one day.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct OfDay {
    /// How many readings have a value.
    pub(crate) count: usize,
    /// The lowest value.
    pub(crate) min: f64,
    /// The mean of the readings.
    pub(crate) mean: f64,
    /// The highest value.
    pub(crate) max: f64,
}

impl TemperatureNumbers {
    pub(crate) fn of(points: &[RiverPoint]) -> Self {
        let series = temperatures(points);
        let share = |limit| share_at_or_above(&series, limit).map(rounded);
        Self {
            numbers: Numbers::from(Statistics::of(&series)),
            share_from_18_celsius: share(18.0),
            share_from_20_celsius: share(20.0),
        }
    }
}

impl FlowNumbers {
    pub(crate) fn of(points: &[RiverPoint]) -> Self {
        Self {
            numbers: Numbers::from(Statistics::of(&flows(points))),
        }
    }
}

impl From<Statistics> for Numbers {
    fn from(statistics: Statistics) -> Self {
        Self {
            count: statistics.count,
            missing: statistics.missing,
            min: statistics.min.map(At::from),
            max: statistics.max.map(At::from),
            mean: statistics.mean.map(rounded),
            median: statistics.median.map(rounded),
            p10: statistics.p10.map(rounded),
            p90: statistics.p90.map(rounded),
            trend_per_day: statistics.trend_per_day.map(rounded),
            gap_count: statistics.gaps.len(),
            gaps: longest(statistics.gaps),
        }
    }
}

impl From<Extreme> for At {
    fn from(extreme: Extreme) -> Self {
        Self {
            value: extreme.value,
            time: extreme.at.as_second(),
        }
    }
}

impl DayRow {
    pub(crate) fn all_of(points: &[RiverPoint]) -> Vec<Self> {
        let mut rows: BTreeMap<Date, Self> = BTreeMap::new();
        for day in Day::all_of(&temperatures(points)) {
            rows.entry(day.date).or_default().temperature_celsius = Some(day.into());
        }
        for day in Day::all_of(&flows(points)) {
            rows.entry(day.date).or_default().flow_m3_per_s = Some(day.into());
        }
        let dated = |(date, row): (Date, Self)| Self {
            date: date.to_string(),
            ..row
        };
        rows.into_iter().map(dated).collect()
    }
}

impl From<Day> for OfDay {
    fn from(day: Day) -> Self {
        Self {
            count: day.count,
            min: day.min,
            mean: rounded(day.mean),
            max: day.max,
        }
    }
}

fn longest(mut gaps: Vec<Gap>) -> Vec<Without> {
    gaps.sort_by_key(|gap| gap.from.duration_since(gap.until));
    gaps.truncate(MAX_GAPS);
    gaps.sort_by_key(|gap| gap.from);
    let without = gaps.iter().map(|gap| Without {
        from: gap.from.as_second(),
        until: gap.until.as_second(),
    });
    without.collect()
}

/// To the thousandth, one digit more than is measured.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
