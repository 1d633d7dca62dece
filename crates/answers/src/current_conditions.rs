//! The answer of `get_current_conditions`: the conditions at one place now.

use aareguru::{
    Advice, Conditions, Lawn, UnknownReason, Verdict, advice::BueberCanal, local_time,
    plain_reading, quoted,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    provenance::{PlaceNames, Provenance, format_closing_lines, format_saying},
    reading::{Flow, Measure, Measured, WaterTemperature, describe_water, value_unless_old},
};

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CurrentConditionsAnswer {
    #[serde(flatten)]
    pub place: PlaceNames,
    /// The water temperature.
    pub water: WaterTemperature,
    /// The flow.
    pub flow: Flow,
    /// Why values that the upstream API sent are unknown or may be wrong.
    pub doubts: Vec<String>,
    /// The verdict for swimmers. No verdict is a permission to swim.
    pub verdict: Verdict,
    /// The verdict in one line, with place and time.
    pub headline: String,
    /// The most important reason, with its source; null if there is none. `get_flow_danger_level`
    /// returns all reasons.
    pub because: Option<String>,
    /// What these numbers do not show. Show it with the verdict.
    pub boundary: &'static str,
    /// The weather, measured near the place; null if unknown.
    pub weather: Option<CurrentWeather>,
    /// When the sun shines on the lawns by the river, on the day of the answer; null if unknown.
    /// Only Bern has this data.
    pub lawns: Option<Vec<LawnSunshine>>,
    /// The swimming canal at the Marzili baths in Bern; null at other places and if unknown.
    pub bueber_canal: Option<CanalStatus>,
    /// What aare.guru says about the water; null if it says nothing.
    pub saying: Option<SayingWithMeaning>,
    /// What aare.guru says about the flow; null if it says nothing.
    pub flow_saying: Option<SayingWithMeaning>,
    /// A note about this place; null if there is none.
    pub note: Option<&'static str>,
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The weather at the station nearest to the place.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CurrentWeather {
    /// Air temperature in degrees Celsius; null if it is unknown or was measured more than a day
    /// ago.
    pub air_temperature_celsius: Option<f64>,
    /// Rain in the 10 minutes before the measurement, in mm; null if it is unknown or was measured
    /// more than a day ago.
    pub rain_mm_per_10_minutes: Option<f64>,
    #[serde(flatten)]
    pub measured: Measured,
}

/// The hours of sunshine on a lawn.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LawnSunshine {
    /// The name of the lawn.
    pub name: String,
    /// When the sun reaches it, in Swiss local time; null if unknown.
    pub sun_from: Option<String>,
    /// When the sun leaves it, in Swiss local time; null if unknown.
    pub sun_until: Option<String>,
}

/// The state of the canal as reported by the lifeguards.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CanalStatus {
    /// Whether the canal is reported open.
    pub is_open: bool,
    /// The start of this state in Swiss local time, possibly months ago; null if unknown.
    pub since: Option<String>,
}

/// A saying in Bernese German. It is not advice.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SayingWithMeaning {
    /// The saying.
    pub text: String,
    /// The meaning in plain English; null if unknown. Do not guess a meaning.
    pub plain_reading: Option<&'static str>,
}

/// Renders the answer as English text.
pub fn render_text(conditions: &Conditions, now: Timestamp) -> String {
    let place = conditions.place;
    let danger = &conditions.danger;
    let mut text = format!(
        "{} ({})\nWater: {}.\nFlow: {}.\nSwimming: {}.\nWhy: {}.\nAir: {}{}.\n",
        place.name(),
        place.station(),
        describe_water(&conditions.water, now),
        Measure::Flow.describe(&danger.flow, now),
        danger.advice.headline(),
        main_reason(&danger.advice)
            .as_deref()
            .unwrap_or("not known"),
        Measure::Air.describe(&conditions.air, now),
        describe_rain(conditions, now)
    );
    for doubt in collect_doubts(conditions) {
        text += &format!("Doubt: {doubt}.\n");
    }
    for lawn in &conditions.lawns {
        text += &format!("Sun at {}: {}.\n", quoted(&lawn.name), describe_lawn(lawn));
    }
    if let Some(canal) = conditions.canal {
        text += &format!("Bueber canal: {}.\n", describe_canal(canal));
    }
    for (about, saying) in [
        ("", &conditions.saying),
        (" of the flow", &conditions.flow_saying),
    ] {
        if let Some(saying) = saying {
            text += &format_saying(about, saying);
        }
    }
    text += &format!("{}\n", Advice::BOUNDARY);
    text + &format_closing_lines(place.note(), conditions.upstream_trouble.as_ref())
}

