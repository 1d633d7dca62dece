//! `/latest` of the hydro API: the latest measurements of several gauges.

use serde::Deserialize;
use serde_json::Value;

use crate::Error;
use crate::api::body;
use crate::api::lenient::{self, Lenient};
use crate::excerpt::excerpt;
use crate::upstream::Request;

/// The response of `/latest`.
///
/// Source: the description of the API, and a sample of 2022.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct HydroLatest {
    /// The organisation to credit for the measurements: BAFU.
    #[serde(default, deserialize_with = "lenient::field")]
    pub source: Option<String>,
    /// URL of the terms of use.
    #[serde(default, deserialize_with = "lenient::field")]
    pub license: Option<String>,
    /// One value per gauge and parameter. Parameters that a gauge does not measure are absent.
    #[serde(deserialize_with = "lenient::field")]
    pub payload: Vec<HydroValue>,
}

/// A value measured by a gauge.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HydroValue {
    /// When it was measured, in Unix seconds.
    #[serde(deserialize_with = "lenient::field")]
    pub timestamp: Option<i64>,
    /// BAFU's number of the gauge: `2135`.
    #[serde(deserialize_with = "lenient::identifier")]
    pub loc: Option<String>,
    /// The parameter: `flow`, `height` or `temperature`.
    #[serde(deserialize_with = "lenient::field")]
    pub par: Option<String>,
    /// The value: flow in m³/s, height in metres above sea level, temperature of the water in °C.
    #[serde(deserialize_with = "lenient::field")]
    pub val: Option<f64>,
}

impl Lenient for Option<HydroValue> {
    fn from_value(value: &Value) -> Self {
        lenient::expected(value)
    }
}

pub(in crate::api) fn read(request: &Request, body: &[u8]) -> Result<HydroLatest, Error> {
    let latest: HydroLatest = body::read_object(request.endpoint(), body)?;
    if let Request::HydroLatest(gauges) = request {
        let asked = |loc: &str| gauges.iter().any(|gauge| gauge.number.to_string() == loc);
        let mut locs = latest
            .payload
            .iter()
            .filter_map(|value| value.loc.as_deref());
        if let Some(loc) = locs.find(|loc| !asked(loc)) {
            let ids: Vec<_> = gauges.iter().map(|gauge| gauge.place.id()).collect();
            return Err(Error::WrongPlace {
                endpoint: request.endpoint(),
                asked: ids.join(", "),
                got: excerpt(&format!("gauge {loc}"), 60),
            });
        }
    }
    Ok(latest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn read_bern(body: &str) -> Result<HydroLatest, Error> {
        let bern = Place::find("bern").unwrap();
        read(&Request::hydro_latest(&[bern]).unwrap(), body.as_bytes())
    }

    #[test]
    fn null_value_is_unknown() {
        let body =
            r#"{"payload": [null, {"timestamp": 600, "loc": 2135, "par": "flow", "val": null}]}"#;
        let latest = read_bern(body).unwrap();
        assert_eq!(latest.payload.len(), 1);
        assert_eq!(latest.payload[0].loc.as_deref(), Some("2135"));
        assert_eq!(latest.payload[0].val, None);
    }

    #[test]
    fn gauge_that_was_not_requested_is_rejected() {
        let error = read_bern(r#"{"payload": [{"loc": "2243", "par": "flow", "val": 90}]}"#);
        assert_eq!(
            error.unwrap_err().to_string(),
            "asked the existenz.ch hydro API for `bern`, got `gauge 2243`"
        );
    }

    #[test]
    fn latest_without_payload_is_malformed() {
        let error = read_bern(r#"{"source": "BAFU"}"#).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    }
}
