//! `/v2018/cities`: all places with their key figures.

use serde_json::Value;

use super::body;
use super::lenient::{Lenient, lenient};
use crate::Error;
use crate::upstream::Request;

lenient! {
    /// A place in the response of `/v2018/cities`.
    ///
    /// Source: recordings of 2021, 2023 and 2024.
    pub struct City {
        /// The identifier: `bern`.
        pub city: Option<String>,
        /// The name in Bernese German: `Bärn`.
        pub name: Option<String>,
        /// The place of the station: `Bern, Schönau`.
        pub longname: Option<String>,
        /// Where the place is.
        pub coordinates: Option<Coordinates>,
        /// Water temperature in °C, to the tenth.
        pub aare: Option<f64>,
        /// Water temperature in °C, to the hundredth.
        pub aare_prec: Option<f64>,
        /// Today's weather symbol of Meteotest, 1 (sunny) to 15.
        pub sy: Option<u8>,
        /// Today's lowest air temperature in °C.
        pub tn: Option<f64>,
        /// Today's highest air temperature in °C.
        pub tx: Option<f64>,
        /// False in every recording; what it means is not documented.
        pub forecast: Option<bool>,
        /// When the water was measured, in Unix seconds.
        pub time: Option<i64>,
        /// URL of `/v2018/current` for this place.
        pub url: Option<String>,
        /// URL of `/v2018/today` for this place.
        pub today: Option<String>,
        /// URL of `/v2018/widget`.
        pub widget: Option<String>,
    }

    /// A position in degrees (WGS 84), to about a kilometre.
    pub struct Coordinates {
        /// Degrees north.
        pub lat: Option<f64>,
        /// Degrees east.
        pub lon: Option<f64>,
    }
}

pub(super) fn read(request: &Request, body: &[u8]) -> Result<Vec<City>, Error> {
    let cities = body::read::<Vec<Value>>(request.endpoint(), body)?;
    Ok(cities.iter().filter_map(Option::from_value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cities_element_of_wrong_type_is_omitted() {
        let body = br#"[null, 1, {"city": "bern", "aare": 12}]"#;
        let cities = read(&Request::Cities, body).unwrap();
        assert_eq!(cities.len(), 1);
        assert_eq!(cities[0].aare, Some(12.0));
    }
}
