//! What was measured at a place over a span of time, with statistics.

use aareguru::{
    RiverHistory,
    series::{RiverPoint, thinned},
};
use answers::historical_data::{
    MAX_POINTS, collect_notes,
    statistics::{
        DataGap, DayRow, DayStatistics, FlowStatistics, QuantityStatistics, TemperatureStatistics,
        TimedValue,
    },
};
use async_graphql::{ComplexObject, Enum, Result, SimpleObject};

use super::{
    error,
    scalars::{Date, DateTime},
    sources::UpstreamTroubleType,
};

/// Fewer points cannot hold first, last and the extremes.
const MIN_POINTS: usize = 7;

objects! {
    #![derive(Debug, SimpleObject)]

    /// What was measured at a place over a span of time.
    #[graphql(complex)]
    struct HistoryType("History") from(history: RiverHistory) {
        /// Where the span starts.
        start: DateTime = DateTime(history.span.start()),
        /// Where the span ends.
        end: DateTime = DateTime(history.span.end()),
        /// Which data these are.
        source: HistorySourceType = history.source.into(),
        /// The day of the recording, if this is one and not the live river; else
        /// null.
        recorded_on: Option<Date> = history.recorded_on.map(Date),
        /// Notes on these data; show them to the reader.
        notes: Vec<String> = collect_notes(&history),
        /// How many readings there are in the span; the statistics are of all.
        readings: usize = history.points.len(),
        /// How many values are implausible, doubtful or dated in the future, and
        /// therefore in no reading and no statistic.
        values_left_out: usize = history.left_out.total(),
        #[graphql(skip)]
        history: RiverHistory,
    }

    /// One reading of a history.
    struct PointType("Point") from(point: &RiverPoint) {
        /// When it was measured.
        at: DateTime = DateTime(point.at),
        /// Water temperature in degrees Celsius; null if it was not measured.
        celsius: Option<f64> = point.temperature_celsius,
        /// Flow in cubic metres per second; null if it was not measured.
        m3_per_s: Option<f64> = point.flow_m3_per_s,
    }

    /// Statistics of the water temperature in degrees Celsius.
    struct TemperatureStatisticsType("TemperatureStatistics") from(temperature: TemperatureStatistics) {
        #[graphql(flatten)]
        statistics: StatisticsType = StatisticsType::new(temperature.statistics),
        /// The share of readings at or above 18 degrees Celsius, from 0 to 1; null
        /// without a reading.
        share_from18_celsius: Option<f64> = temperature.share_from_18_celsius,
        /// The share of readings at or above 20 degrees Celsius, from 0 to 1; null
        /// without a reading.
        share_from20_celsius: Option<f64> = temperature.share_from_20_celsius,
    }

    /// Statistics of one quantity, in its unit: degrees Celsius of a temperature,
    /// cubic metres per second of a flow. Null is unknown.
    struct StatisticsType("Statistics") from(statistics: QuantityStatistics) {
        /// How many readings have a value.
        count: usize = statistics.count,
        /// How many readings have none.
        missing: usize = statistics.missing,
        /// The lowest value, and when it was measured first; null without a value.
        min: Option<ExtremeType> = statistics.min.map(ExtremeType::new),
        /// The highest value, and when it was measured first; null without a value.
        max: Option<ExtremeType> = statistics.max.map(ExtremeType::new),
        /// The mean of the readings, in the unit of the quantity; null without a
        /// value.
        mean: Option<f64> = statistics.mean,
        /// The median, in the unit of the quantity; null without a value.
        median: Option<f64> = statistics.median,
        /// The tenth percentile, in the unit of the quantity; null without a value.
        p10: Option<f64> = statistics.p10,
        /// The ninetieth percentile, in the unit of the quantity; null without a
        /// value.
        p90: Option<f64> = statistics.p90,
        /// Change in a day along the line of least squares, in the unit of the
        /// quantity; null for less than 12 hours.
        trend_per_day: Option<f64> = statistics.trend_per_day,
        /// How many times there was no value for more than an hour and more than
        /// twice the usual step.
        gap_count: usize = statistics.gap_count,
        /// The longest of these times, at most 20, oldest first.
        #[graphql(complexity = "1 + 20 * child_complexity")]
        gaps: Vec<GapType> = statistics.gaps.iter().map(GapType::new).collect(),
    }

    /// A value and its time.
    struct ExtremeType("Extreme") from(extreme: TimedValue) {
        /// The value, in the unit of the quantity.
        value: f64 = extreme.value,
        /// When it was measured; null only of a time that no calendar has.
        at: Option<DateTime> = DateTime::from_seconds(extreme.time),
    }

    /// A time without a value.
    struct GapType("Gap") from(gap: &DataGap) {
        /// The last value before it.
        from: Option<DateTime> = DateTime::from_seconds(gap.from),
        /// The first value after it.
        until: Option<DateTime> = DateTime::from_seconds(gap.until),
    }

    /// One day from midnight to midnight in Swiss local time, as far as the span
    /// has it.
    struct DayType("Day") from(row: DayRow) {
        /// The day; null only of a day that no calendar has.
        date: Option<Date> = row.date.parse().ok().map(Date),
        /// Water temperature in degrees Celsius; null if it was not measured.
        temperature: Option<DayStatisticsType> = row.temperature_celsius.map(DayStatisticsType::new),
        /// Flow in cubic metres per second; null if it was not measured.
        flow: Option<DayStatisticsType> = row.flow_m3_per_s.map(DayStatisticsType::new),
    }

    /// One quantity on one day, in its unit.
    struct DayStatisticsType("DayStatistics") from(day: DayStatistics) {
        /// How many readings have a value.
        count: usize = day.count,
        /// The lowest value, in the unit of the quantity.
        min: f64 = day.min,
        /// The mean of the readings, in the unit of the quantity.
        mean: f64 = day.mean,
        /// The highest value, in the unit of the quantity.
        max: f64 = day.max,
    }
}

