//! The GraphQL types of the readings of a place over a time span, with statistics.

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

/// Minimum number of points: fewer cannot contain the first, the last and the extremes.
const MIN_POINTS: usize = 7;

objects! {
    #![derive(Debug, SimpleObject)]

    /// The readings of a place over a time span, with statistics.
    #[graphql(complex)]
    struct HistoryType("History") from(history: RiverHistory) {
        /// The start of the span.
        start: DateTime = DateTime(history.span.start()),
        /// The end of the span.
        end: DateTime = DateTime(history.span.end()),
        /// The source of the data.
        source: HistorySourceType = history.source.into(),
        /// The day of the recording if this is recorded data; null for live data.
        recorded_on: Option<Date> = history.recorded_on.map(Date),
        /// Notes about the data. Show them to the user.
        notes: Vec<String> = collect_notes(&history),
        /// The number of readings in the span. The statistics include all of them.
        readings: usize = history.points.len(),
        /// The number of values left out of readings and statistics because they are implausible,
        /// doubtful or dated in the future.
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
    struct TemperatureStatisticsType("TemperatureStatistics") from(
        temperature: TemperatureStatistics,
    ) {
        #[graphql(flatten)]
        statistics: StatisticsType = StatisticsType::new(temperature.statistics),
        /// The share of readings at or above 18 degrees Celsius, from 0 to 1; null without
        /// readings.
        share_from18_celsius: Option<f64> = temperature.share_from_18_celsius,
        /// The share of readings at or above 20 degrees Celsius, from 0 to 1; null without
        /// readings.
        share_from20_celsius: Option<f64> = temperature.share_from_20_celsius,
    }

    /// Statistics of one quantity in its unit: degrees Celsius or cubic metres per second. Null
    /// means unknown.
    struct StatisticsType("Statistics") from(statistics: QuantityStatistics) {
        /// The number of readings with a value.
        count: usize = statistics.count,
        /// The number of readings without a value.
        missing: usize = statistics.missing,
        /// The lowest value, and the first time at which it was measured; null without values.
        min: Option<ExtremeType> = statistics.min.map(ExtremeType::new),
        /// The highest value, and the first time at which it was measured; null without values.
        max: Option<ExtremeType> = statistics.max.map(ExtremeType::new),
        /// The mean of the readings, in the unit of the quantity; null without values.
        mean: Option<f64> = statistics.mean,
        /// The median, in the unit of the quantity; null without values.
        median: Option<f64> = statistics.median,
        /// The tenth percentile, in the unit of the quantity; null without values.
        p10: Option<f64> = statistics.p10,
        /// The ninetieth percentile, in the unit of the quantity; null without values.
        p90: Option<f64> = statistics.p90,
        /// The slope of the least-squares line per day, in the unit of the quantity; null for spans
        /// under 12 hours.
        trend_per_day: Option<f64> = statistics.trend_per_day,
        /// The number of gaps: periods without a value that are longer than an hour and longer than
        /// twice the usual interval.
        gap_count: usize = statistics.gap_count,
        /// The longest gaps, at most 20, oldest first.
        #[graphql(complexity = "1 + 20 * child_complexity")]
        gaps: Vec<GapType> = statistics.gaps.iter().map(GapType::new).collect(),
    }

    /// A value with its time.
    struct ExtremeType("Extreme") from(extreme: TimedValue) {
        /// The value, in the unit of the quantity.
        value: f64 = extreme.value,
        /// When it was measured; null if the time is out of range.
        at: Option<DateTime> = DateTime::from_seconds(extreme.time),
    }

    /// A period without a value.
    struct GapType("Gap") from(gap: &DataGap) {
        /// The time of the last value before the gap.
        from: Option<DateTime> = DateTime::from_seconds(gap.from),
        /// The time of the first value after the gap.
        until: Option<DateTime> = DateTime::from_seconds(gap.until),
    }

    /// Statistics of one day, from midnight to midnight in Swiss local time, as far as it is within
    /// the span.
    struct DayType("Day") from(row: DayRow) {
        /// The date; null if it is out of range.
        date: Option<Date> = row.date.parse().ok().map(Date),
        /// Water temperature in degrees Celsius; null if it was not measured.
        temperature: Option<DayStatisticsType> =
            row.temperature_celsius.map(DayStatisticsType::new),
        /// Flow in cubic metres per second; null if it was not measured.
        flow: Option<DayStatisticsType> = row.flow_m3_per_s.map(DayStatisticsType::new),
    }

    /// Statistics of one quantity on one day, in its unit.
    struct DayStatisticsType("DayStatistics") from(day: DayStatistics) {
        /// The number of readings with a value.
        count: usize = day.count,
        /// The lowest value, in the unit of the quantity.
        min: f64 = day.min,
        /// The mean of the readings, in the unit of the quantity.
        mean: f64 = day.mean,
        /// The highest value, in the unit of the quantity.
        max: f64 = day.max,
    }
}

/// The fields that are expensive to compute.
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

    /// Daily statistics, in Swiss local time.
    #[graphql(complexity = "1 + 31 * child_complexity")]
    async fn days(&self) -> Vec<DayType> {
        let rows = DayRow::all_of(&self.history.points);
        rows.into_iter().map(DayType::new).collect()
    }

    /// The readings, oldest first. If there are more than `max`, this is every n-th reading, plus
    /// the first, the last, and those with the lowest and highest temperature and flow. Readings
    /// are not averaged. Null with an error if `max` is out of range.
    #[graphql(complexity = "1 + usize::try_from(max).unwrap_or_default() * child_complexity")]
    async fn points(
        &self,
        #[graphql(default = 500, desc = "The maximum number of readings, 7 to 500.")] max: i32,
    ) -> Option<Result<Vec<PointType>>> {
        let max = usize::try_from(max).unwrap_or_default();
        if !(MIN_POINTS..=MAX_POINTS).contains(&max) {
            let text =
                format!("`max` must be a number from {MIN_POINTS} to {MAX_POINTS}, not {max}");
            return Some(Err(error::bad_input("max", text)));
        }
        let (points, _) = thinned(&self.history.points, max);
        Some(Ok(points.iter().map(PointType::new).collect()))
    }

    /// Set when the upstream API failed and this answer is an older one from the cache; otherwise
    /// null.
    async fn upstream_trouble(&self) -> Option<UpstreamTroubleType> {
        let trouble = self.history.upstream_trouble.as_ref();
        trouble.map(UpstreamTroubleType::new)
    }
}

/// The source of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::HistorySource", name = "HistorySource")]
pub(super) enum HistorySourceType {
    /// The last two days in the Aareguru API.
    Current,
    /// The hydro API of existenz.ch: BAFU's gauges, 32 days back.
    Hydro,
    /// The history of the Aareguru API, whose format is not documented.
    History,
}
