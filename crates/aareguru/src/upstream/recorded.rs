//! The recordings compiled into this crate, as an upstream. What they are and
//! where they come from stands in `recordings/PROVENANCE.md`.

use std::borrow::Cow;

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::Request;
use crate::Place;

/// The day on which both recordings were made.
pub(super) const DAY: Date = date(2023, 5, 9);

const CITIES: &[u8] = include_bytes!("../../recordings/cities.json");
const CURRENT_BERN: &[u8] = include_bytes!("../../recordings/current-bern.json");

pub(super) fn body(request: Request) -> Cow<'static, [u8]> {
    match request {
        Request::Cities => Cow::Borrowed(CITIES),
        Request::Current(place) if place.id() == "bern" => Cow::Borrowed(CURRENT_BERN),
        Request::Current(place) => Cow::Owned(current(place).to_string().into_bytes()),
    }
}

/// What `/v2018/cities` tells of a place, in the shape of `/v2018/current`. No
/// such answer was recorded except for Bern, so the rest is unknown.
fn current(place: &Place) -> Value {
    let cities: Value = serde_json::from_slice(CITIES)
        .expect("the recording is compiled in and every test reads it");
    let city = cities
        .as_array()
        .and_then(|cities| cities.iter().find(|city| city["city"] == place.id()))
        .expect("the recording has all places, as a test makes sure");
    json!({
        "aare": {
            "location": city["name"],
            "location_long": city["longname"],
            "coordinates": city["coordinates"],
            "timestamp": city["time"],
            "temperature": city["aare"],
            "temperature_prec": city["aare_prec"],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_an_answer() {
        for place in Place::all() {
            let body: Value = serde_json::from_slice(&body(Request::Current(place))).unwrap();
            assert_eq!(body["aare"]["location"], place.dialect_name());
            assert_eq!(body["aare"]["location_long"], place.station());
            assert!(body["aare"]["temperature"].is_number());
        }
    }

    #[test]
    fn what_was_not_recorded_is_unknown() {
        let thun = current(Place::find("thun").unwrap());
        assert_eq!(thun["aare"]["flow"], Value::Null);
    }
}
