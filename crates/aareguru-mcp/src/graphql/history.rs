//! What was measured at a place over a span of time, with statistics.

use aareguru::{RiverHistory, series::thinned};
use async_graphql::{Enum, Object, Result, SimpleObject};

use super::{
    scalars::{Date, DateTime},
    sources::UpstreamTrouble,
    trouble,
};
use crate::mcp::tools::historical_data::{
    MAX_POINTS,
    numbers::{At, DayRow, FlowNumbers, Numbers, OfDay, TemperatureNumbers},
    summary,
};

/// Fewer points cannot hold first, last and the extremes.
const MIN_POINTS: usize = 7;

/// A history as the schema has it.
#[derive(Debug)]
pub(super) struct History(pub(super) RiverHistory);

/// What was measured at a place over a span of time.
#[Object]
impl History {
    /// Where the span starts.
    async fn start(&self) -> DateTime {
        self.0.span.start().into()
    }

    /// Where the span ends.
    async fn end(&self) -> DateTime {
        self.0.span.end().into()
    }

    /// Which data these are.
    async fn source(&self) -> HistorySource {
        self.0.source.into()
    }

    /// The day of the recording, if this is one and not the live river; else
    /// null.
    async fn recorded_on(&self) -> Option<Date> {
        self.0.recorded_on.map(Date::from)
    }

    /// What to know about these data; to be told to whoever reads them.
    async fn notes(&self) -> Vec<String> {
        summary::notes(&self.0)
    }

    /// How many readings there are in the span; the statistics are of all.
    async fn readings(&self) -> usize {
        self.0.points.len()
    }

    /// How many values are implausible, doubtful or dated in the future, and
    /// therefore in no reading and no statistic.
    async fn values_left_out(&self) -> usize {
        self.0.left_out.total()
    }

    /// Statistics of the water temperature in degrees Celsius.
    async fn temperature(&self) -> TemperatureStatistics {
        TemperatureNumbers::of(&self.0.points).into()
    }

    /// Statistics of the flow in cubic metres per second.
    async fn flow(&self) -> Statistics {
        FlowNumbers::of(&self.0.points).numbers.into()
    }

    /// Day by day, in Swiss local time.
    #[graphql(complexity = "1 + 31 * child_complexity")]
    async fn days(&self) -> Vec<Day> {
        DayRow::all_of(&self.0.points)
            .into_iter()
            .map(Day::from)
            .collect()
    }

    /// The readings, oldest first. If there are more than `max`, every n-th,
    /// the first and last, and those with the lowest and highest temperature
    /// and flow; each is a reading as it is, none is a mean. Null with an error
    /// if `max` cannot be.
    #[graphql(complexity = "1 + usize::try_from(max).unwrap_or_default() * child_complexity")]
    async fn points(
        &self,
        #[graphql(default = 500, desc = "How many at most, 7 to 500.")] max: i32,
    ) -> Option<Result<Vec<Point>>> {
        let max = usize::try_from(max).unwrap_or_default();
        if !(MIN_POINTS..=MAX_POINTS).contains(&max) {
            let text = format!("`max` is a number from {MIN_POINTS} to {MAX_POINTS}, not {max}");
            return Some(Err(trouble::bad_input("max", text)));
        }
        let (points, _) = thinned(&self.0.points, max);
        let point = |point: &aareguru::series::RiverPoint| Point {
            at: point.at.into(),
            celsius: point.temperature_celsius,
            m3_per_s: point.flow_m3_per_s,
        };
        Some(Ok(points.iter().map(point).collect()))
    }

    /// That the API ails and this is an earlier answer; null if it is new.
    async fn upstream_trouble(&self) -> Option<UpstreamTrouble> {
        UpstreamTrouble::new(self.0.upstream_trouble.as_ref())
    }
}

/// Where a history comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::HistorySource")]
pub(super) enum HistorySource {
    /// The last two days in the Aareguru API.
    Current,
    /// The hydro API of existenz.ch: BAFU's gauges, 32 days back.
    Hydro,
    /// The history of the Aareguru API, whose form is not documented.
    History,
}

/// One reading of a history.
#[derive(Debug, SimpleObject)]
pub(super) struct Point {
    /// When it was measured.
    at: DateTime,
    /// Water temperature in degrees Celsius; null if it was not measured.
    celsius: Option<f64>,
    /// Flow in cubic metres per second; null if it was not measured.
    m3_per_s: Option<f64>,
}

