//! `/v2018/history`: the river over a span of time.
//!
//! No answer of this endpoint is public, and its description names no field.
//! Those who wrote clients claim different shapes; all of them are read here:
//! a list of points, or an object with one or several series of pairs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::lenient::Lenient;
use super::{body, named_place};
use crate::Error;
use crate::upstream::Request;

/// Where an object may hold the series.
const HOLDERS: [&str; 4] = ["data", "timeseries", "values", "result"];

/// What the time of a point may be called.
const TIMES: [&str; 4] = ["timestamp", "time", "ts", "date"];

/// The answer of `/v2018/history`.
///
/// **Unproven**: no real answer is public, so neither the shape nor the names
/// of the series are known. By the API's description there should be water
/// temperature in °C, flow in m³/s and air temperature in °C.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// The series by the names that the API gives them; one without a name is
    /// called as the field that holds it, or `values`.
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

/// The series in an answer; `None` if there is nothing like one.
fn series(answer: &Value) -> Option<BTreeMap<String, Vec<HistoryPoint>>> {
    let Value::Object(fields) = answer else {
        return series_in("values", answer);
    };
    let held = HOLDERS
        .iter()
        .find_map(|&name| series_in(name, fields.get(name)?));
    held.or_else(|| named_series(fields))
}

/// The series in a field that may be one, or hold several.
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

/// `{"flow": [[time, value], …], …}`.
fn named_series(fields: &Map<String, Value>) -> Option<BTreeMap<String, Vec<HistoryPoint>>> {
    let pairs = fields
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), pairs(value.as_array()?)?)));
    let all: BTreeMap<_, _> = pairs.collect();
    (!all.is_empty()).then_some(all)
}

/// `[[time, value], …]`, or an empty list; `None` if there is no pair among the elements.
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

/// `[{"timestamp": …, "flow": …}, …]`: a series for each name that has a number
/// anywhere, with a point for each element.
fn points(elements: &[Value]) -> BTreeMap<String, Vec<HistoryPoint>> {
    let rows: Vec<_> = elements
        .iter()
        .filter_map(Value::as_object)
        .filter_map(|fields| {
            let (name, at) = TIMES
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

/// Unix seconds, or a time as text with its offset from UTC.
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

    // All of these answers are synthetic: no real one is public.

    #[test]
    fn series_of_pairs_are_read() {
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
    fn a_list_of_points_is_read() {
        let list = r#"[{"timestamp": 600, "flow": 210, "temperature": 17.5},
            {"timestamp": 1200, "flow": null, "note": "x"}, {"flow": 3}, null]"#;
        let expected: &[Series<'_>] = &[
            ("flow", &[(600, Some(210.0)), (1200, None)]),
            ("temperature", &[(600, Some(17.5)), (1200, None)]),
        ];
        holds(list, expected);
        for holder in HOLDERS {
            holds(&format!(r#"{{"{holder}": {list}}}"#), expected);
        }
    }

    #[test]
    fn a_series_without_a_name_is_called_as_its_field() {
        let pairs: &[(i64, Option<f64>)] = &[(1_788_220_800, Some(17.5))];
        holds(r#"[["2026-09-01T00:00:00Z", 17.5]]"#, &[("values", pairs)]);
        holds(r#"{"result": [[1788220800, 17.5]]}"#, &[("result", pairs)]);
    }

    #[test]
    fn a_history_may_be_empty() {
        holds("[]", &[]);
        holds(r#"{"data": []}"#, &[]);
        holds(r#"{"flow": []}"#, &[("flow", &[])]);
    }

    #[test]
    fn an_unknown_shape_is_told() {
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
    fn the_history_of_another_place_is_refused() {
        let error = read_bern(r#"{"city": "thun", "data": []}"#).unwrap_err();
        assert!(matches!(error, Error::WrongPlace { .. }), "{error:?}");
        read_bern(r#"{"city": null, "data": []}"#).unwrap();
    }
}
