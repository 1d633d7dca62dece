//! The GraphQL types of flood levels and of the verdict for swimmers.

use aareguru::{Advice, FloodLevel, advice};
use answers::flow_danger_level::round_to_hundredths;
use async_graphql::{Enum, SimpleObject};

use super::{
    reading::{FlowType, WaterTemperatureType},
    scalars::DateTime,
    sources::{SourceType, StatementType, UpstreamTroubleType},
};

objects! {
    #![derive(Debug, SimpleObject)]

    /// The flow at a place with its flood level, and the verdict for swimmers. Never a permission
    /// to swim.
    struct DangerType("Danger") from(danger: &aareguru::Danger) {
        let (place, now) = (danger.place, danger.asked_at);
        let (advice, level) = (&danger.advice, danger.level);
        /// The flow.
        flow: FlowType = FlowType::new(place, &danger.flow, now),
        /// BAFU's flood danger level, 1 to 5. Null means unknown, not level 1. Level 1 is not a
        /// permission to swim.
        flood_level: Option<u8> = level.map(FloodLevel::number),
        /// BAFU's name of the level in English; null if `floodLevel` is null.
        flood_level_name: Option<&'static str> = level.map(FloodLevel::name),
        /// What the level means for people near the river; null if `floodLevel` is null.
        flood_level_meaning: Option<&'static str> = level.map(FloodLevel::meaning),
        /// Why `floodLevel` is null; otherwise null.
        flood_level_unknown_because: Option<&'static str> = match (level, place.flood_thresholds()) {
            (Some(_), _) => None,
            (None, None) => Some("BAFU has no flood levels for this place"),
            (None, Some(_)) => Some(
                "it cannot be read, or the flow is not known, doubtful or not current; see `reasons`",
            ),
        },
        /// The next higher flood level; null at level 5 or without a current flow.
        next_level: Option<NextLevelType> = danger.next.map(NextLevelType::new),
        /// The change of the flow in the last three hours. The direction is UNKNOWN without enough
        /// data.
        trend: TrendType = TrendType::new(danger.trend),
        /// The verdict for swimmers. No verdict is a permission to swim.
        verdict: VerdictType = advice.verdict.into(),
        /// The verdict in one line of English, with place and time.
        headline: String = advice.headline(),
        /// The reasons for the verdict, most important first, each with its sources. Never empty.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        reasons: Vec<StatementType> = advice.reasons.iter().map(StatementType::new).collect(),
        /// The water temperature, which the verdict also uses.
        water: WaterTemperatureType = WaterTemperatureType::new(place, &danger.water, now),
        /// The limits that the verdict compares with.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        limits: Vec<LimitType> = advice.limits.iter().map(LimitType::new).collect(),
        /// Further information that does not affect the verdict.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        remarks: Vec<StatementType> = advice.remarks.iter().map(StatementType::new).collect(),
        /// What these numbers do not show. Show it with the verdict.
        boundary: &'static str = Advice::BOUNDARY,
        /// The time for which the verdict holds: when the flow was measured. Null without a flow.
        as_of: Option<DateTime> = advice.as_of.map(DateTime),
        /// Set when the upstream API failed and this answer is an older one from the cache;
        /// otherwise null.
        upstream_trouble: Option<UpstreamTroubleType> =
            danger.upstream_trouble.as_ref().map(UpstreamTroubleType::new),
    }

    /// The next higher flood level.
    struct NextLevelType("NextLevel") from(next: aareguru::NextLevel) {
        /// The level, 2 to 5.
        level: u8 = next.level.number(),
        /// The flow at which the level begins, in cubic metres per second.
        from_m3_per_s: f64 = next.from_m3_per_s,
        /// The difference to the current flow, in cubic metres per second.
        missing_m3_per_s: f64 = round_to_hundredths(next.missing_m3_per_s),
    }

    /// A limit that the verdict compares with.
    struct LimitType("Limit") from(limit: &advice::Limit) {
        /// The value at which the limit is reached: a flow or rise at or above it, a water
        /// temperature at or below it.
        value: f64 = limit.value,
        /// The unit of the value: m³/s, m³/s in an hour, or °C.
        unit: &'static str = limit.quantity.unit(),
        /// The verdict when the limit is reached.
        verdict: VerdictType = limit.verdict.into(),
        /// The statement of the source, in English.
        text: String = limit.text.clone(),
        /// The sources of the limit. Never empty.
        sources: Vec<SourceType> = limit.sources.iter().copied().map(SourceType::new).collect(),
    }

    /// The change of the flow.
    struct TrendType("Trend") from(trend: Option<aareguru::Trend>) {
        let known = trend
            .filter(|trend| trend.direction != aareguru::Direction::Unknown)
            .and_then(|trend| Some((trend.direction, trend.per_hour?)));
        /// The direction of the change.
        direction: DirectionType =
            known.map_or(DirectionType::Unknown, |(direction, _)| direction.into()),
        /// The change per hour in cubic metres per second; negative if the flow falls, null if the
        /// direction is UNKNOWN.
        m3_per_s_per_hour: Option<f64> = known.map(|(_, per_hour)| round_to_hundredths(per_hour)),
    }

    /// One of BAFU's five flood danger levels. They describe floods and the land near the river,
    /// not swimming.
    struct FloodLevelMeaningType("FloodLevelMeaning") from(flood_level: FloodLevel) {
        /// The level, 1 to 5.
        level: u8 = flood_level.number(),
        /// BAFU's name of the level in English.
        name: &'static str = flood_level.name(),
        /// BAFU's name of the level in German.
        german_name: &'static str = flood_level.german_name(),
        /// What the level means for people near the river.
        meaning: &'static str = flood_level.meaning(),
        /// The source of the level.
        source: SourceType = SourceType::new(FloodLevel::source()),
    }
}

/// A verdict for swimmers. No verdict is a permission to swim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::Verdict", name = "Verdict")]
pub(super) enum VerdictType {
    /// Local experts or the flood level warn against swimming.
    DoNotSwim,
    /// Swimming requires special care.
    Caution,
    /// The flow is known, and no known limit is reached. This is not a permission to swim.
    NoKnownWarning,
    /// Data that a verdict requires is missing.
    Unknown,
}

/// The direction in which a value changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::Direction", name = "Direction")]
pub(super) enum DirectionType {
    /// The value rises.
    Rising,
    /// The value falls.
    Falling,
    /// The change is smaller than the noise of the readings.
    Steady,
    /// There is not enough data.
    Unknown,
}
