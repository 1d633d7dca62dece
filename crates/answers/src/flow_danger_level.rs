//! What the flow at one place means.

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
    /// The water temperature, which the verdict uses too.
    pub water: WaterTemperature,
    /// BAFU's flood danger level, 1 to 5; null if it is not known, which is
    /// not level 1. Level 1 is not a permission to swim.
    pub flood_level: Option<i64>,
    /// BAFU's name of the danger.
    pub flood_level_name: Option<&'static str>,
    /// What the level means for somebody by the river.
    pub flood_level_meaning: Option<&'static str>,
    /// The next flood level above; null in level 5 or without a current flow.
    pub next_level: Option<DistanceToNextLevel>,
    /// How the flow has changed in the last three hours; null if unknown.
    pub trend: Option<FlowTrend>,
    /// What is said to a swimmer; none of the verdicts is a permission.
    pub verdict: Verdict,
    /// The verdict as one line with its place and time.
    pub headline: String,
    /// Why, the weightiest first.
    pub reasons: Vec<Statement>,
    /// Each limit that the verdict compares with, and who sets it.
    pub limits: Vec<VerdictLimit>,
    /// What is worth knowing besides; decides nothing.
    pub remarks: Vec<Statement>,
    /// What these numbers cannot tell; to be shown with the verdict.
    pub boundary: &'static str,
    /// The time that the verdict speaks of, in Swiss local time; null if
    /// unknown.
    pub as_of: Option<String>,
    /// What to know about this place, if there is anything.
    pub note: Option<&'static str>,
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The next flood level.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DistanceToNextLevel {
    /// The level, 2 to 5.
    pub level: i64,
    /// The flow in m³/s at which it begins.
    pub at_m3_per_s: f64,
    /// By how much the flow has to rise until then, in m³/s.
    pub distance_m3_per_s: f64,
}

/// A limit that the verdict compares with.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VerdictLimit {
    /// The value at which it is reached: a flow or its rise at or above it, a
    /// water temperature at or below it.
    pub value: f64,
    /// The unit of the value: m³/s, m³/s in an hour, or °C.
    pub unit: &'static str,
    /// The verdict of a value that reaches it.
    pub verdict: Verdict,
    #[serde(flatten)]
    pub statement: Statement,
}

/// How the flow changes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FlowTrend {
    /// Which way.
    pub direction: FlowDirection,
    /// Change in m³/s in an hour; negative if it falls.
    pub m3_per_s_per_hour: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FlowDirection {
    Rising,
    Falling,
    Steady,
}

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

/// Value, verdict and who sets the limit; what exactly they say is in the structured content, and
/// among the reasons once the limit is reached.
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
    /// `None` if the trend tells nothing.
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

/// A difference of decimal fractions shows digits that nobody measured.
pub fn round_to_hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
