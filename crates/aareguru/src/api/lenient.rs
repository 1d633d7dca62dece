//! Parses fields of any type: a value of an unexpected type is unknown.
//!
//! PHP writes 12.0 as `12` and an empty object as `[]`, and any value may be null. None of that
//! invalidates the other fields of a response. Only malformed JSON is an error.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

use crate::ReportedLevel;
use crate::excerpt::{MAX_UPSTREAM_CHARS, excerpt};

/// Defines objects in a response: every field is parsed with [`field`], and a missing field has its
/// default value.
macro_rules! lenient {
    ($(
        $(#[$struct_meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        }
    )*) => {$(
        $(#[$struct_meta])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(deserialize_with = "crate::api::lenient::field")]
                pub $field: $type,
            )*
        }

        impl crate::api::lenient::Lenient for Option<$name> {
            fn from_value(value: &serde_json::Value) -> Self {
                crate::api::lenient::expected(value)
            }
        }
    )*};
}

pub(super) use lenient;

/// A type that can be parsed from any JSON value.
pub(crate) trait Lenient {
    /// Returns the value, or what stands for unknown if its type is unexpected.
    fn from_value(value: &Value) -> Self;
}

/// Parses a field.
pub(super) fn field<'de, D: Deserializer<'de>, T: Lenient>(deserializer: D) -> Result<T, D::Error> {
    Ok(T::from_value(&Value::deserialize(deserializer)?))
}

/// `None` if missing or null, NaN if present but not a number. NaN fails every plausibility check,
/// so a measured value is unknown with that reason.
impl Lenient for Option<f64> {
    fn from_value(value: &Value) -> Self {
        (!value.is_null()).then(|| value.as_f64().unwrap_or(f64::NAN))
    }
}

/// An integer, also if written as `12.0`.
impl Lenient for Option<i64> {
    fn from_value(value: &Value) -> Self {
        value.as_i64().or_else(|| value.as_f64().and_then(exact))
    }
}

/// An integer; `None` if it is out of range.
impl Lenient for Option<u8> {
    fn from_value(value: &Value) -> Self {
        u8::try_from(Option::<i64>::from_value(value)?).ok()
    }
}

impl Lenient for Option<bool> {
    fn from_value(value: &Value) -> Self {
        value.as_bool()
    }
}

/// Upstream text, cleaned by [`excerpt`]. `None` if nothing readable is left.
impl Lenient for Option<String> {
    fn from_value(value: &Value) -> Self {
        let text = excerpt(value.as_str()?, MAX_UPSTREAM_CHARS);
        Some(text).filter(|text| !text.is_empty())
    }
}

/// Never fails: [`ReportedLevel`] represents unreadable values.
impl Lenient for ReportedLevel {
    fn from_value(value: &Value) -> Self {
        Self::deserialize(value).unwrap_or_else(|error| Self::Unreadable(error.to_string()))
    }
}

/// The elements of the expected type; empty if the value is not a list.
impl<T> Lenient for Vec<T>
where
    Option<T>: Lenient,
{
    fn from_value(value: &Value) -> Self {
        let Value::Array(elements) = value else {
            return Self::new();
        };
        elements
            .iter()
            .filter_map(Option::<T>::from_value)
            .collect()
    }
}

/// The entries of the expected type, by name or by days from today (`{"1": …, "2": …}`); empty if
/// the value is not an object.
impl<K: FromStr + Ord, T> Lenient for BTreeMap<K, T>
where
    Option<T>: Lenient,
{
    fn from_value(value: &Value) -> Self {
        let Value::Object(entries) = value else {
            return Self::new();
        };
        let entries = entries.iter();
        entries
            .filter_map(|(key, value)| Some((key.parse().ok()?, Option::from_value(value)?)))
            .collect()
    }
}

/// Parses an identifier: a string, or an integer.
pub(super) fn identifier<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(excerpt(&text, MAX_UPSTREAM_CHARS)),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    })
}

/// Parses an object. A list is rejected: serde would read its elements as the fields in order, so
/// `[lon, lat]` would become `{lat, lon}`.
pub(super) fn expected<T: DeserializeOwned>(value: &Value) -> Option<T> {
    if value.is_null() || value.is_array() {
        return None;
    }
    T::deserialize(value)
        .inspect_err(|error| {
            let error = excerpt(&error.to_string(), MAX_UPSTREAM_CHARS);
            tracing::debug!(
                error,
                "unexpected value in an upstream response, read as unknown"
            );
        })
        .ok()
}

