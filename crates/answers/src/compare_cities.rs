//! The answer of `compare_cities`: the water temperatures of several places, and what speaks
//! against swimming there.

use aareguru::{
    Advice, CREDIT, ComparedPlace, Comparison, Freshness, OLD_AFTER, Ranked, Reading, STALE_AFTER,
    UnknownReason, Verdict,
    advice::{Ground, Reason},
    plain_reading,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    forecast::format_or_unknown,
    provenance::{PlaceNames, Provenance},
    reading::{WaterTemperature, describe_water, unknown_because},
};

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CompareCitiesAnswer {
    /// The places in the requested order, by default downstream.
    pub places: Vec<ComparedCity>,
    /// The places with a current, undoubted temperature, warmest first.
    pub warmest_first: Vec<RankedTemperature>,
    /// The places that are not ranked, with the reason.
    pub not_ranked: Vec<NotRanked>,
    /// What these numbers do not show. Show it with every verdict.
    pub boundary: &'static str,
    /// Notes about this answer.
    pub notes: Vec<String>,
    /// The day of the recording if this is recorded data; null for live data.
    pub recorded_on: Option<String>,
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// One place.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ComparedCity {
    #[serde(flatten)]
    pub place: PlaceNames,
    #[serde(flatten)]
    pub water: WaterTemperature,
    /// The forecast water temperature in degrees Celsius, two hours after the measurement; null if
    /// unknown or in the past.
    pub water_in_two_hours_celsius: Option<f64>,
    /// Flow in m³/s, measured together with the temperature; null if it is unknown or was measured
    /// more than a day ago.
    pub flow_m3_per_s: Option<f64>,
    /// Whether the flow still describes the river, by its age.
    pub flow_freshness: Freshness,
    /// Why the flow is null; otherwise null.
    pub flow_unknown_because: Option<String>,
    /// The flow in percent of the flow at which flood level 2 begins here.
    pub percent_of_flood_level_2: Option<f64>,
    /// BAFU's flood danger level, 1 to 5. Null means unknown, not level 1. Level 1 is not a
    /// permission to swim.
    pub flood_level: Option<i64>,
    /// The verdict for swimmers. No verdict is a permission to swim.
    pub verdict: Verdict,
    /// The reasons for the verdict, most important first, each with its source.
    pub reasons: Vec<String>,
    /// Air temperature in degrees Celsius. The API does not report when it was measured.
    pub air_celsius: Option<f64>,
    /// What aare.guru says about this water temperature, in Bernese German.
    pub saying: Option<String>,
    /// The meaning of the saying in plain English; null if unknown.
    pub saying_in_english: Option<&'static str>,
    /// Why values that the upstream API sent are unknown.
    pub doubts: Vec<String>,
    /// A note about this place; null if there is none.
    pub note: Option<&'static str>,
}

/// A place in the ranking by water temperature.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RankedTemperature {
    /// The rank, from 1. Equally warm places share a rank.
    pub rank: i64,
    /// The place's identifier.
    pub city: &'static str,
    /// Water temperature in degrees Celsius.
    pub temperature_celsius: f64,
}

/// A place that is not ranked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NotRanked {
    /// The place's identifier.
    pub city: &'static str,
    /// Why the place is not ranked.
    pub why: String,
}

impl CompareCitiesAnswer {
    pub fn new(comparison: &Comparison, now: Timestamp) -> Self {
        let warmest = comparison.warmest_first(now);
        let places = comparison.places.iter();
        Self {
            places: places
                .map(|at| ComparedCity::new(at, &at.advice(now), now))
                .collect(),
            not_ranked: not_ranked(comparison, &warmest, now),
            boundary: Advice::BOUNDARY,
            notes: collect_notes(comparison, &warmest, now),
            recorded_on: comparison.recorded_on.map(|day| day.to_string()),
            provenance: Provenance::new(comparison.upstream_trouble.as_ref()),
            warmest_first: warmest
                .into_iter()
                .map(|ranked| RankedTemperature {
                    rank: i64::try_from(ranked.rank).unwrap_or(i64::MAX),
                    city: ranked.at.place.id(),
                    temperature_celsius: ranked.celsius,
                })
                .collect(),
        }
    }
}

