//! Statistics of a series of readings, as structured content.

use std::collections::BTreeMap;

use aareguru::series::{
    Day, Extreme, Gap, RiverPoint, Statistics, flows, share_at_or_above, temperatures,
};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

/// Maximum number of gaps listed; the longest are kept.
const MAX_GAPS: usize = 20;

/// Statistics of one quantity over the span, from all readings.
#[derive(Debug, Serialize, JsonSchema)]
pub struct QuantityStatistics {
    /// The number of readings with a value.
    pub count: usize,
    /// The number of readings without a value.
    pub missing: usize,
    /// The lowest value, and the first time at which it was measured.
    pub min: Option<TimedValue>,
    /// The highest value, and the first time at which it was measured.
    pub max: Option<TimedValue>,
    /// The mean of the readings.
    pub mean: Option<f64>,
    /// The median.
    pub median: Option<f64>,
    /// The tenth percentile.
    pub p10: Option<f64>,
    /// The ninetieth percentile.
    pub p90: Option<f64>,
    /// The slope of the least-squares line per day; null for spans under 12 hours. Over one or two
    /// days, the time of day affects it more than the trend.
    pub trend_per_day: Option<f64>,
    /// The number of gaps: periods without a value that are longer than an hour and longer than
    /// twice the usual interval.
    pub gap_count: usize,
    /// The longest gaps, at most 20, oldest first.
    pub gaps: Vec<DataGap>,
}

/// Statistics of the water temperature over the span.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TemperatureStatistics {
    #[serde(flatten)]
    pub statistics: QuantityStatistics,
    /// The share of readings at or above 18 °C, from 0 to 1; null without readings.
    pub share_from_18_celsius: Option<f64>,
    /// The share of readings at or above 20 °C, from 0 to 1; null without readings.
    pub share_from_20_celsius: Option<f64>,
}

/// Statistics of the flow over the span.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FlowStatistics {
    #[serde(flatten)]
    pub statistics: QuantityStatistics,
}

/// A value with its time.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct TimedValue {
    /// The value.
    pub value: f64,
    /// When it was measured, in Unix seconds.
    pub time: i64,
}

/// A period without a value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DataGap {
    /// The time of the last value before the gap, in Unix seconds.
    pub from: i64,
    /// The time of the first value after the gap, in Unix seconds.
    pub until: i64,
}

/// Statistics of one day, from midnight to midnight in Swiss local time, as far as it is within the
/// span.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct DayRow {
    /// The day.
    pub date: String,
    /// Water temperature in degrees Celsius; null if it was not measured.
    pub temperature_celsius: Option<DayStatistics>,
    /// Flow in cubic metres per second; null if it was not measured.
    pub flow_m3_per_s: Option<DayStatistics>,
}

/// Statistics of one quantity on one day.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct DayStatistics {
    /// The number of readings with a value.
    pub count: usize,
    /// The lowest value.
    pub min: f64,
    /// The mean of the readings.
    pub mean: f64,
    /// The highest value.
    pub max: f64,
}

impl TemperatureStatistics {
    pub fn of(points: &[RiverPoint]) -> Self {
        let series = temperatures(points);
        let share = |limit| share_at_or_above(&series, limit).map(round_to_thousandths);
        Self {
            statistics: QuantityStatistics::from(Statistics::of(&series)),
            share_from_18_celsius: share(18.0),
            share_from_20_celsius: share(20.0),
        }
    }
}

impl FlowStatistics {
    pub fn of(points: &[RiverPoint]) -> Self {
        Self {
            statistics: QuantityStatistics::from(Statistics::of(&flows(points))),
        }
    }
}

impl From<Statistics> for QuantityStatistics {
    fn from(statistics: Statistics) -> Self {
        Self {
            count: statistics.count,
            missing: statistics.missing,
            min: statistics.min.map(TimedValue::from),
            max: statistics.max.map(TimedValue::from),
            mean: statistics.mean.map(round_to_thousandths),
            median: statistics.median.map(round_to_thousandths),
            p10: statistics.p10.map(round_to_thousandths),
            p90: statistics.p90.map(round_to_thousandths),
            trend_per_day: statistics.trend_per_day.map(round_to_thousandths),
            gap_count: statistics.gaps.len(),
            gaps: longest_gaps(statistics.gaps),
        }
    }
}

impl From<Extreme> for TimedValue {
    fn from(extreme: Extreme) -> Self {
        Self {
            value: extreme.value,
            time: extreme.at.as_second(),
        }
    }
}

impl DayRow {
    pub fn all_of(points: &[RiverPoint]) -> Vec<Self> {
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

impl From<Day> for DayStatistics {
    fn from(day: Day) -> Self {
        Self {
            count: day.count,
            min: day.min,
            mean: round_to_thousandths(day.mean),
            max: day.max,
        }
    }
}

fn longest_gaps(mut gaps: Vec<Gap>) -> Vec<DataGap> {
    gaps.sort_by_key(|gap| gap.from.duration_since(gap.until));
    gaps.truncate(MAX_GAPS);
    gaps.sort_by_key(|gap| gap.from);
    let gaps = gaps.iter().map(|gap| DataGap {
        from: gap.from.as_second(),
        until: gap.until.as_second(),
    });
    gaps.collect()
}

/// Rounds to one digit more than is measured.
fn round_to_thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
