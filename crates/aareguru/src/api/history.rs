//! `/v2018/history`: the river over a time span.
//!
//! No response of this endpoint is public, and its description names no fields. Published clients
//! disagree about its shape; all shapes they assume can be parsed: a list of points, or an object
//! with one or several series of pairs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::lenient::Lenient;
use super::{body, named_place};
use crate::Error;
use crate::upstream::Request;

/// The fields of an object that may contain the series.
const SERIES_FIELDS: [&str; 4] = ["data", "timeseries", "values", "result"];

/// The fields of a point that may contain its time.
const TIME_FIELDS: [&str; 4] = ["timestamp", "time", "ts", "date"];

/// The response of `/v2018/history`.
///
/// **Unproven**: no real response is public, so neither the shape nor the names of the series are
/// known. According to the API's description, it contains water temperature in °C, flow in m³/s and
/// air temperature in °C.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// The series by name. A series without a name has the name of the field that contains it, or
    /// `values`.
    pub series: BTreeMap<String, Vec<HistoryPoint>>,
}

/// A value at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct HistoryPoint {
    /// When it was measured, in Unix seconds.
    pub timestamp: i64,
    /// The value, in the unit of the series.
    pub value: Option<f64>,
}

pub(super) fn read(request: &Request, body: &[u8]) -> Result<History, Error> {
    let endpoint = request.endpoint();
    let answer: Value = match body.trim_ascii_start().first() {
        Some(b'{') => Value::Object(body::read_object(endpoint, body)?),
        _ => Value::Array(body::read(endpoint, body)?),
    };
    if let (Request::History(place, _), Some(Value::String(city))) = (request, answer.get("city")) {
        named_place::check(endpoint, place, &[&Some(city.clone())])?;
    }
    match series(&answer) {
        Some(series) => Ok(History { series }),
        None => Err(Error::Malformed {
            endpoint,
            reason: "a history of an unknown shape".to_owned(),
            source: None,
        }),
    }
}

/// Returns the series in a response; `None` if there are none.
fn series(answer: &Value) -> Option<BTreeMap<String, Vec<HistoryPoint>>> {
    let Value::Object(fields) = answer else {
        return series_in("values", answer);
    };
    let held = SERIES_FIELDS
        .iter()
        .find_map(|&name| series_in(name, fields.get(name)?));
    held.or_else(|| named_series(fields))
}

/// Returns the series in a field that contains one or several.
fn series_in(name: &str, value: &Value) -> Option<BTreeMap<String, Vec<HistoryPoint>>> {
    match value {
        Value::Object(fields) => named_series(fields),
        Value::Array(elements) if elements.is_empty() => Some(BTreeMap::new()),
        Value::Array(elements) => {
            let mut all = points(elements);
            if let Some(pairs) = pairs(elements) {
                all.insert(name.to_owned(), pairs);
            }
            (!all.is_empty()).then_some(all)
        }
        _ => None,
    }
}

/// Parses `{"flow": [[time, value], …], …}`.
fn named_series(fields: &Map<String, Value>) -> Option<BTreeMap<String, Vec<HistoryPoint>>> {
    let pairs = fields
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), pairs(value.as_array()?)?)));
    let all: BTreeMap<_, _> = pairs.collect();
    (!all.is_empty()).then_some(all)
}

/// Parses `[[time, value], …]`, or an empty list; `None` if no element is a pair.
fn pairs(elements: &[Value]) -> Option<Vec<HistoryPoint>> {
    let pair = |element: &Value| match element.as_array()?.as_slice() {
        [at, value] => Some(HistoryPoint {
            timestamp: time(at)?,
            value: Option::from_value(value),
        }),
        _ => None,
    };
    let pairs: Vec<_> = elements.iter().filter_map(pair).collect();
    (elements.is_empty() || !pairs.is_empty()).then_some(pairs)
}