impl ComparedCity {
    fn new(at: &ComparedPlace, advice: &Advice, now: Timestamp) -> Self {
        let place = at.place;
        let is_flow_measured = place.measures(aareguru::Quantity::Flow);
        let flow = at.flow.presentable_value(now);
        let is_water_shown = at.water.presentable_value(now).is_some();
        let saying = at.saying.clone().filter(|_| is_water_shown);
        Self {
            place: PlaceNames::new(place),
            water: WaterTemperature::new(&at.water, now),
            water_in_two_hours_celsius: at.water_in_two_hours.filter(|_| at.water.is_current(now)),
            flow_m3_per_s: flow,
            flow_freshness: at.flow.freshness(now),
            flow_unknown_because: unknown_because(&at.flow, is_flow_measured, now),
            percent_of_flood_level_2: flow.and(at.share_of_level_2(now)).map(to_percent),
            flood_level: advice.level.map(|level| level.number().into()),
            verdict: advice.verdict,
            reasons: advice.reasons.iter().map(ToString::to_string).collect(),
            air_celsius: at.air.filter(|_| is_recent(&at.water, now)),
            saying_in_english: saying.as_deref().and_then(plain_reading),
            saying,
            doubts: collect_doubts(at, now),
            note: place.note(),
        }
    }
}

fn collect_doubts(at: &ComparedPlace, now: Timestamp) -> Vec<String> {
    let readings = [&at.water, &at.flow].into_iter();
    let unknown = readings.filter_map(|reading| reading.unknown_because(now));
    let unknown = unknown.filter(|reason| *reason != UnknownReason::Missing);
    let mut doubts: Vec<String> = unknown.map(|reason| reason.to_string()).collect();
    doubts.extend(at.implausible.iter().map(ToString::to_string));
    doubts.dedup();
    doubts
}

fn not_ranked(comparison: &Comparison, warmest: &[Ranked<'_>], now: Timestamp) -> Vec<NotRanked> {
    let is_ranked = |at: &ComparedPlace| warmest.iter().any(|it| it.at.place == at.place);
    let places = comparison.places.iter().filter(|at| !is_ranked(at));
    places
        .map(|at| NotRanked {
            city: at.place.id(),
            why: unranked_reason(&at.water, now),
        })
        .collect()
}

fn unranked_reason(water: &Reading, now: Timestamp) -> String {
    if let Some(reason) = unknown_because(water, true, now) {
        return reason;
    }
    match (water.measured_at(now), water.doubt()) {
        (None, _) => "the time of the measurement is not known".to_owned(),
        (_, Some(doubt)) if water.is_current(now) => doubt.to_string(),
        _ => "it was measured more than two hours ago".to_owned(),
    }
}

fn collect_notes(comparison: &Comparison, warmest: &[Ranked<'_>], now: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(day) = comparison.recorded_on {
        notes.push(format!(
            "all of this was recorded on {day} and is not current"
        ));
    }
    if let Some(failure) = &comparison.upstream_trouble {
        notes.push(failure.to_string());
    }
    let times = warmest
        .iter()
        .filter_map(|ranked| ranked.at.water.measured_at(now));
    if let (Some(first), Some(last)) = (times.clone().min(), times.max())
        && last.duration_since(first).unsigned_abs() > STALE_AFTER
    {
        notes.push("the temperatures ranked were measured hours apart".to_owned());
    }
    notes.push(
        "whether the flow rises is not known here, so a verdict is do_not_swim or unknown; \
         get_flow_danger_level gives the full one"
            .to_owned(),
    );
    notes
}

/// Renders the answer as English text.
pub fn render_text(
    comparison: &Comparison,
    structured: &CompareCitiesAnswer,
    now: Timestamp,
) -> String {
    let mut text = String::from(
        "| place | water | in 2 h | flow | of its flood level 2 | verdict |\n|---|---|---|---|---|---|\n",
    );
    for (at, shown) in comparison.places.iter().zip(&structured.places) {
        text += &format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            shown.place.name,
            describe_water(&at.water, now),
            format_or_unknown(format_rounded(shown.water_in_two_hours_celsius, 1), "°C"),
            format_or_unknown(format_rounded(shown.flow_m3_per_s, 0), "m³/s"),
            format_or_unknown(format_rounded(shown.percent_of_flood_level_2, 0), "%"),
            at.advice(now).verdict.as_str(),
        );
    }
    for line in ranking_lines(structured) {
        text += &format!("{line}\n");
    }
    for line in verdict_lines(comparison, now) {
        text += &format!("{line}\n");
    }
    text += &format!("{}\n", structured.boundary);
    for note in &structured.notes {
        text += &format!("Note: {note}.\n");
    }
    text + CREDIT
}

