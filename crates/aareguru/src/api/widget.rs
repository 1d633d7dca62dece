//! `/v2018/widget`: the key figures of all places in one response.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::body;
use super::lenient::{self, lenient};
use crate::upstream::Request;
use crate::{Error, ReportedLevel};

/// The response of `/v2018/widget`.
///
/// Source: a recording of 2024, of which only Thun and Bern were published.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Widget {
    /// The key figures by the identifier of the place: `bern`.
    #[serde(deserialize_with = "lenient::field")]
    pub values: BTreeMap<String, WidgetValues>,
    /// The places.
    #[serde(default, deserialize_with = "lenient::field")]
    pub cities: Vec<WidgetCity>,
}

lenient! {
    /// The key figures of one place.
    pub struct WidgetValues {
        /// When the river was measured, in Unix seconds.
        pub timestamp: Option<i64>,
        /// The same as Swiss local time, without a date: `23:10`.
        pub timestring: Option<String>,
        /// Water temperature in °C, to the tenth.
        pub temperature: Option<f64>,
        /// A saying about temperature and flow in Bernese German. It is no advice.
        pub temperature_text: Option<String>,
        /// The same in about 15 characters.
        pub temperature_text_short: Option<String>,
        /// Flow in m³/s. Expect null where it is not measured (Olten).
        pub flow: Option<f64>,
        /// A saying about the flow; may begin with a warning sign, which is no danger level and
        /// differs from that of `/v2018/current`.
        pub flow_text: Option<String>,
        /// BAFU's flood danger level, 1 to 5. Level 1 is not a permission to swim.
        pub flow_gefahrenstufe: ReportedLevel,
        /// Forecast of the water temperature in two hours, in °C. Expect null where there is none
        /// (Olten).
        pub forecast2h: Option<f64>,
        /// Air temperature in °C.
        pub tt: Option<f64>,
        /// Today's sunshine as hours and minutes: `3:52`.
        pub suntotal: Option<String>,
    }

    /// A place as `/v2018/widget` lists it.
    pub struct WidgetCity {
        /// The identifier: `biel`.
        pub key: Option<String>,
        /// The name in Bernese German: `Biu`.
        pub name: Option<String>,
    }
}

pub(super) fn read(request: &Request, body: &[u8]) -> Result<Widget, Error> {
    body::read_object(request.endpoint(), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_it(body: &str) -> Result<Widget, Error> {
        read(&Request::Widget, body.as_bytes())
    }

    #[test]
    fn widget_place_of_wrong_type_does_not_invalidate_the_others() {
        let widget = read_it(r#"{"values": {"thun": [], "bern": {"flow": 228}}}"#).unwrap();
        assert_eq!(widget.values.len(), 1);
        assert_eq!(widget.values["bern"].flow, Some(228.0));
        assert_eq!(widget.values["bern"].temperature, None);
    }

    #[test]
    fn widget_without_values_is_malformed() {
        for body in ["{}", "[]", r#"{"cities": []}"#] {
            let error = read_it(body).unwrap_err();
            assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
        }
    }
}
