//! `weather` and `weatherpast` in `/v2018/current`: measured at the nearest
//! station of the Swiss weather service, forecast by Meteotest.

use serde::Deserialize;

use crate::api::lenient;

/// The weather near one place.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Weather {
    /// As measured last.
    #[serde(deserialize_with = "lenient::field")]
    pub current: Option<WeatherNow>,
    /// Today's forecast.
    #[serde(deserialize_with = "lenient::field")]
    pub today: Option<Today>,
    /// The next days, from tomorrow; four in every recording.
    #[serde(deserialize_with = "lenient::list")]
    pub forecast: Vec<ForecastDay>,
}

/// The weather as measured last, at a time of its own.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WeatherNow {
    /// Air temperature in °C.
    #[serde(deserialize_with = "lenient::number")]
    pub tt: Option<f64>,
    /// Rain in the last 10 minutes in mm, rounded.
    #[serde(deserialize_with = "lenient::number")]
    pub rr: Option<f64>,
    /// Rain in the last 10 minutes in mm, as measured.
    #[serde(deserialize_with = "lenient::number")]
    pub rrreal: Option<f64>,
    /// When it was measured, in Unix seconds.
    #[serde(deserialize_with = "lenient::whole")]
    pub timestamp: Option<i64>,
    /// The same as Swiss local time, without a date: `13:10`.
    #[serde(deserialize_with = "lenient::text")]
    pub timestring: Option<String>,
}

/// The forecast for the three parts of today.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Today {
    /// Morning (Vormittag).
    #[serde(deserialize_with = "lenient::field")]
    pub v: Option<DayPart>,
    /// Afternoon (Nachmittag).
    #[serde(deserialize_with = "lenient::field")]
    pub n: Option<DayPart>,
    /// Evening (Abend).
    #[serde(deserialize_with = "lenient::field")]
    pub a: Option<DayPart>,
}

/// The forecast for a part of a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DayPart {
    /// Meteotest's weather symbol as a letter, `a` (sunny) to `o`.
    #[serde(deserialize_with = "lenient::text")]
    pub sy: Option<String>,
    /// The symbol in words, in Bernese German: `bewöukt`.
    #[serde(deserialize_with = "lenient::text")]
    pub syt: Option<String>,
    /// The symbol as a number, 1 (sunny) to 15.
    #[serde(deserialize_with = "lenient::whole")]
    pub symt: Option<u8>,
    /// Air temperature in °C.
    #[serde(deserialize_with = "lenient::number")]
    pub tt: Option<f64>,
    /// Rain in mm.
    #[serde(deserialize_with = "lenient::number")]
    pub rr: Option<f64>,
    /// Probability of rain in percent.
    #[serde(deserialize_with = "lenient::number")]
    pub rrisk: Option<f64>,
}

/// The forecast for a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ForecastDay {
    /// The weekday in Bernese German: `Mitwuch`.
    #[serde(deserialize_with = "lenient::text")]
    pub day: Option<String>,
    /// The weekday in short: `Mi.`.
    #[serde(deserialize_with = "lenient::text")]
    pub dayshort: Option<String>,
    /// A time on that day in Unix seconds, not midnight: only its date in
    /// Switzerland means something.
    #[serde(deserialize_with = "lenient::whole")]
    pub timestamp: Option<i64>,
    /// Meteotest's weather symbol as a letter, `a` (sunny) to `o`.
    #[serde(deserialize_with = "lenient::text")]
    pub sy: Option<String>,
    /// The symbol in words, in Bernese German: `bewöukt`.
    #[serde(deserialize_with = "lenient::text")]
    pub syt: Option<String>,
    /// The symbol as a number, 1 (sunny) to 15.
    #[serde(deserialize_with = "lenient::whole")]
    pub symt: Option<u8>,
    /// Highest air temperature in °C.
    #[serde(deserialize_with = "lenient::number")]
    pub tx: Option<f64>,
    /// Lowest air temperature in °C.
    #[serde(deserialize_with = "lenient::number")]
    pub tn: Option<f64>,
    /// Rain in mm.
    #[serde(deserialize_with = "lenient::number")]
    pub rr: Option<f64>,
    /// Probability of rain in percent.
    #[serde(deserialize_with = "lenient::number")]
    pub rrisk: Option<f64>,
}

/// The air at one time in the past.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AirPoint {
    /// When it was measured, in Unix seconds.
    #[serde(deserialize_with = "lenient::whole")]
    pub timestamp: Option<i64>,
    /// Air temperature in °C.
    #[serde(deserialize_with = "lenient::number")]
    pub tt: Option<f64>,
}
