//! The answer of `get_flow_danger_level`: what the flow at one place means.

use aareguru::{
    Advice, Danger, Direction, NextLevel, Trend, Verdict,
    advice::{Limit, LimitBasis, LimitQuantity},
    local_time,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    provenance::{PlaceNames, Provenance, format_closing_lines},
    reading::{Flow, Measure, WaterTemperature, describe_water},
    statement::Statement,
};

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FlowDangerLevelAnswer {
    #[serde(flatten)]
    pub place: PlaceNames,
    #[serde(flatten)]
    pub flow: Flow,
    /// The water temperature, which the verdict also uses.
    pub water: WaterTemperature,
    /// BAFU's flood danger level, 1 to 5. Null means unknown, not level 1. Level 1 is not a
    /// permission to swim.
    pub flood_level: Option<i64>,
    /// BAFU's name of the level.
    pub flood_level_name: Option<&'static str>,
    /// What the level means for people near the river.
    pub flood_level_meaning: Option<&'static str>,
    /// The next higher flood level; null at level 5 or without a current flow.
    pub next_level: Option<DistanceToNextLevel>,
    /// The change of the flow in the last three hours; null if unknown.
    pub trend: Option<FlowTrend>,
    /// The verdict for swimmers. No verdict is a permission to swim.
    pub verdict: Verdict,
    /// The verdict in one line, with place and time.
    pub headline: String,
    /// The reasons for the verdict, most important first.
    pub reasons: Vec<Statement>,
    /// The limits that the verdict compares with, each with its source.
    pub limits: Vec<VerdictLimit>,
    /// Further information that does not affect the verdict.
    pub remarks: Vec<Statement>,
    /// What these numbers do not show. Show it with the verdict.
    pub boundary: &'static str,
    /// The time for which the verdict holds, in Swiss local time; null if unknown.
    pub as_of: Option<String>,
    /// A note about this place; null if there is none.
    pub note: Option<&'static str>,
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The next higher flood level.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DistanceToNextLevel {
    /// The level, 2 to 5.
    pub level: i64,
    /// The flow in m³/s at which the level begins.
    pub at_m3_per_s: f64,
    /// The difference to the current flow in m³/s.
    pub distance_m3_per_s: f64,
}

/// A limit that the verdict compares with.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VerdictLimit {
    /// The value at which the limit is reached: a flow or rise at or above it, a water temperature
    /// at or below it.
    pub value: f64,
    /// The unit of the value: m³/s, m³/s in an hour, or °C.
    pub unit: &'static str,
    /// The verdict when the limit is reached.
    pub verdict: Verdict,
    #[serde(flatten)]
    pub statement: Statement,
}

/// The change of the flow.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FlowTrend {
    /// The direction of the change.
    pub direction: FlowDirection,
    /// The change in m³/s per hour; negative if the flow falls.
    pub m3_per_s_per_hour: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FlowDirection {
    Rising,
    Falling,
    Steady,
}

/// Renders the answer as English text.
pub fn render_text(danger: &Danger) -> String {
    let (place, advice) = (danger.place, &danger.advice);
    let mut text = format!(
        "{}.\nFlow at {}: {}.\nWater: {}.\n{}\nWhy:\n",
        advice.headline(),
        place.station(),
        Measure::Flow.describe(&danger.flow, danger.asked_at),
        describe_water(&danger.water, danger.asked_at),
        describe_flood_level(danger)
    );
    for reason in &advice.reasons {
        text += &format!("- {reason}\n");
    }
    text += "Limits used:\n";
    for limit in &advice.limits {
        text += &format!("- {}\n", describe_limit(limit));
    }
    text += "Worth knowing:\n";
    for remark in &advice.remarks {
        text += &format!("- {remark}\n");
    }
    text += &format!("{}\n", Advice::BOUNDARY);
    text + &format_closing_lines(place.note(), danger.upstream_trouble.as_ref())
}

/// Describes value, verdict and source of a limit. The statement of the source is in the structured
/// content, and among the reasons once the limit is reached.
fn describe_limit(limit: &Limit) -> String {
    let side = match limit.quantity {
        LimitQuantity::WaterTemperature => "or less",
        _ => "or more",
    };
    let who = match limit.basis {
        LimitBasis::OwnMargin { share_of_level_2 } => format!(
            "a margin of this server, {:.0} % of flood level 2, for want of a local limit",
            100.0 * share_of_level_2
        ),
        _ => {
            let sources = limit.sources.iter();
            let names: Vec<_> = sources
                .map(|source| format!("{}, {}", source.name, source.date))
                .collect();
            names.join("; ")
        }
    };
    format!(
        "{} {} {side}: {} ({who})",
        limit.value,
        limit.quantity.unit(),
        limit.verdict.as_str()
    )
}

pub fn describe_flood_level(danger: &Danger) -> String {
    let Some(level) = danger.level else {
        return "BAFU's flood level: not known, which is not level 1.".to_owned();
    };
    let next = danger.next.map_or_else(String::new, |next| {
        format!(
            "; level {} begins at {}, {} more",
            next.level.number(),
            Measure::Flow.format_value(next.from_m3_per_s),
            Measure::Flow.format_value(next.missing_m3_per_s)
        )
    });
    let (number, name) = (level.number(), level.name());
    format!("BAFU's flood level: {number} of 5 ({name}){next}.")
}

impl FlowDangerLevelAnswer {
    pub fn new(danger: &Danger) -> Self {
        let (place, advice, level) = (danger.place, &danger.advice, danger.level);
        Self {
            place: PlaceNames::new(place),
            flow: Flow::new(place, &danger.flow, danger.asked_at),
            water: WaterTemperature::new(&danger.water, danger.asked_at),
            flood_level: level.map(|level| level.number().into()),
            flood_level_name: level.map(|level| level.name()),
            flood_level_meaning: level.map(|level| level.meaning()),
            next_level: danger.next.map(DistanceToNextLevel::new),
            trend: danger.trend.and_then(FlowTrend::new),
            verdict: advice.verdict,
            headline: advice.headline(),
            reasons: Statement::from_reasons(&advice.reasons),
            limits: advice.limits.iter().map(VerdictLimit::new).collect(),
            remarks: Statement::from_reasons(&advice.remarks),
            boundary: Advice::BOUNDARY,
            as_of: advice.as_of.map(local_time),
            note: place.note(),
            provenance: Provenance::new(danger.upstream_trouble.as_ref()),
        }
    }
}

impl DistanceToNextLevel {
    fn new(next: NextLevel) -> Self {
        Self {
            level: next.level.number().into(),
            at_m3_per_s: next.from_m3_per_s,
            distance_m3_per_s: round_to_hundredths(next.missing_m3_per_s),
        }
    }
}

impl VerdictLimit {
    fn new(limit: &Limit) -> Self {
        Self {
            value: limit.value,
            unit: limit.quantity.unit(),
            verdict: limit.verdict,
            statement: Statement::new(&limit.text, &limit.sources),
        }
    }
}

impl FlowTrend {
    /// Returns `None` if the direction is unknown.
    fn new(trend: Trend) -> Option<Self> {
        let direction = match trend.direction {
            Direction::Rising => FlowDirection::Rising,
            Direction::Falling => FlowDirection::Falling,
            Direction::Steady => FlowDirection::Steady,
            Direction::Unknown => return None,
        };
        Some(Self {
            direction,
            m3_per_s_per_hour: round_to_hundredths(trend.per_hour?),
        })
    }
}

/// Rounds a difference, which otherwise has more digits than were measured.
pub fn round_to_hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
