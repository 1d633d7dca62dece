//! The conditions at one place now.

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
    /// Why values are unknown although upstream sent them, or may be wrong.
    pub doubts: Vec<String>,
    /// What is said to a swimmer; none of the verdicts is a permission.
    pub verdict: Verdict,
    /// The verdict as one line with its place and time.
    pub headline: String,
    /// The weightiest reason, with its source; `get_flow_danger_level` tells them
    /// all. Null if there is none.
    pub because: Option<String>,
    /// What these numbers cannot tell; to be shown with the verdict.
    pub boundary: &'static str,
    /// The weather, measured near the place; null if nothing is known of it.
    pub weather: Option<CurrentWeather>,
    /// When the sun shines on the lawns by the river, on the day of the
    /// answer; null where it is not known. Only Bern has any.
    pub lawns: Option<Vec<LawnSunshine>>,
    /// The swimming canal at the Marzili baths in Bern; null elsewhere and if
    /// unknown.
    pub bueber_canal: Option<CanalStatus>,
    /// What aare.guru says of the water; null if it says nothing.
    pub saying: Option<SayingWithMeaning>,
    /// What aare.guru says of the flow; null if it says nothing.
    pub flow_saying: Option<SayingWithMeaning>,
    /// What to know about this place, if there is anything.
    pub note: Option<&'static str>,
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The weather at the station nearest to the place.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CurrentWeather {
    /// Air temperature in degrees Celsius; null if it is unknown or was
    /// measured more than a day ago.
    pub air_temperature_celsius: Option<f64>,
    /// Rain in the 10 minutes before, in mm; null likewise.
    pub rain_mm_per_10_minutes: Option<f64>,
    #[serde(flatten)]
    pub measured: Measured,
}

/// A lawn, and when the sun shines on it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LawnSunshine {
    /// Its name.
    pub name: String,
    /// When the sun reaches it, in Swiss local time; null if unknown.
    pub sun_from: Option<String>,
    /// When the sun leaves it, in Swiss local time; null if unknown.
    pub sun_until: Option<String>,
}

/// The canal as the lifeguards report it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CanalStatus {
    /// Whether it is reported open.
    pub is_open: bool,
    /// Since when, in Swiss local time; may be months ago. Null if unknown.
    pub since: Option<String>,
}

/// A saying in Bernese German. It is not advice.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SayingWithMeaning {
    /// The saying.
    pub text: String,
    /// What it says in plain English; null if no plain reading is known, and
    /// then do not guess one.
    pub plain_reading: Option<&'static str>,
}

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

/// Why values are unknown although upstream sent them, or may be wrong.
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

/// Rain has the time of the air temperature, so it follows that.
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
        // The time goes with both, and with rain alone if that is all.
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