/// What takes time to compute, and is not always selected.
#[ComplexObject]
impl HistoryType {
    /// Statistics of the water temperature in degrees Celsius.
    async fn temperature(&self) -> TemperatureStatisticsType {
        TemperatureStatisticsType::new(TemperatureStatistics::of(&self.history.points))
    }

    /// Statistics of the flow in cubic metres per second.
    async fn flow(&self) -> StatisticsType {
        StatisticsType::new(FlowStatistics::of(&self.history.points).statistics)
    }

    /// Day by day, in Swiss local time.
    #[graphql(complexity = "1 + 31 * child_complexity")]
    async fn days(&self) -> Vec<DayType> {
        let rows = DayRow::all_of(&self.history.points);
        rows.into_iter().map(DayType::new).collect()
    }

    /// The readings, oldest first. If there are more than `max`, every n-th,
    /// the first and last, and those with the lowest and highest temperature
    /// and flow; each is a reading as it is, none is a mean. Null with an error
    /// if `max` cannot be.
    #[graphql(complexity = "1 + usize::try_from(max).unwrap_or_default() * child_complexity")]
    async fn points(
        &self,
        #[graphql(default = 500, desc = "How many at most, 7 to 500.")] max: i32,
    ) -> Option<Result<Vec<PointType>>> {
        let max = usize::try_from(max).unwrap_or_default();
        if !(MIN_POINTS..=MAX_POINTS).contains(&max) {
            let text = format!("`max` is a number from {MIN_POINTS} to {MAX_POINTS}, not {max}");
            return Some(Err(error::bad_input("max", text)));
        }
        let (points, _) = thinned(&self.history.points, max);
        Some(Ok(points.iter().map(PointType::new).collect()))
    }

    /// Set when the API failed and this answer is an earlier one; otherwise null.
    async fn upstream_trouble(&self) -> Option<UpstreamTroubleType> {
        let trouble = self.history.upstream_trouble.as_ref();
        trouble.map(UpstreamTroubleType::new)
    }
}

/// Where a history comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::HistorySource", name = "HistorySource")]
pub(super) enum HistorySourceType {
    /// The last two days in the Aareguru API.
    Current,
    /// The hydro API of existenz.ch: BAFU's gauges, 32 days back.
    Hydro,
    /// The history of the Aareguru API, whose form is not documented.
    History,
}