fn main_reason(advice: &Advice) -> Option<String> {
    advice.reasons.first().map(ToString::to_string)
}

/// Returns why values that the upstream API sent are unknown or may be wrong.
pub fn collect_doubts(conditions: &Conditions) -> Vec<String> {
    let now = conditions.danger.asked_at;
    let readings = [
        &conditions.water,
        &conditions.danger.flow,
        &conditions.air,
        &conditions.rain,
    ];
    let mut doubts = Vec::new();
    for reading in readings {
        let unknown = reading.unknown_because(now);
        let unknown = unknown.filter(|reason| *reason != UnknownReason::Missing);
        for doubt in [
            unknown.map(|reason| reason.to_string()),
            reading.doubt().map(|doubt| doubt.to_string()),
        ] {
            doubts.extend(doubt.filter(|doubt| !doubts.contains(doubt)));
        }
    }
    doubts
}

/// Describes the rain. It continues the description of the air temperature, which has the same
/// time.
pub fn describe_rain(conditions: &Conditions, now: Timestamp) -> String {
    match value_unless_old(&conditions.rain, now) {
        Some(mm) => format!("; rain in the 10 minutes before: {mm:.1} mm"),
        None => "; rain unknown".to_owned(),
    }
}

pub fn describe_lawn(lawn: &Lawn) -> String {
    let time = |at: Option<Timestamp>| at.map_or_else(|| "an unknown time".to_owned(), local_time);
    format!("from {} to {}", time(lawn.sun_from), time(lawn.sun_until))
}

pub fn describe_canal(canal: BueberCanal) -> String {
    let state = if canal.is_open { "open" } else { "closed" };
    match canal.since {
        Some(since) => format!("reported {state} since {}", local_time(since)),
        None => format!("reported {state}"),
    }
}

impl CurrentConditionsAnswer {
    pub fn new(conditions: Conditions, now: Timestamp) -> Self {
        let place = conditions.place;
        let advice = &conditions.danger.advice;
        Self {
            place: PlaceNames::new(place),
            water: WaterTemperature::new(&conditions.water, now),
            flow: Flow::new(place, &conditions.danger.flow, now),
            doubts: collect_doubts(&conditions),
            verdict: advice.verdict,
            headline: advice.headline(),
            because: main_reason(advice),
            boundary: Advice::BOUNDARY,
            weather: CurrentWeather::new(&conditions, now),
            lawns: (!conditions.lawns.is_empty())
                .then(|| conditions.lawns.iter().map(LawnSunshine::from).collect()),
            bueber_canal: conditions.canal.map(CanalStatus::from),
            saying: conditions.saying.map(SayingWithMeaning::from),
            flow_saying: conditions.flow_saying.map(SayingWithMeaning::from),
            note: place.note(),
            provenance: Provenance::new(conditions.upstream_trouble.as_ref()),
        }
    }
}

impl CurrentWeather {
    fn new(conditions: &Conditions, now: Timestamp) -> Option<Self> {
        let (air, rain) = (&conditions.air, &conditions.rain);
        // Air temperature and rain have the same time.
        let known = [air, rain]
            .into_iter()
            .find(|reading| reading.value(now).is_some())?;
        Some(Self {
            air_temperature_celsius: value_unless_old(air, now),
            rain_mm_per_10_minutes: value_unless_old(rain, now),
            measured: Measured::new(known, now),
        })
    }
}

impl From<&Lawn> for LawnSunshine {
    fn from(lawn: &Lawn) -> Self {
        Self {
            name: lawn.name.clone(),
            sun_from: lawn.sun_from.map(local_time),
            sun_until: lawn.sun_until.map(local_time),
        }
    }
}

impl From<BueberCanal> for CanalStatus {
    fn from(canal: BueberCanal) -> Self {
        Self {
            is_open: canal.is_open,
            since: canal.since.map(local_time),
        }
    }
}

impl From<String> for SayingWithMeaning {
    fn from(text: String) -> Self {
        Self {
            plain_reading: plain_reading(&text),
            text,
        }
    }
}
