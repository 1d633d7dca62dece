//! Changes to a response, of any kind that the API may make.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// A change to one value in an answer.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Drop,
    Put(Value),
    /// 12 becomes 12.0, and 12.5 becomes 12.
    SwapNumber,
    /// Adds a field or an element.
    Extend,
}

/// Some changes, each with its position.
pub(super) fn changes<W: Strategy>(
    place: impl Fn() -> W,
) -> impl Strategy<Value = Vec<(W::Value, Index, Change)>> {
    prop::collection::vec((place(), any::<Index>(), change()), 1..12)
}

fn change() -> impl Strategy<Value = Change> {
    let odd = vec![
        json!("x"),
        json!(true),
        json!([]),
        json!({}),
        json!([1]),
        json!(-1e300),
        json!(u64::MAX),
    ];
    prop_oneof![
        Just(Change::Drop),
        Just(Change::Put(Value::Null)),
        Just(Change::SwapNumber),
        Just(Change::Extend),
        select(odd).prop_map(Change::Put),
    ]
}

/// Returns the path to every value inside `value`: keys, and indices as text.
pub(super) fn paths(value: &Value) -> Vec<Vec<String>> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, child)| (key.clone(), child))
            .collect(),
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .map(|(n, child)| (n.to_string(), child))
            .collect(),
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for (key, child) in children {
        all.push(vec![key.clone()]);
        all.extend(
            paths(child)
                .into_iter()
                .map(|rest| [vec![key.clone()], rest].concat()),
        );
    }
    all
}

pub(super) fn apply(answer: &mut Value, path: &[String], change: &Change) {
    let (last, way) = path.split_last().unwrap();
    let pointer = |keys: &[String]| keys.iter().map(|key| format!("/{key}")).collect::<String>();
    if matches!(change, Change::Drop) {
        match answer.pointer_mut(&pointer(way)) {
            Some(Value::Object(fields)) => {
                fields.remove(last);
            }
            Some(Value::Array(elements)) => {
                elements.pop();
            }
            _ => {}
        }
        return;
    }
    // An earlier change may have removed the value.
    let Some(value) = answer.pointer_mut(&pointer(path)) else {
        return;
    };
    match (change, value) {
        (Change::Put(new), value) => *value = new.clone(),
        (Change::SwapNumber, value) => swap_number(value),
        (Change::Extend, Value::Object(fields)) => {
            fields.insert("new".to_owned(), json!([1]));
        }
        (Change::Extend, Value::Array(elements)) => elements.push(json!({"new": 1})),
        _ => {}
    }
}

fn swap_number(value: &mut Value) {
    match value.as_f64() {
        Some(number) if value.is_f64() => *value = json!(number as i64),
        Some(number) => *value = json!(number),
        None => {}
    }
}
