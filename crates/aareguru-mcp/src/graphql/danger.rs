//! What the flow at a place means, and what may be said to a swimmer.

use aareguru::{Advice, FloodLevel, NextLevel as Next, Trend as FlowTrend};
use async_graphql::{Enum, SimpleObject};

use super::{
    reading::{Flow, WaterTemperature},
    scalars::DateTime,
    sources::{Source, Statement, UpstreamTrouble},
};
use crate::mcp::tools::flow_danger_level::to_the_hundredth;

/// What the flow at a place means. It never says that one may swim.
#[derive(Debug, SimpleObject)]
pub(super) struct Danger {
    /// The flow that it is about.
    flow: Flow,
    /// BAFU's flood danger level, 1 to 5. Null if it is not known, which is
    /// not level 1; level 1 is not a permission to swim.
    flood_level: Option<i32>,
    /// BAFU's name of the danger in English; null with `floodLevel`.
    flood_level_name: Option<&'static str>,
    /// What the level means for somebody by the river; null with `floodLevel`.
    flood_level_meaning: Option<&'static str>,
    /// Why there is no `floodLevel`; null if there is one.
    flood_level_unknown_because: Option<&'static str>,
    /// The next flood level above; null in level 5 or without a current flow.
    next_level: Option<NextLevel>,
    /// How the flow has changed in the last three hours; its direction is
    /// UNKNOWN if too little is known.
    trend: Trend,
    /// What is said to a swimmer; none of the verdicts is a permission.
    verdict: Verdict,
    /// The verdict as one line with its place and time, in English.
    headline: String,
    /// The grounds of the verdict, the weightiest first, each with who says
    /// so; never empty.
    #[graphql(complexity = "1 + 4 * child_complexity")]
    reasons: Vec<Statement>,
    /// The water temperature, which the verdict uses too.
    water: WaterTemperature,
    /// Each limit that the verdict compares with.
    #[graphql(complexity = "1 + 8 * child_complexity")]
    limits: Vec<Limit>,
    /// What is worth knowing besides; decides nothing.
    #[graphql(complexity = "1 + 4 * child_complexity")]
    remarks: Vec<Statement>,
    /// What these numbers cannot tell; to be shown with the verdict.
    boundary: &'static str,
    /// The time that the verdict speaks of: when the flow was measured. Null
    /// without a flow.
    as_of: Option<DateTime>,
    /// That the API ails and this is an earlier answer; null if it is new.
    upstream_trouble: Option<UpstreamTrouble>,
}

/// The next flood level above the flow.
#[derive(Debug, SimpleObject)]
pub(super) struct NextLevel {
    /// The level, 2 to 5.
    level: i32,
    /// The flow from which it holds, in cubic metres per second.
    from_m3_per_s: f64,
    /// By how much the flow has to rise until then, in cubic metres per second.
    missing_m3_per_s: f64,
}

/// A limit that the verdict compares with.
#[derive(Debug, SimpleObject)]
pub(super) struct Limit {
    /// The value at which it is reached: a flow or its rise at or above it, a
    /// water temperature at or below it.
    value: f64,
    /// The unit of the value: m³/s, m³/s in an hour, or °C.
    unit: &'static str,
    /// The verdict of a value that reaches it.
    verdict: Verdict,
    /// What it says, in English.
    text: String,
    /// Who says so; never empty.
    sources: Vec<Source>,
}

/// How the flow changes.
#[derive(Debug, SimpleObject)]
pub(super) struct Trend {
    /// Which way.
    direction: Direction,
    /// Change in an hour, in cubic metres per second; negative if it falls.
    /// Null if the direction is UNKNOWN.
    m3_per_s_per_hour: Option<f64>,
}

/// What is said to a swimmer. None of them is a permission to swim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::Verdict")]
pub(super) enum Verdict {
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
#[graphql(remote = "aareguru::Direction")]
pub(super) enum Direction {
    /// It rises.
    Rising,
    /// It falls.
    Falling,
    /// It changes by less than the readings' own noise.
    Steady,
    /// Too little is known.
    Unknown,
}

/// One of BAFU's five flood danger levels. They are about floods and the land
/// beside the river, and say nothing of swimming.
#[derive(Debug, SimpleObject)]
pub(super) struct FloodLevelMeaning {
    /// The level, 1 to 5.
    level: i32,
    /// BAFU's name of the danger in English.
    name: &'static str,
    /// BAFU's name of the danger in German.
    german_name: &'static str,
    /// What it means for somebody by the river.
    meaning: &'static str,
    /// Who says so.
    source: Source,
}

impl Danger {
    pub(super) fn new(danger: &aareguru::Danger) -> Self {
        let (advice, level) = (&danger.advice, danger.level);
        Self {
            flow: Flow::new(danger.place, &danger.flow, danger.asked_at),
            flood_level: level.map(|level| level.number().into()),
            flood_level_name: level.map(FloodLevel::name),
            flood_level_meaning: level.map(FloodLevel::meaning),
            flood_level_unknown_because: level.is_none().then(|| {
                if danger.place.flood_thresholds().is_none() {
                    "BAFU has no flood levels for this place"
                } else {
                    "it cannot be read, or the flow is not known, doubtful or not current; see `reasons`"
                }
            }),
            next_level: danger.next.map(NextLevel::from),
            trend: Trend::new(danger.trend),
            verdict: advice.verdict.into(),
            headline: advice.headline(),
            reasons: advice.reasons.iter().map(Statement::from).collect(),
            water: WaterTemperature::new(danger.place, &danger.water, danger.asked_at),
            limits: advice.limits.iter().map(Limit::from).collect(),
            remarks: advice.remarks.iter().map(Statement::from).collect(),
            boundary: Advice::BOUNDARY,
            as_of: advice.as_of.map(DateTime::from),
            upstream_trouble: UpstreamTrouble::new(danger.upstream_trouble.as_ref()),
        }
    }
}

impl From<&aareguru::advice::Limit> for Limit {
    fn from(limit: &aareguru::advice::Limit) -> Self {
        Self {
            value: limit.value,
            unit: limit.quantity.unit(),
            verdict: limit.verdict.into(),
            text: limit.text.clone(),
            sources: limit.sources.iter().map(|it| Source::from(*it)).collect(),
        }
    }
}

impl From<Next> for NextLevel {
    fn from(next: Next) -> Self {
        Self {
            level: next.level.number().into(),
            from_m3_per_s: next.from_m3_per_s,
            missing_m3_per_s: to_the_hundredth(next.missing_m3_per_s),
        }
    }
}

impl Trend {
    fn new(trend: Option<FlowTrend>) -> Self {
        let known = trend.filter(|trend| trend.per_hour.is_some());
        let direction = known.map_or(aareguru::Direction::Unknown, |trend| trend.direction);
        Self {
            direction: direction.into(),
            m3_per_s_per_hour: known
                .filter(|_| direction != aareguru::Direction::Unknown)
                .and_then(|trend| trend.per_hour)
                .map(to_the_hundredth),
        }
    }
}

impl FloodLevelMeaning {
    pub(super) fn all() -> Vec<Self> {
        let meaning = |level: FloodLevel| Self {
            level: level.number().into(),
            name: level.name(),
            german_name: level.german_name(),
            meaning: level.meaning(),
            source: FloodLevel::source().into(),
        };
        FloodLevel::ALL.into_iter().map(meaning).collect()
    }
}
