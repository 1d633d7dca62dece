//! Reading fields that may be anything: what is not as expected is unknown.
//!
//! PHP writes 12.0 as `12` and an empty object as `[]`, and any value may be
//! null; none of that may cost the other fields of an answer. Only JSON that
//! is broken as such still fails.

use std::collections::BTreeMap;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

use crate::excerpt::{MAX_UPSTREAM_CHARS, excerpt};

/// A value of type `T`, or `None` if it is anything else.
pub(super) fn field<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Value::deserialize(deserializer).map(expected)
}

/// A measured or forecast number: `None` if it is missing or null, NaN if it is present but no
/// number. NaN fails every plausibility check, so the value is unknown with that reason.
pub(super) fn number<'de, D>(deserializer: D) -> Result<Option<f64>, D::Error>
where
    D: Deserializer<'de>,
{
    Value::deserialize(deserializer).map(|value| number_of(&value))
}

/// The number that a value is, as [`number`] reads it.
pub(super) fn number_of(value: &Value) -> Option<f64> {
    (!value.is_null()).then(|| value.as_f64().unwrap_or(f64::NAN))
}

/// A whole number, also one written as `12.0`; `None` if it is anything else
/// or does not fit into `T`.
pub(super) fn whole<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    let number = whole_number(&Value::deserialize(deserializer)?);
    Ok(number.and_then(|number| T::try_from(number).ok()))
}

/// The whole number that a value is, also one written as `12.0`.
pub(super) fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().and_then(exact))
}

/// A list of those elements that are as expected; empty if it is no list.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(elements) => elements.into_iter().filter_map(expected).collect(),
        _ => Vec::new(),
    })
}

/// An object by its keys; only those entries that are as expected, and none if
/// it is no object.
pub(super) fn by_name<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::Object(entries) => {
            let entries = entries.into_iter();
            entries
                .filter_map(|(name, value)| Some((name, expected(value)?)))
                .collect()
        }
        _ => BTreeMap::new(),
    })
}

/// Upstream text, cleaned by [`excerpt`]. `None` if nothing readable is left.
pub(super) fn text<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    let value = Value::deserialize(deserializer)?;
    let text = value.as_str().map(|text| excerpt(text, MAX_UPSTREAM_CHARS));
    Ok(text.filter(|text| !text.is_empty()))
}

/// An identifier: text, also written as a whole number.
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

/// An object whose keys count days from today, `{"1": …, "2": …}`; only those
/// entries that are as expected, and none if it is no object.
pub(super) fn by_day<'de, D, T>(deserializer: D) -> Result<BTreeMap<u8, T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::Object(entries) => {
            let days = entries.into_iter();
            days.filter_map(|(day, value)| Some((day.parse().ok()?, expected(value)?)))
                .collect()
        }
        _ => BTreeMap::new(),
    })
}

/// A list is refused, since serde would read its elements as the fields of a
/// struct in order: `[lon, lat]` would pass for `{lat, lon}`.
fn expected<T: DeserializeOwned>(value: Value) -> Option<T> {
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

/// A float that is a whole number small enough to be exact.
fn exact(number: f64) -> Option<i64> {
    const EXACT_BELOW: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;
    (number.fract() == 0.0 && number.abs() < EXACT_BELOW).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default)]
    struct Sample {
        #[serde(deserialize_with = "field")]
        measure: Option<f64>,
        #[serde(deserialize_with = "whole")]
        symbol: Option<u8>,
        #[serde(deserialize_with = "list")]
        texts: Vec<String>,
        #[serde(deserialize_with = "by_day")]
        days: BTreeMap<u8, f64>,
        #[serde(deserialize_with = "by_name")]
        names: BTreeMap<String, f64>,
        #[serde(deserialize_with = "identifier")]
        gauge: Option<String>,
        #[serde(deserialize_with = "text")]
        saying: Option<String>,
    }

    fn read(json: &str) -> Sample {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn whole_numbers_and_decimals_are_the_same_to_a_measure() {
        assert_eq!(read(r#"{"measure": 12}"#).measure, Some(12.0));
        assert_eq!(read(r#"{"measure": 12.5}"#).measure, Some(12.5));
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        assert_eq!(read(r#"{"symbol": 10.0}"#).symbol, Some(10));
        assert_eq!(read(r#"{"symbol": 10.5}"#).symbol, None);
        assert_eq!(read(r#"{"symbol": 300}"#).symbol, None);
        assert_eq!(read(r#"{"symbol": 1e300}"#).symbol, None);
    }

    #[test]
    fn what_is_not_as_expected_is_unknown() {
        let odd = r#"{"measure": "12", "symbol": true, "texts": {}, "days": [], "new": 1}"#;
        assert_eq!(read(odd), Sample::default());
        let null = r#"{"measure": null, "symbol": null, "texts": null, "days": null}"#;
        assert_eq!(read(null), Sample::default());
        assert_eq!(read("{}"), Sample::default());
    }

    #[test]
    fn present_value_that_is_no_number_is_nan() {
        for json in [r#""x""#, r#""12.5""#, "true", "[12.5]", "{}"] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert!(number_of(&value).is_some_and(f64::is_nan), "{json}");
        }
        assert_eq!(number_of(&Value::Null), None);
        assert_eq!(number_of(&serde_json::json!(12)), Some(12.0));
    }

    #[test]
    fn an_identifier_may_be_written_as_a_number() {
        for json in [r#"{"gauge": "2135"}"#, r#"{"gauge": 2135}"#] {
            assert_eq!(read(json).gauge.as_deref(), Some("2135"));
        }
        assert_eq!(read(r#"{"gauge": 2135.5}"#).gauge, None);
    }

    #[test]
    fn text_is_cleaned_where_it_enters() {
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
    fn a_list_is_no_struct() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Position {
            lat: f64,
            lon: f64,
        }
        let read = |json| expected::<Position>(serde_json::from_str(json).unwrap());
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
    fn one_odd_element_does_not_cost_the_others() {
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
