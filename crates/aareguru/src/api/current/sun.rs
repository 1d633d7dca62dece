//! `sun` in `/v2018/current`: how much sunshine to expect, and when the sun
//! leaves the lawns along the river.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::api::lenient;

/// The sun at one place.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Sun {
    /// Today; without a weekday.
    #[serde(deserialize_with = "lenient::field")]
    pub today: Option<SunDay>,
    /// The next days, by the number of days from today: 1 is tomorrow.
    #[serde(deserialize_with = "lenient::by_day")]
    pub forecast: BTreeMap<u8, SunDay>,
    /// Lawns to lie on; recorded for Bern only.
    #[serde(deserialize_with = "lenient::list")]
    pub sunlocations: Vec<SunLocation>,
}

/// The sunshine of a day.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SunDay {
    /// The weekday in Bernese German: `Mitwuch`.
    #[serde(deserialize_with = "lenient::text")]
    pub day: Option<String>,
    /// The weekday in short: `Mi.`.
    #[serde(deserialize_with = "lenient::text")]
    pub dayshort: Option<String>,
    /// Sunshine as hours and minutes: `3:20`.
    #[serde(deserialize_with = "lenient::text")]
    pub suntotal: Option<String>,
    /// Sunshine in percent of what is possible on that day.
    #[serde(deserialize_with = "lenient::number")]
    pub sunrelative: Option<f64>,
}

/// A lawn, and when the sun shines on it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SunLocation {
    /// The lawn: `Marzili`.
    #[serde(deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// When the sun reaches it, in Unix seconds.
    #[serde(deserialize_with = "lenient::whole")]
    pub sunrise: Option<i64>,
    /// The same as Swiss local time: `07:19`.
    #[serde(deserialize_with = "lenient::text")]
    pub sunriselocal: Option<String>,
    /// When the sun leaves it, in Unix seconds.
    #[serde(deserialize_with = "lenient::whole")]
    pub sunset: Option<i64>,
    /// The same as Swiss local time: `19:11`.
    #[serde(deserialize_with = "lenient::text")]
    pub sunsetlocal: Option<String>,
    /// Seconds until the sun leaves it.
    #[serde(deserialize_with = "lenient::whole")]
    pub timeleft: Option<i64>,
    /// The same as hours, minutes and seconds: `5:33:00`.
    #[serde(deserialize_with = "lenient::text")]
    pub timeleftstring: Option<String>,
}