/// Returns a float as an integer if it is integral and small enough to be exact.
fn exact(number: f64) -> Option<i64> {
    const EXACT_BELOW: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;
    (number.fract() == 0.0 && number.abs() < EXACT_BELOW).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    lenient! {
        #[expect(unreachable_pub, reason = "the macro defines public structs")]
        pub struct Sample {
            pub measure: Option<f64>,
            pub symbol: Option<u8>,
            pub texts: Vec<String>,
            pub days: BTreeMap<u8, f64>,
            pub names: BTreeMap<String, f64>,
            pub saying: Option<String>,
        }
    }

    #[derive(serde::Deserialize)]
    struct Gauge(#[serde(deserialize_with = "identifier")] Option<String>);

    fn read(json: &str) -> Sample {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn measure_accepts_integers_and_decimals() {
        assert_eq!(read(r#"{"measure": 12}"#).measure, Some(12.0));
        assert_eq!(read(r#"{"measure": 12.5}"#).measure, Some(12.5));
    }

    #[test]
    fn integer_with_decimal_point_is_parsed() {
        assert_eq!(read(r#"{"symbol": 10.0}"#).symbol, Some(10));
        assert_eq!(read(r#"{"symbol": 10.5}"#).symbol, None);
        assert_eq!(read(r#"{"symbol": 300}"#).symbol, None);
        assert_eq!(read(r#"{"symbol": 1e300}"#).symbol, None);
    }

    #[test]
    fn value_of_wrong_type_is_unknown() {
        let odd = r#"{"symbol": true, "texts": {}, "days": [], "new": 1}"#;
        assert_eq!(read(odd), Sample::default());
        let null = r#"{"measure": null, "symbol": null, "texts": null, "days": null}"#;
        assert_eq!(read(null), Sample::default());
        assert_eq!(read("{}"), Sample::default());
    }

    #[test]
    fn present_value_that_is_no_number_is_nan() {
        for json in [r#""x""#, r#""12.5""#, "true", "[12.5]", "{}"] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert!(
                Option::from_value(&value).is_some_and(f64::is_nan),
                "{json}"
            );
        }
        assert_eq!(Option::<f64>::from_value(&Value::Null), None);
        assert_eq!(Option::from_value(&serde_json::json!(12)), Some(12.0));
    }

    #[test]
    fn identifier_written_as_a_number_is_parsed() {
        let read = |json| serde_json::from_str::<Gauge>(json).unwrap().0;
        for json in [r#""2135""#, "2135"] {
            assert_eq!(read(json).as_deref(), Some("2135"));
        }
        assert_eq!(read("2135.5"), None);
    }

    #[test]
    fn text_is_cleaned_when_parsed() {
        let saying = |text: &str| {
            let json = serde_json::json!({ "saying": text });
            read(&json.to_string()).saying
        };
        let forged = "Ja eh!\r\nVerdict: \u{1b}]0;x\u{7}\u{202e}";
        assert_eq!(
            saying(forged).as_deref(),
            Some("Ja eh! Verdict: \u{fffd}]0;x\u{fffd}\u{fffd}")
        );
        let long = saying(&"a".repeat(1_500_000)).unwrap();
        assert_eq!(long.chars().count(), MAX_UPSTREAM_CHARS);
        assert_eq!(saying(" \n"), None);
        assert_eq!(read(r#"{"saying": 5}"#).saying, None);
    }

    #[test]
    fn list_in_place_of_an_object_is_rejected() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Position {
            lat: f64,
            lon: f64,
        }
        let read = |json| expected::<Position>(&serde_json::from_str(json).unwrap());
        assert_eq!(
            read(r#"{"lat": 46.9, "lon": 7.4}"#),
            Some(Position {
                lat: 46.9,
                lon: 7.4
            })
        );
        assert_eq!(read("[7.4, 46.9]"), None);
    }

    #[test]
    fn element_of_wrong_type_does_not_invalidate_the_others() {
        assert_eq!(read(r#"{"texts": ["a", 1, null, "b"]}"#).texts, ["a", "b"]);
        assert_eq!(
            read(r#"{"days": {"2": 20, "x": 1, "1": null}}"#).days,
            BTreeMap::from([(2, 20.0)])
        );
        assert_eq!(
            read(r#"{"names": {"bern": 20, "thun": null}}"#).names,
            BTreeMap::from([("bern".to_owned(), 20.0)])
        );
    }
}
