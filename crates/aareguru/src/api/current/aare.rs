//! `aare` and `aarepast` in `/v2018/current`: the river now and in the last two days.

use crate::ReportedLevel;
use crate::api::Coordinates;
use crate::api::lenient::lenient;

lenient! {
    /// The river at one place, as measured last.
    pub struct Aare {
        /// The name in Bernese German: `Bärn`.
        pub location: Option<String>,
        /// The place of the station: `Bern, Schönau`.
        pub location_long: Option<String>,
        /// Where the place is.
        pub coordinates: Option<Coordinates>,
        /// False in every recording; what it means is not documented.
        pub forecast: Option<bool>,
        /// When all of this was measured, in Unix seconds.
        pub timestamp: Option<i64>,
        /// The same as Swiss local time, without a date: `13:20`.
        pub timestring: Option<String>,
        /// Water temperature in °C, to the tenth.
        pub temperature: Option<f64>,
        /// Water temperature in °C, to the hundredth.
        pub temperature_prec: Option<f64>,
        /// A saying about temperature and flow in Bernese German. May be free text outside any
        /// scale.
        pub temperature_text: Option<String>,
        /// The same in about 15 characters.
        pub temperature_text_short: Option<String>,
        /// Flow in m³/s. Null where it is not measured (Olten).
        pub flow: Option<f64>,
        /// A saying about the flow; may begin with a warning sign, which is no danger level.
        pub flow_text: Option<String>,
        /// BAFU's flood danger level, 1 to 5. In the API's glossary, in no recording of this
        /// endpoint. Level 1 is not a permission to swim.
        pub flow_gefahrenstufe: ReportedLevel,
        /// A flow in m³/s. In the API's glossary, in no recording; its meaning is not documented.
        pub flow_scale_threshold: Option<f64>,
        /// Height of the water in metres above sea level. Since 2024.
        pub height: Option<f64>,
        /// The highest water temperature on record. Since 2024.
        pub historical_temp_max: Option<Record>,
        /// Forecast of the water temperature in two hours, in °C.
        pub forecast2h: Option<f64>,
        /// The forecast in words.
        pub forecast2h_text: Option<String>,
        /// The sayings by temperature in °C, lowest first. Another list is sent at high water.
        pub temperature_scale: Vec<ScaleStep>,
        /// The sayings by flow in m³/s, lowest first.
        pub flow_scale: Vec<ScaleStep>,
    }

    /// The river at one time in the past.
    pub struct WaterPoint {
        /// When it was measured, in Unix seconds.
        pub timestamp: Option<i64>,
        /// Flow in m³/s.
        pub flow: Option<f64>,
        /// Water temperature in °C; null now and then in the recordings.
        pub temperature: Option<f64>,
    }

    /// A saying and the value from which it applies.
    pub struct ScaleStep {
        /// The lowest value to which the text applies, in the unit of the scale.
        pub value: Option<f64>,
        /// The saying in Bernese German.
        pub text: Option<String>,
        /// `start` in every recording.
        pub position: Option<String>,
    }

    /// The highest value on record.
    pub struct Record {
        /// The value, in the unit of the field that contains the record.
        pub value: Option<f64>,
        /// When it was measured, in Unix seconds.
        pub timestamp: Option<i64>,
    }
}