/// Statistics of the water temperature in degrees Celsius.
#[derive(Debug, SimpleObject)]
pub(super) struct TemperatureStatistics {
    #[graphql(flatten)]
    statistics: Statistics,
    /// The share of readings at or above 18 degrees Celsius, from 0 to 1; null
    /// without a reading.
    share_from18_celsius: Option<f64>,
    /// The share of readings at or above 20 degrees Celsius, from 0 to 1; null
    /// without a reading.
    share_from20_celsius: Option<f64>,
}

/// Statistics of one quantity, in its unit: degrees Celsius of a temperature,
/// cubic metres per second of a flow. Null is unknown.
#[derive(Debug, SimpleObject)]
pub(super) struct Statistics {
    /// How many readings have a value.
    count: usize,
    /// How many readings have none.
    missing: usize,
    /// The lowest value, and when it was measured first; null without a value.
    min: Option<Extreme>,
    /// The highest value, and when it was measured first; null without a value.
    max: Option<Extreme>,
    /// The mean of the readings, in the unit of the quantity; null without a
    /// value.
    mean: Option<f64>,
    /// The median, in the unit of the quantity; null without a value.
    median: Option<f64>,
    /// The tenth percentile, in the unit of the quantity; null without a value.
    p10: Option<f64>,
    /// The ninetieth percentile, in the unit of the quantity; null without a
    /// value.
    p90: Option<f64>,
    /// Change in a day along the line of least squares, in the unit of the
    /// quantity; null for less than 12 hours.
    trend_per_day: Option<f64>,
    /// How many times there was no value for more than an hour and more than
    /// twice the usual step.
    gap_count: usize,
    /// The longest of these times, at most 20, oldest first.
    #[graphql(complexity = "1 + 20 * child_complexity")]
    gaps: Vec<Gap>,
}

/// A value and its time.
#[derive(Debug, SimpleObject)]
pub(super) struct Extreme {
    /// The value, in the unit of the quantity.
    value: f64,
    /// When it was measured; null only of a time that no calendar has.
    at: Option<DateTime>,
}

/// A time without a value.
#[derive(Debug, SimpleObject)]
pub(super) struct Gap {
    /// The last value before it.
    from: Option<DateTime>,
    /// The first value after it.
    until: Option<DateTime>,
}

/// One day from midnight to midnight in Swiss local time, as far as the span
/// has it.
#[derive(Debug, SimpleObject)]
pub(super) struct Day {
    /// The day; null only of a day that no calendar has.
    date: Option<Date>,
    /// Water temperature in degrees Celsius; null if it was not measured.
    temperature: Option<DayStatistics>,
    /// Flow in cubic metres per second; null if it was not measured.
    flow: Option<DayStatistics>,
}

/// One quantity on one day, in its unit.
#[derive(Debug, SimpleObject)]
pub(super) struct DayStatistics {
    /// How many readings have a value.
    count: usize,
    /// The lowest value, in the unit of the quantity.
    min: f64,
    /// The mean of the readings, in the unit of the quantity.
    mean: f64,
    /// The highest value, in the unit of the quantity.
    max: f64,
}

impl From<TemperatureNumbers> for TemperatureStatistics {
    fn from(numbers: TemperatureNumbers) -> Self {
        Self {
            statistics: numbers.numbers.into(),
            share_from18_celsius: numbers.share_from_18_celsius,
            share_from20_celsius: numbers.share_from_20_celsius,
        }
    }
}

impl From<Numbers> for Statistics {
    fn from(numbers: Numbers) -> Self {
        let gaps = numbers.gaps.iter().map(|gap| Gap {
            from: DateTime::from_seconds(gap.from),
            until: DateTime::from_seconds(gap.until),
        });
        Self {
            count: numbers.count,
            missing: numbers.missing,
            min: numbers.min.map(Extreme::from),
            max: numbers.max.map(Extreme::from),
            mean: numbers.mean,
            median: numbers.median,
            p10: numbers.p10,
            p90: numbers.p90,
            trend_per_day: numbers.trend_per_day,
            gap_count: numbers.gap_count,
            gaps: gaps.collect(),
        }
    }
}

impl From<At> for Extreme {
    fn from(at: At) -> Self {
        Self {
            value: at.value,
            at: DateTime::from_seconds(at.time),
        }
    }
}

impl From<DayRow> for Day {
    fn from(row: DayRow) -> Self {
        Self {
            date: row.date.parse().ok().map(Date),
            temperature: row.temperature_celsius.map(DayStatistics::from),
            flow: row.flow_m3_per_s.map(DayStatistics::from),
        }
    }
}

impl From<OfDay> for DayStatistics {
    fn from(day: OfDay) -> Self {
        Self {
            count: day.count,
            min: day.min,
            mean: day.mean,
            max: day.max,
        }
    }
}