/// Returns one line with the warmest and coldest places, and one with those that are not ranked.
pub fn ranking_lines(structured: &CompareCitiesAnswer) -> Vec<String> {
    let mut lines = Vec::new();
    let warmest = &structured.warmest_first;
    if let (Some(first), Some(last)) = (warmest.first(), warmest.last())
        && first.rank != last.rank
    {
        let at = |rank| {
            let same = warmest.iter().filter(|it| it.rank == rank);
            same.map(|it| it.city).collect::<Vec<_>>().join(", ")
        };
        lines.push(format!(
            "Warmest: {} ({:.1} °C); coldest: {} ({:.1} °C).",
            at(first.rank),
            first.temperature_celsius,
            at(last.rank),
            last.temperature_celsius
        ));
    }
    let missing: Vec<_> = structured
        .not_ranked
        .iter()
        .map(|it| format!("{} ({})", it.city, it.why))
        .collect();
    if !missing.is_empty() {
        lines.push(format!(
            "Not ranked by temperature: {}.",
            missing.join(", ")
        ));
    }
    lines
}

/// Returns one line per place with its verdict and warnings, without sources.
pub fn verdict_lines(comparison: &Comparison, now: Timestamp) -> Vec<String> {
    let of_place = |at: &ComparedPlace| {
        let advice = at.advice(now);
        let first = advice.reasons.first().into_iter();
        let is_warning = |reason: &&Reason| {
            matches!(
                reason.speaks_for,
                Some(Verdict::DoNotSwim | Verdict::Caution)
            )
        };
        let warnings = advice.reasons.iter().skip(1).filter(is_warning);
        let reasons: Vec<_> = first.chain(warnings).map(shorten_reason).collect();
        format!(
            "{}: {}: {}.",
            at.place.id(),
            advice.verdict.as_str(),
            reasons.join("; ")
        )
    };
    comparison.places.iter().map(of_place).collect()
}

/// Shortens the reason about cold water to its first clause: the rest is the same for every place.
fn shorten_reason(reason: &Reason) -> &str {
    match reason.ground {
        Ground::Cold => reason.text.split(':').next().unwrap_or_default(),
        _ => &reason.text,
    }
}

fn format_rounded(value: Option<f64>, digits: usize) -> Option<String> {
    value.map(|value| format!("{value:.digits$}"))
}

/// Returns whether data measured with `reading` may be shown: it is recorded, or at most a day old.
/// A reading without a value also has a time.
fn is_recent(reading: &Reading, now: Timestamp) -> bool {
    reading.recorded_on.is_some() || reading.age(now).is_some_and(|age| age <= OLD_AFTER)
}

fn to_percent(share: f64) -> f64 {
    (share * 1000.0).round() / 10.0
}
