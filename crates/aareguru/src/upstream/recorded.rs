//! The recordings compiled into this crate, as an upstream. `recordings/PROVENANCE.md` describes
//! their origin.
//!
//! Responses that were not recorded are derived from those that were, if possible; their other
//! fields are null. No value is invented.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Map, Value, json};

use super::request::Gauge;
use super::{Body, Request};
use crate::{Error, Place};

/// The day on which the recordings of the Aareguru API were made.
pub(super) const RECORDING_DATE: Date = date(2023, 5, 9);

/// When `cities` was recorded: 2023-05-09 15:05 UTC, to a few minutes.
const CITIES_RECORDED_AT: i64 = 1_683_644_700;
/// When `current` was recorded: 2023-05-09 11:38 UTC.
const CURRENT_RECORDED_AT: i64 = 1_683_632_280;
/// When the hydro API was recorded: 2026-09-02 16:47:23 UTC.
const HYDRO_RECORDED_AT: i64 = 1_788_367_643;

const CITIES: &[u8] = include_bytes!("../../recordings/cities.json");
const CURRENT_BERN: &[u8] = include_bytes!("../../recordings/current-bern.json");
const HYDRO_BERN: &[u8] = include_bytes!("../../recordings/hydro-daterange-2135-rows.json");

pub(super) fn body(request: &Request) -> Result<Body, Error> {
    let (bytes, recorded_at) = match request {
        Request::Cities => (Cow::Borrowed(CITIES), CITIES_RECORDED_AT),
        Request::Current(place) if is_bern(place) => {
            (Cow::Borrowed(CURRENT_BERN), CURRENT_RECORDED_AT)
        }
        Request::Current(place) => (owned(&current(place)), CITIES_RECORDED_AT),
        Request::Today(place) if is_bern(place) => (owned(&today(place)), CURRENT_RECORDED_AT),
        Request::Today(place) => (owned(&today(place)), CITIES_RECORDED_AT),
        Request::Widget => (owned(&widget()), CITIES_RECORDED_AT),
        // The recording has its own times, whatever the requested span.
        Request::HydroDaterange(gauge, _) if is_bern(gauge.place) => {
            (Cow::Borrowed(HYDRO_BERN), HYDRO_RECORDED_AT)
        }
        Request::HydroLatest(gauges) if gauges.iter().any(|gauge| is_bern(gauge.place)) => {
            (owned(&hydro_latest_bern(gauges)), HYDRO_RECORDED_AT)
        }
        Request::History(..) | Request::HydroDaterange(..) | Request::HydroLatest(_) => {
            return Err(Error::NoRecording {
                endpoint: request.endpoint(),
            });
        }
    };
    Ok(Body {
        bytes,
        recorded_at: Timestamp::from_second(recorded_at).ok(),
    })
}

fn is_bern(place: &Place) -> bool {
    place.id() == "bern"
}

fn owned(body: &Value) -> Cow<'static, [u8]> {
    Cow::Owned(body.to_string().into_bytes())
}

fn json(recording: &[u8]) -> Value {
    serde_json::from_slice(recording).expect("the recording is compiled in and every test reads it")
}

/// Returns the entry of `/v2018/cities` for a place.
fn city(place: &Place) -> Value {
    let cities = json(CITIES);
    let city = cities
        .as_array()
        .and_then(|cities| cities.iter().find(|city| city["city"] == place.id()));
    city.expect("the recording has all places, as a test makes sure")
        .clone()
}

/// Returns `/v2018/current`: Bern's recording; for other places, the values of `/v2018/cities`.
fn current(place: &Place) -> Value {
    if is_bern(place) {
        return json(CURRENT_BERN);
    }
    let city = city(place);
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

/// Derives `/v2018/today` from `/v2018/current`.
fn today(place: &Place) -> Value {
    let aare = &current(place)["aare"];
    json!({
        "aare": aare["temperature"],
        "aare_prec": aare["temperature_prec"],
        "text": aare["temperature_text"],
        "text_short": aare["temperature_text_short"],
        "time": aare["timestamp"],
        "name": aare["location"],
        "longname": aare["location_long"],
    })
}

/// Derives `/v2018/widget`. Bern is from its own recording, about four hours before the other
/// places; each has its own time.
fn widget() -> Value {
    let mut values = Map::new();
    for place in Place::all() {
        let current = current(place);
        let aare = &current["aare"];
        let figures = json!({
            "timestamp": aare["timestamp"],
            "timestring": aare["timestring"],
            "temperature": aare["temperature"],
            "temperature_text": aare["temperature_text"],
            "temperature_text_short": aare["temperature_text_short"],
            "flow": aare["flow"],
            "flow_text": aare["flow_text"],
            "flow_gefahrenstufe": null,
            "forecast2h": aare["forecast2h"],
            "tt": current["weather"]["current"]["tt"],
            "suntotal": current["sun"]["today"]["suntotal"],
        });
        values.insert(place.id().to_owned(), figures);
    }
    let cities: Vec<_> = Place::all()
        .iter()
        .map(|place| json!({"key": place.id(), "name": city(place)["name"]}))
        .collect();
    json!({"values": values, "cities": cities})
}

/// Derives `/latest` of the hydro API from the last row of Bern's `/daterange`.
fn hydro_latest_bern(gauges: &[Gauge]) -> Value {
    let recording = json(HYDRO_BERN);
    let last = |series: &str| {
        let values = recording["payload"][series].as_array();
        values.and_then(|values| values.last()).cloned()
    };
    let bern = gauges.iter().filter(|gauge| is_bern(gauge.place));
    let payload: Vec<_> = bern
        .flat_map(|gauge| {
            ["flow", "height", "temperature"].map(|parameter| {
                json!({
                    "timestamp": last("timestamp"),
                    "loc": gauge.number.to_string(),
                    "par": parameter,
                    "val": last(&format!("{}|{parameter}", gauge.number)),
                })
            })
        })
        .collect();
    json!({
        "source": recording["source"],
        "apiurl": recording["apiurl"],
        "opendata": recording["opendata"],
        "license": recording["license"],
        "payload": payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_a_recorded_response() {
        for place in Place::all() {
            let body = json(&body(&Request::Current(place)).unwrap().bytes);
            assert_eq!(body["aare"]["location"], place.dialect_name());
            assert_eq!(body["aare"]["location_long"], place.station());
            assert!(body["aare"]["temperature"].is_number());
        }
    }

    #[test]
    fn value_that_was_not_recorded_is_unknown() {
        let thun = current(Place::find("thun").unwrap());
        assert_eq!(thun["aare"]["flow"], Value::Null);
        assert_eq!(widget()["values"]["thun"]["flow"], Value::Null);
    }

    #[test]
    fn recordings_have_their_documented_dates() {
        for (request, day) in [
            (Request::Cities, RECORDING_DATE),
            (Request::Current(&Place::all()[3]), RECORDING_DATE),
            (Request::hydro_latest(&[]).unwrap(), date(2026, 9, 2)),
        ] {
            let at = body(&request).unwrap().recorded_at.unwrap();
            assert_eq!(at.to_zoned(jiff::tz::TimeZone::UTC).date(), day);
        }
    }
}