/// Parses `[{"timestamp": …, "flow": …}, …]`: one series per name that has a number anywhere, with
/// one point per element.
fn points(elements: &[Value]) -> BTreeMap<String, Vec<HistoryPoint>> {
    let rows: Vec<_> = elements
        .iter()
        .filter_map(Value::as_object)
        .filter_map(|fields| {
            let (name, at) = TIME_FIELDS
                .iter()
                .find_map(|&name| Some((name, time(fields.get(name)?)?)))?;
            Some((name, at, fields))
        })
        .collect();
    let mut all: BTreeMap<String, Vec<HistoryPoint>> = BTreeMap::new();
    for (time_name, _, fields) in &rows {
        let numbers = fields.iter().filter(|(_, value)| value.is_number());
        for (name, _) in numbers.filter(|(name, _)| name != time_name) {
            all.entry(name.clone()).or_default();
        }
    }
    for (name, series) in &mut all {
        series.extend(rows.iter().map(|(_, timestamp, fields)| HistoryPoint {
            timestamp: *timestamp,
            value: fields.get(name).and_then(Option::from_value),
        }));
    }
    all
}

/// Parses Unix seconds, or a timestamp with its UTC offset.
fn time(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => Some(text.parse::<Timestamp>().ok()?.as_second()),
        number => Option::from_value(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn read_bern(body: &str) -> Result<History, Error> {
        let request = Request::History(Place::find("bern").unwrap(), 0..=0);
        read(&request, body.as_bytes())
    }

    /// A series as times and values.
    type Series<'a> = (&'a str, &'a [(i64, Option<f64>)]);

    #[track_caller]
    fn holds(body: &str, expected: &[Series<'_>]) {
        let history = read_bern(body).unwrap();
        let found: Vec<(&str, Vec<_>)> = history
            .series
            .iter()
            .map(|(name, points)| {
                let points = points.iter().map(|point| (point.timestamp, point.value));
                (name.as_str(), points.collect())
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|&(name, points)| (name, points.to_vec()))
            .collect();
        assert_eq!(found, expected, "{body}");
    }

    // All responses here are synthetic: no real one is public.

    #[test]
    fn history_of_pairs_is_parsed() {
        let both = r#"{"flow": [[600, 210], [1200, null]], "temperature": [[600, 17.5]]}"#;
        let expected: &[Series<'_>] = &[
            ("flow", &[(600, Some(210.0)), (1200, None)]),
            ("temperature", &[(600, Some(17.5))]),
        ];
        holds(both, expected);
        holds(
            &format!(r#"{{"city": "bern", "start": 0, "data": {both}}}"#),
            expected,
        );
    }

    #[test]
    fn history_of_points_is_parsed() {
        let list = r#"[{"timestamp": 600, "flow": 210, "temperature": 17.5},
            {"timestamp": 1200, "flow": null, "note": "x"}, {"flow": 3}, null]"#;
        let expected: &[Series<'_>] = &[
            ("flow", &[(600, Some(210.0)), (1200, None)]),
            ("temperature", &[(600, Some(17.5)), (1200, None)]),
        ];
        holds(list, expected);
        for holder in SERIES_FIELDS {
            holds(&format!(r#"{{"{holder}": {list}}}"#), expected);
        }
    }

    #[test]
    fn history_series_without_a_name_is_named_after_its_field() {
        let pairs: &[(i64, Option<f64>)] = &[(1_788_220_800, Some(17.5))];
        holds(r#"[["2026-09-01T00:00:00Z", 17.5]]"#, &[("values", pairs)]);
        holds(r#"{"result": [[1788220800, 17.5]]}"#, &[("result", pairs)]);
    }

    #[test]
    fn empty_history_is_parsed() {
        holds("[]", &[]);
        holds(r#"{"data": []}"#, &[]);
        holds(r#"{"flow": []}"#, &[("flow", &[])]);
    }

    #[test]
    fn history_of_unknown_shape_is_malformed() {
        for body in [
            "{}",
            "[1, 2]",
            r#"{"data": 1}"#,
            r#"[{"flow": 1}]"#,
            "[[1]]",
        ] {
            let error = read_bern(body).unwrap_err();
            assert!(
                error.to_string().ends_with("an unknown shape"),
                "{body}: {error}"
            );
        }
        let error = read_bern(r#"{"error": "no such city"}"#).unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    }

    #[test]
    fn history_of_another_place_is_rejected() {
        let error = read_bern(r#"{"city": "thun", "data": []}"#).unwrap_err();
        assert!(matches!(error, Error::WrongPlace { .. }), "{error:?}");
        read_bern(r#"{"city": null, "data": []}"#).unwrap();
    }
}
