//! `compare_cities`: where is the Aare warmest, and where calmest?

use aareguru::{
    Advice, CREDIT, ComparedPlace, Comparison, Freshness, OLD_AFTER, Place, Ranked, Reading, River,
    STALE_AFTER, Verdict, plain_reading,
};
use jiff::Timestamp;
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::Error as _};

use crate::mcp::{
    advice::VerdictName,
    apps::{App, Said},
    reading::{FreshnessName, WaterTemperature, in_words},
    tools::{Refusal, Told, parse, read_only, schema, told},
    trouble::Trouble,
};

pub(super) const NAME: &str = "compare_cities";

const TITLE: &str = "Compare places";

const DESCRIPTION: &str = "\
Where on the Aare is it warmest, coldest, calmest; where should one go? Use it for any question \
about several places: it costs one request for all eight. Returns for each place the water \
temperature in °C, the flow, how near that is to a flood there, a verdict with its reasons \
(do_not_swim, caution, no_known_warning, unknown), and the warmest place of which no warning is \
known, if there is one. Flows of different places are not comparable as such, so calmest means the \
lowest part of the place's own flood level 2. It does not know whether the flow rises, nor \
currents, driftwood, crowds or water quality, and never says that one may swim.";

const MAX_PLACES: usize = 8;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Which places, 1 to 8 of: brienz, interlaken, thun, bern, hagneck, biel,
    /// olten, brugg. All of them if left out.
    #[serde(default)]
    #[schemars(with = "Vec<String>", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 8), example = &["thun", "bern"])]
    cities: Option<Vec<String>>,
}

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The places, in the order asked for, else in downstream order.
    pub(crate) places: Vec<Compared>,
    /// Those whose temperature is current, warmest first; the last is the
    /// coldest.
    pub(crate) warmest_first: Vec<RankedTemperature>,
    /// Those whose flow is current, the lowest part of their own flood level 2
    /// first. It does not measure the current.
    pub(crate) calmest_first: Vec<RankedFlow>,
    /// Those that are missing above, and why.
    pub(crate) not_ranked: Vec<NotRanked>,
    /// The warmest place of which no warning is known, several if they are
    /// equally warm; empty if no such place remains.
    pub(crate) recommended: Vec<Recommended>,
    /// The places that must not be recommended, and why.
    pub(crate) not_recommended: Vec<NotRecommended>,
    /// What the numbers cannot tell; to be said with every recommendation.
    pub(crate) boundary: &'static str,
    /// What else to know about this answer.
    pub(crate) notes: Vec<String>,
    /// The day of the recording, if this is one and not the live river.
    pub(crate) recorded_on: Option<String>,
    /// That the API ails and this is an earlier answer; null if it is new.
    pub(crate) upstream_trouble: Option<Trouble>,
    /// Whom to credit.
    pub(crate) credit: &'static str,
}

