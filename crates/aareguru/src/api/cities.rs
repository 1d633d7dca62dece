//! `/v2018/cities`: all places with their key figures.

use serde::Deserialize;

use super::{body, lenient};
use crate::Error;
use crate::upstream::Request;

/// A place in the answer of `/v2018/cities`.
///
/// Facts: recordings of 2021, 2023 and 2024.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct City {
    /// The identifier: `bern`.
    #[serde(deserialize_with = "lenient::text")]
    pub city: Option<String>,
    /// The name in Bernese German: `Bärn`.
    #[serde(deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// The place of the station: `Bern, Schönau`.
    #[serde(deserialize_with = "lenient::text")]
    pub longname: Option<String>,
    /// Where the place is.
    #[serde(deserialize_with = "lenient::field")]
    pub coordinates: Option<Coordinates>,
    /// Water temperature in °C, to the tenth.
    #[serde(deserialize_with = "lenient::number")]
    pub aare: Option<f64>,
    /// Water temperature in °C, to the hundredth.
    #[serde(deserialize_with = "lenient::number")]
    pub aare_prec: Option<f64>,
    /// Today's weather symbol of Meteotest, 1 (sunny) to 15.
    #[serde(deserialize_with = "lenient::whole")]
    pub sy: Option<u8>,
    /// Today's lowest air temperature in °C.
    #[serde(deserialize_with = "lenient::number")]
    pub tn: Option<f64>,
    /// Today's highest air temperature in °C.
    #[serde(deserialize_with = "lenient::number")]
    pub tx: Option<f64>,
    /// False in every recording; what it means is not documented.
    #[serde(deserialize_with = "lenient::field")]
    pub forecast: Option<bool>,
    /// When the water was measured, in Unix seconds.
    #[serde(deserialize_with = "lenient::whole")]
    pub time: Option<i64>,
    /// URL of `/v2018/current` for this place.
    #[serde(deserialize_with = "lenient::text")]
    pub url: Option<String>,
    /// URL of `/v2018/today` for this place.
    #[serde(deserialize_with = "lenient::text")]
    pub today: Option<String>,
    /// URL of `/v2018/widget`.
    #[serde(deserialize_with = "lenient::text")]
    pub widget: Option<String>,
}

/// A position in degrees (WGS 84), to about a kilometre.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Coordinates {
    /// Degrees north.
    #[serde(deserialize_with = "lenient::field")]
    pub lat: Option<f64>,
    /// Degrees east.
    #[serde(deserialize_with = "lenient::field")]
    pub lon: Option<f64>,
}

pub(super) fn read(request: &Request, body: &[u8]) -> Result<Vec<City>, Error> {
    let entries: Vec<Entry> = body::read(request.endpoint(), body)?;
    Ok(entries.into_iter().filter_map(|entry| entry.0).collect())
}

/// An element of the list that may be anything.
#[derive(Deserialize)]
struct Entry(#[serde(deserialize_with = "lenient::field")] Option<City>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_that_is_no_place_is_left_out() {
        let body = br#"[null, 1, {"city": "bern", "aare": 12}]"#;
        let cities = read(&Request::Cities, body).unwrap();
        assert_eq!(cities.len(), 1);
        assert_eq!(cities[0].aare, Some(12.0));
    }
}
