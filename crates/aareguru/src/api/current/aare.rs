//! `aare` and `aarepast` in `/v2018/current`: the river now and in the last
//! two days.

use serde::Deserialize;

use crate::ReportedLevel;
use crate::api::{Coordinates, lenient};

/// The river at one place, as measured last.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Aare {
    /// The name in Bernese German: `Bärn`.
    #[serde(deserialize_with = "lenient::text")]
    pub location: Option<String>,
    /// The place of the station: `Bern, Schönau`.
    #[serde(deserialize_with = "lenient::text")]
    pub location_long: Option<String>,
    /// Where the place is.
    #[serde(deserialize_with = "lenient::field")]
    pub coordinates: Option<Coordinates>,
    /// False in every recording; what it means is not documented.
    #[serde(deserialize_with = "lenient::field")]
    pub forecast: Option<bool>,
    /// When all of this was measured, in Unix seconds.
    #[serde(deserialize_with = "lenient::whole")]
    pub timestamp: Option<i64>,
    /// The same as Swiss local time, without a date: `13:20`.
    #[serde(deserialize_with = "lenient::text")]
    pub timestring: Option<String>,
    /// Water temperature in °C, to the tenth.
    #[serde(deserialize_with = "lenient::number")]
    pub temperature: Option<f64>,
    /// Water temperature in °C, to the hundredth.
    #[serde(deserialize_with = "lenient::number")]
    pub temperature_prec: Option<f64>,
    /// A saying about temperature and flow in Bernese German. May be free
    /// text that stands in no scale.
    #[serde(deserialize_with = "lenient::text")]
    pub temperature_text: Option<String>,
    /// The same in about 15 characters.
    #[serde(deserialize_with = "lenient::text")]
    pub temperature_text_short: Option<String>,
    /// Flow in m³/s. Null where it is not measured (Olten).
    #[serde(deserialize_with = "lenient::number")]
    pub flow: Option<f64>,
    /// A saying about the flow; may begin with a warning sign, which is no
    /// danger level.
    #[serde(deserialize_with = "lenient::text")]
    pub flow_text: Option<String>,
    /// BAFU's flood danger level, 1 to 5. In the API's glossary, in no
    /// recording of this endpoint. Level 1 is not a permission to swim.
    pub flow_gefahrenstufe: ReportedLevel,
    /// A flow in m³/s. In the API's glossary, in no recording; its meaning is
    /// not documented.
    #[serde(deserialize_with = "lenient::field")]
    pub flow_scale_threshold: Option<f64>,
    /// Height of the water in metres above sea level. Since 2024.
    #[serde(deserialize_with = "lenient::number")]
    pub height: Option<f64>,
    /// The highest water temperature on record. Since 2024.
    #[serde(deserialize_with = "lenient::field")]
    pub historical_temp_max: Option<Record>,
    /// Forecast of the water temperature in two hours, in °C.
    #[serde(deserialize_with = "lenient::number")]
    pub forecast2h: Option<f64>,
    /// The forecast in words.
    #[serde(deserialize_with = "lenient::text")]
    pub forecast2h_text: Option<String>,
    /// The sayings by temperature in °C, lowest first. Another list is sent at
    /// high water.
    #[serde(deserialize_with = "lenient::list")]
    pub temperature_scale: Vec<ScaleStep>,
    /// The sayings by flow in m³/s, lowest first.
    #[serde(deserialize_with = "lenient::list")]
    pub flow_scale: Vec<ScaleStep>,
}

/// The river at one time in the past.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WaterPoint {
    /// When it was measured, in Unix seconds.
    #[serde(deserialize_with = "lenient::whole")]
    pub timestamp: Option<i64>,
    /// Flow in m³/s.
    #[serde(deserialize_with = "lenient::number")]
    pub flow: Option<f64>,
    /// Water temperature in °C; null now and then in the recordings.
    #[serde(deserialize_with = "lenient::number")]
    pub temperature: Option<f64>,
}

/// A saying and where it begins to hold.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ScaleStep {
    /// The lowest value for which the text holds, in the unit of the scale.
    #[serde(deserialize_with = "lenient::field")]
    pub value: Option<f64>,
    /// The saying in Bernese German.
    #[serde(deserialize_with = "lenient::text")]
    pub text: Option<String>,
    /// `start` in every recording.
    #[serde(deserialize_with = "lenient::text")]
    pub position: Option<String>,
}

/// A highest value ever measured.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Record {
    /// The value; its unit stands where the record is held.
    #[serde(deserialize_with = "lenient::field")]
    pub value: Option<f64>,
    /// When it was measured, in Unix seconds.
    #[serde(deserialize_with = "lenient::whole")]
    pub timestamp: Option<i64>,
}