/// One place.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Compared {
    /// The place's identifier.
    pub(crate) city: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// Where the gauge stands.
    pub(crate) station: &'static str,
    #[serde(flatten)]
    pub(crate) water: WaterTemperature,
    /// Forecast of the water temperature two hours after it was measured; null
    /// if unknown or no longer to come.
    pub(crate) water_in_two_hours_celsius: Option<f64>,
    /// Flow in m³/s, measured together with the temperature; null if it is
    /// unknown or was measured more than a day ago.
    pub(crate) flow_m3_per_s: Option<f64>,
    /// How far the flow can be trusted to describe the river now.
    pub(crate) flow_freshness: FreshnessName,
    /// The flow in percent of that from which flood level 2 holds here.
    pub(crate) percent_of_flood_level_2: Option<f64>,
    /// BAFU's flood danger level, 1 to 5; null if unknown, which is not 1.
    /// Level 1 is no permission to swim.
    pub(crate) flood_level: Option<i64>,
    /// What is said to a swimmer; none of the verdicts is a permission.
    pub(crate) verdict: VerdictName,
    /// Why, the weightiest first, each with its source.
    pub(crate) reasons: Vec<String>,
    /// Air temperature in degrees Celsius, at a time that is not told.
    pub(crate) air_celsius: Option<f64>,
    /// The saying of aare.guru for this water, in Bernese German.
    pub(crate) saying: Option<String>,
    /// What the saying says in plain English, if it is known.
    pub(crate) saying_in_english: Option<&'static str>,
    /// What to know about this place, if there is anything.
    pub(crate) note: Option<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RankedTemperature {
    /// From 1; equally warm places share it.
    pub(crate) rank: i64,
    /// The place's identifier.
    pub(crate) city: &'static str,
    /// Water temperature in degrees Celsius.
    pub(crate) temperature_celsius: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RankedFlow {
    /// From 1; places with an equal part share it.
    pub(crate) rank: i64,
    /// The place's identifier.
    pub(crate) city: &'static str,
    /// The flow in percent of that from which flood level 2 holds there.
    pub(crate) percent_of_flood_level_2: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NotRanked {
    /// The place's identifier.
    pub(crate) city: &'static str,
    /// In which ranking it is missing: temperature or flow.
    pub(crate) by: &'static str,
    /// Why.
    pub(crate) why: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Recommended {
    /// The place's identifier.
    pub(crate) city: &'static str,
    /// Why.
    pub(crate) reasons: Vec<String>,
    /// What is worth knowing besides, with its source.
    pub(crate) remarks: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NotRecommended {
    /// The place's identifier.
    pub(crate) city: &'static str,
    /// What is said to a swimmer there.
    pub(crate) verdict: VerdictName,
    /// The weightiest reason.
    pub(crate) why: String,
}

pub(super) fn definition() -> Tool {
    Tool::new(NAME, DESCRIPTION, JsonObject::new())
        .with_title(TITLE)
        .with_input_schema::<Arguments>()
        .with_raw_output_schema(schema::output::<Answer>())
        .with_annotations(read_only(TITLE))
        .with_meta(App::Compare.link())
}

pub(super) async fn call(
    river: &River,
    arguments: JsonObject,
    has_apps: bool,
) -> Result<Told, Refusal> {
    let arguments: Arguments = parse(arguments)?;
    let names = arguments.cities.as_deref();
    if names.is_some_and(|names| names.is_empty() || names.len() > MAX_PLACES) {
        let says = "`cities` takes 1 to 8 places; leave it out to compare all";
        return Err(serde_json::Error::custom(says).into());
    }
    let places: Result<Vec<_>, _> = names
        .unwrap_or_default()
        .iter()
        .map(|name| Place::find(name))
        .collect();
    let comparison = river.compare(&places?).await?;
    let now = river.now();
    let structured = structured(&comparison, now);
    let said = has_apps.then(|| {
        let places = comparison.places.iter();
        places.fold(Said::default(), |said, at| {
            said.reason(at.place, &at.advice(now).reasons)
        })
    });
    let told = told(text(&comparison, &structured, now), &structured)?;
    Ok(told.saying(said.unwrap_or_default()))
}

pub(crate) fn structured(comparison: &Comparison, now: Timestamp) -> Answer {
    let advice: Vec<_> = comparison.places.iter().map(|at| at.advice(now)).collect();
    let warmest = comparison.warmest_first(now);
    let calmest = comparison.calmest_first(now);
    let places = comparison.places.iter().zip(&advice);
    let against = advice
        .iter()
        .filter(|advice| advice.verdict != Verdict::NoKnownWarning);
    Answer {
        places: places
            .map(|(at, advice)| compared(at, advice, now))
            .collect(),
        not_ranked: not_ranked(comparison, &warmest, &calmest, now),
        recommended: recommended(comparison, now),
        not_recommended: against
            .map(|advice| NotRecommended {
                city: advice.place.id(),
                verdict: advice.verdict.into(),
                why: weightiest(advice).to_owned(),
            })
            .collect(),
        boundary: Advice::BOUNDARY,
        notes: notes(comparison, &warmest),
        recorded_on: comparison.recorded_on.map(|day| day.to_string()),
        upstream_trouble: Trouble::new(comparison.upstream_trouble.as_ref()),
        credit: CREDIT,
        warmest_first: warmest
            .into_iter()
            .map(|ranked| RankedTemperature {
                rank: number(ranked.rank),
                city: ranked.at.place.id(),
                temperature_celsius: ranked.value,
            })
            .collect(),
        calmest_first: calmest
            .into_iter()
            .map(|ranked| RankedFlow {
                rank: number(ranked.rank),
                city: ranked.at.place.id(),
                percent_of_flood_level_2: percent(ranked.value),
            })
            .collect(),
    }
}

fn compared(at: &ComparedPlace, advice: &Advice, now: Timestamp) -> Compared {
    let place = at.place;
    let is_shown = is_recent(&at.water, now);
    Compared {
        city: place.id(),
        name: place.name(),
        station: place.station(),
        water: WaterTemperature::new(&at.water, now),
        water_in_two_hours_celsius: at.water_in_two_hours.filter(|_| is_current(&at.water, now)),
        flow_m3_per_s: at.flow.value.filter(|_| is_shown),
        flow_freshness: at.flow.freshness(now).into(),
        percent_of_flood_level_2: at.share_of_level_2.filter(|_| is_shown).map(percent),
        flood_level: advice
            .flood
            .level
            .filter(|_| is_shown)
            .map(|level| level.number().into()),
        verdict: advice.verdict.into(),
        reasons: advice.reasons.iter().map(ToString::to_string).collect(),
        air_celsius: at.air.filter(|_| is_shown),
        saying: at.saying.clone().filter(|_| is_shown),
        saying_in_english: at
            .saying
            .as_deref()
            .filter(|_| is_shown)
            .and_then(plain_reading),
        note: place.note(),
    }
}

fn not_ranked(
    comparison: &Comparison,
    warmest: &[Ranked<'_>],
    calmest: &[Ranked<'_>],
    now: Timestamp,
) -> Vec<NotRanked> {
    let mut missing = Vec::new();
    for at in &comparison.places {
        let city = at.place.id();
        let is_in = |ranked: &[Ranked<'_>]| ranked.iter().any(|it| it.at.place == at.place);
        for (by, reading, ranked) in [
            ("temperature", &at.water, warmest),
            ("flow", &at.flow, calmest),
        ] {
            if !is_in(ranked) {
                let why = why_not(reading, now);
                missing.push(NotRanked { city, by, why });
            }
        }
    }
    missing
}

fn why_not(reading: &Reading, now: Timestamp) -> &'static str {
    match reading.freshness(now) {
        _ if reading.value.is_none() => "not known",
        Freshness::Stale => "measured more than two hours ago",
        Freshness::Old => "measured more than a day ago",
        Freshness::Unknown => "the time of the measurement is not known",
        Freshness::Fresh | Freshness::Recorded => "no flood level is known to compare it with",
    }
}

fn recommended(comparison: &Comparison, now: Timestamp) -> Vec<Recommended> {
    let to_recommended = |at: &ComparedPlace| {
        let advice = at.advice(now);
        let mut reasons = vec![format!(
            "the warmest of those of which no warning is known: {}",
            in_words(&at.water, now)
        )];
        reasons.extend(at.share_of_level_2.map(|share| {
            format!(
                "its flow is {:.0} % of its own flood level 2",
                percent(share)
            )
        }));
        reasons.extend(advice.reasons.iter().map(ToString::to_string));
        Recommended {
            city: at.place.id(),
            reasons,
            remarks: advice.remarks.iter().map(ToString::to_string).collect(),
        }
    };
    let places = comparison.recommended(now).into_iter();
    places.map(to_recommended).collect()
}

fn notes(comparison: &Comparison, warmest: &[Ranked<'_>]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(day) = comparison.recorded_on {
        notes.push(format!(
            "all of this was recorded on {day} and is not current"
        ));
    }
    if let Some(trouble) = &comparison.upstream_trouble {
        notes.push(trouble.to_string());
    }
    let times = warmest
        .iter()
        .filter_map(|ranked| ranked.at.water.measured_at);
    if let (Some(first), Some(last)) = (times.clone().min(), times.max())
        && last.duration_since(first).unsigned_abs() > STALE_AFTER
    {
        notes.push("the temperatures ranked were measured hours apart".to_owned());
    }
    notes.push("whether the flow rises is not known here".to_owned());
    notes
}

fn text(comparison: &Comparison, structured: &Answer, now: Timestamp) -> String {
    let mut text = String::from(
        "| place | water | in 2 h | flow | of its flood level 2 | verdict |\n|---|---|---|---|---|---|\n",
    );
    for (at, shown) in comparison.places.iter().zip(&structured.places) {
        text += &format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            shown.name,
            in_words(&at.water, now),
            or_unknown(shown.water_in_two_hours_celsius, 1, "°C"),
            or_unknown(shown.flow_m3_per_s, 0, "m³/s"),
            or_unknown(shown.percent_of_flood_level_2, 0, "%"),
            at.advice(now).verdict.as_str(),
        );
    }
    for line in rankings(structured) {
        text += &format!("{line}\n");
    }
    text += &recommendation(comparison, structured, now);
    for note in &structured.notes {
        text += &format!("Note: {note}.\n");
    }
    text + CREDIT
}

/// Who is first in which ranking, and who is in none, a line each.
pub(crate) fn rankings(structured: &Answer) -> Vec<String> {
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
    let calmest: Vec<_> = structured
        .calmest_first
        .iter()
        .map(|it| format!("{} ({:.0} %)", it.city, it.percent_of_flood_level_2))
        .collect();
    if !calmest.is_empty() {
        lines.push(format!(
            "Calmest first, by the flow in percent of the place's own flood level 2, because flows \
             of different places are not comparable as such: {}.",
            calmest.join(", ")
        ));
    }
    for by in ["temperature", "flow"] {
        let missing: Vec<_> = structured
            .not_ranked
            .iter()
            .filter(|it| it.by == by)
            .map(|it| format!("{} ({})", it.city, it.why))
            .collect();
        if !missing.is_empty() {
            lines.push(format!("Not ranked by {by}: {}.", missing.join(", ")));
        }
    }
    lines
}

fn recommendation(comparison: &Comparison, structured: &Answer, now: Timestamp) -> String {
    let mut text = String::new();
    let as_recorded = match &structured.recorded_on {
        Some(day) => format!(" (as recorded on {day}, not now)"),
        None => String::new(),
    };
    for place in &structured.recommended {
        text += &format!("If anywhere, {}{as_recorded}:\n", place.city);
        for reason in place.reasons.iter().chain(&place.remarks) {
            text += &format!("- {reason}\n");
        }
    }
    if structured.recommended.is_empty() {
        text += &format!("No place can be recommended{as_recorded}.\n");
    }
    let advice = comparison.places.iter().map(|at| at.advice(now));
    for advice in advice.filter(|it| it.verdict != Verdict::NoKnownWarning) {
        let (city, verdict) = (advice.place.id(), advice.verdict.as_str());
        text += &format!("Not {city}: {verdict}: {}.\n", weightiest(&advice));
    }
    text + structured.boundary + "\n"
}

fn weightiest(advice: &Advice) -> &str {
    advice.reasons.first().map_or("", |reason| &reason.text)
}

fn or_unknown(value: Option<f64>, digits: usize, unit: &str) -> String {
    value.map_or("unknown".to_owned(), |value| {
        format!("{value:.digits$} {unit}")
    })
}

fn is_current(reading: &Reading, now: Timestamp) -> bool {
    matches!(
        reading.freshness(now),
        Freshness::Fresh | Freshness::Recorded
    )
}

/// Whether what was measured then may be shown at all: in a recording, or not
/// over a day old. A reading without a value has a time too.
pub(crate) fn is_recent(reading: &Reading, now: Timestamp) -> bool {
    reading.recorded_on.is_some() || reading.age(now).is_some_and(|age| age <= OLD_AFTER)
}

pub(crate) fn percent(share: f64) -> f64 {
    (share * 1000.0).round() / 10.0
}

fn number(rank: usize) -> i64 {
    i64::try_from(rank).unwrap_or(i64::MAX)
}
