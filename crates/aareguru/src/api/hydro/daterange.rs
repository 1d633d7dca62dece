//! `/daterange` of the hydro API: measurements of one gauge over a time span.

use serde::Deserialize;
use serde_json::Value;

use crate::Error;
use crate::api::lenient::Lenient;
use crate::api::{body, lenient};
use crate::excerpt::excerpt;
use crate::upstream::Request;

/// The response of `/daterange`, its parallel lists merged by time.
///
/// Source: a recording of Bern of 2026.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct HydroDaterange {
    /// The organisation to credit for the measurements: BAFU.
    pub source: Option<String>,
    /// URL of the terms of use.
    pub license: Option<String>,
    /// A point about every 10 minutes, oldest first, with gaps.
    pub points: Vec<HydroPoint>,
}

/// A measurement of a gauge at one time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct HydroPoint {
    /// When it was measured, in Unix seconds.
    pub timestamp: Option<i64>,
    /// Flow in m³/s, to the hundredth.
    pub flow: Option<f64>,
    /// Height of the water in metres above sea level.
    pub height: Option<f64>,
    /// Water temperature in °C, to the hundredth; null now and then in the recording.
    pub temperature: Option<f64>,
}

/// The response on the wire, with `timeseriesformat=rows`.
#[derive(Deserialize)]
struct Wire {
    #[serde(default, deserialize_with = "lenient::field")]
    source: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    license: Option<String>,
    /// The parallel lists `timestamp`, `2135|flow` and so on. PHP writes an empty object as a list.
    payload: Value,
}

pub(in crate::api) fn read(request: &Request, body: &[u8]) -> Result<HydroDaterange, Error> {
    let endpoint = request.endpoint();
    let Request::HydroDaterange(gauge, _) = request else {
        unreachable!("this reader belongs to one endpoint");
    };
    let wire: Wire = body::read_object(endpoint, body)?;
    let number = gauge.number.to_string();
    if let Some(payload) = wire.payload.as_object() {
        let locs = payload.keys().filter_map(|key| key.split_once('|'));
        if let Some((loc, _)) = locs.into_iter().find(|(loc, _)| *loc != number) {
            return Err(Error::WrongPlace {
                endpoint,
                asked: gauge.place.id().to_owned(),
                got: excerpt(&format!("gauge {loc}"), 60),
            });
        }
    }
    let list = |name: &str| wire.payload.get(name).and_then(Value::as_array);
    let times = list("timestamp").map_or(&[][..], Vec::as_slice);
    // A list of another length cannot be aligned with the times, so its values are ignored.
    let series = |parameter: &str| {
        list(&format!("{number}|{parameter}")).filter(|values| values.len() == times.len())
    };
    let (flow, height, temperature) = (series("flow"), series("height"), series("temperature"));
    let at = |values: Option<&Vec<Value>>, n: usize| values?.get(n).and_then(Option::from_value);
    let points = times.iter().enumerate().map(|(n, time)| HydroPoint {
        timestamp: Option::from_value(time),
        flow: at(flow, n),
        height: at(height, n),
        temperature: at(temperature, n),
    });
    Ok(HydroDaterange {
        points: points.collect(),
        source: wire.source,
        license: wire.license,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn read_bern(body: &str) -> Result<HydroDaterange, Error> {
        let request = Request::hydro_daterange(Place::find("bern").unwrap(), 0..=0).unwrap();
        read(&request, body.as_bytes())
    }

    #[test]
    fn parameter_that_a_gauge_does_not_measure_is_unknown() {
        let body =
            r#"{"payload": {"timestamp": [600, 1200.0, null], "2135|flow": [113.18, null, 1]}}"#;
        let points = read_bern(body).unwrap().points;
        let found: Vec<_> = points
            .iter()
            .map(|point| (point.timestamp, point.flow))
            .collect();
        assert_eq!(
            found,
            [
                (Some(600), Some(113.18)),
                (Some(1200), None),
                (None, Some(1.0))
            ]
        );
        assert!(points.iter().all(|point| point.temperature.is_none()));
    }

    #[test]
    fn list_of_another_length_than_the_times_is_unknown() {
        let body = r#"{"payload": {"timestamp": [600, 1200], "2135|flow": [113], "2135|height": [502, 503]}}"#;
        let points = read_bern(body).unwrap().points;
        assert!(points.iter().all(|point| point.flow.is_none()));
        assert_eq!(points[1].height, Some(503.0));
    }

    #[test]
    fn data_of_another_gauge_is_rejected() {
        let error = read_bern(r#"{"payload": {"timestamp": [600], "2243|flow": [90]}}"#);
        assert!(matches!(error, Err(Error::WrongPlace { .. })), "{error:?}");
    }

    #[test]
    fn daterange_without_data_is_empty() {
        for payload in ["[]", "{}", "null", r#"{"timestamp": []}"#] {
            let points = read_bern(&format!(r#"{{"payload": {payload}}}"#))
                .unwrap()
                .points;
            assert!(points.is_empty(), "{payload}");
        }
        let error = read_bern("{}").unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    }
}
