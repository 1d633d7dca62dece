//! What the flow at a place means, and what may be said to a swimmer.

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

    /// What the flow at a place means. It never says that one may swim.
    struct DangerType("Danger") from(danger: &aareguru::Danger) {
        let (place, now) = (danger.place, danger.asked_at);
        let (advice, level) = (&danger.advice, danger.level);
        /// The flow that it is about.
        flow: FlowType = FlowType::new(place, &danger.flow, now),
        /// BAFU's flood danger level, 1 to 5. Null if it is not known, which is
        /// not level 1; level 1 is not a permission to swim.
        flood_level: Option<u8> = level.map(FloodLevel::number),
        /// BAFU's name of the danger in English; null with `floodLevel`.
        flood_level_name: Option<&'static str> = level.map(FloodLevel::name),
        /// What the level means for somebody by the river; null with `floodLevel`.
        flood_level_meaning: Option<&'static str> = level.map(FloodLevel::meaning),
        /// Why there is no `floodLevel`; null if there is one.
        flood_level_unknown_because: Option<&'static str> = match (level, place.flood_thresholds()) {
            (Some(_), _) => None,
            (None, None) => Some("BAFU has no flood levels for this place"),
            (None, Some(_)) => Some(
                "it cannot be read, or the flow is not known, doubtful or not current; see `reasons`",
            ),
        },
        /// The next flood level above; null in level 5 or without a current flow.
        next_level: Option<NextLevelType> = danger.next.map(NextLevelType::new),
        /// How the flow has changed in the last three hours; its direction is
        /// UNKNOWN if too little is known.
        trend: TrendType = TrendType::new(danger.trend),
        /// What is said to a swimmer; none of the verdicts is a permission.
        verdict: VerdictType = advice.verdict.into(),
        /// The verdict as one line with its place and time, in English.
        headline: String = advice.headline(),
        /// The grounds of the verdict, the weightiest first, each with who says
        /// so; never empty.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        reasons: Vec<StatementType> = advice.reasons.iter().map(StatementType::new).collect(),
        /// The water temperature, which the verdict uses too.
        water: WaterTemperatureType = WaterTemperatureType::new(place, &danger.water, now),
        /// Each limit that the verdict compares with.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        limits: Vec<LimitType> = advice.limits.iter().map(LimitType::new).collect(),
        /// What else is worth knowing; it does not affect the verdict.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        remarks: Vec<StatementType> = advice.remarks.iter().map(StatementType::new).collect(),
        /// What these numbers do not show; show it with the verdict.
        boundary: &'static str = Advice::BOUNDARY,
        /// The time that the verdict speaks of: when the flow was measured. Null
        /// without a flow.
        as_of: Option<DateTime> = advice.as_of.map(DateTime),
        /// Set when the API failed and this answer is an earlier one; otherwise null.
        upstream_trouble: Option<UpstreamTroubleType> =
            danger.upstream_trouble.as_ref().map(UpstreamTroubleType::new),
    }

    /// The next flood level above the flow.
    struct NextLevelType("NextLevel") from(next: aareguru::NextLevel) {
        /// The level, 2 to 5.
        level: u8 = next.level.number(),
        /// The flow from which it holds, in cubic metres per second.
        from_m3_per_s: f64 = next.from_m3_per_s,
        /// By how much the flow has to rise until then, in cubic metres per second.
        missing_m3_per_s: f64 = round_to_hundredths(next.missing_m3_per_s),
    }

    /// A limit that the verdict compares with.
    struct LimitType("Limit") from(limit: &advice::Limit) {
        /// The value at which it is reached: a flow or its rise at or above it, a
        /// water temperature at or below it.
        value: f64 = limit.value,
        /// The unit of the value: m³/s, m³/s in an hour, or °C.
        unit: &'static str = limit.quantity.unit(),
        /// The verdict of a value that reaches it.
        verdict: VerdictType = limit.verdict.into(),
        /// What it says, in English.
        text: String = limit.text.clone(),
        /// Who says so; never empty.
        sources: Vec<SourceType> = limit.sources.iter().copied().map(SourceType::new).collect(),
    }

    /// How the flow changes.
    struct TrendType("Trend") from(trend: Option<aareguru::Trend>) {
        let known = trend
            .filter(|trend| trend.direction != aareguru::Direction::Unknown)
            .and_then(|trend| Some((trend.direction, trend.per_hour?)));
        /// Which way.
        direction: DirectionType = known.map_or(DirectionType::Unknown, |(way, _)| way.into()),
        /// Change in an hour, in cubic metres per second; negative if it falls.
        /// Null if the direction is UNKNOWN.
        m3_per_s_per_hour: Option<f64> = known.map(|(_, per_hour)| round_to_hundredths(per_hour)),
    }

    /// One of BAFU's five flood danger levels. They are about floods and the land
    /// beside the river, and say nothing of swimming.
    struct FloodLevelMeaningType("FloodLevelMeaning") from(flood_level: FloodLevel) {
        /// The level, 1 to 5.
        level: u8 = flood_level.number(),
        /// BAFU's name of the danger in English.
        name: &'static str = flood_level.name(),
        /// BAFU's name of the danger in German.
        german_name: &'static str = flood_level.german_name(),
        /// What it means for somebody by the river.
        meaning: &'static str = flood_level.meaning(),
        /// Who says so.
        source: SourceType = SourceType::new(FloodLevel::source()),
    }
}

/// What is said to a swimmer. None of them is a permission to swim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::Verdict", name = "Verdict")]
pub(super) enum VerdictType {
    /// Those who know the river, or its flood level, speak against it.
    DoNotSwim,
    /// Something speaks for special care.
    Caution,
    /// The flow is known and no known limit is reached. Not a permission.
    NoKnownWarning,
    /// What would be needed to say more is missing.
    Unknown,
}

/// Which way a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::Direction", name = "Direction")]
pub(super) enum DirectionType {
    /// It rises.
    Rising,
    /// It falls.
    Falling,
    /// It changes by less than the readings' own noise.
    Steady,
    /// Too little is known.
    Unknown,
}
