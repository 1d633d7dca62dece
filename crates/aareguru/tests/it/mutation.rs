//! Answers that differ from the recording in any way the API may think of:
//! never a panic, and never a number that was not in the answer.

use aareguru::{Error, Place, River};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::server::{CURRENT_BERN, Reply, Server};

/// A change to one value in an answer.
#[derive(Debug, Clone)]
enum Change {
    Drop,
    Put(Value),
    /// 12 becomes 12.0, and 12.5 becomes 12.
    SwapNumber,
    /// A field or an element that was not there.
    Extend,
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

/// The way to every value inside `value`: keys, and indices as text.
fn paths(value: &Value) -> Vec<Vec<String>> {
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

fn apply(answer: &mut Value, path: &[String], change: &Change) {
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
    // An earlier change may have taken the value away.
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

/// What the reading must be: the first of the two numbers that is one.
fn temperature(answer: &Value) -> Option<f64> {
    let number = |field| answer["aare"][field].as_f64();
    number("temperature").or(number("temperature_prec"))
}

fn names_bern(answer: &Value) -> bool {
    answer["aare"]["location"] == "Bärn" || answer["aare"]["location_long"] == "Bern, Schönau"
}

#[test]
fn any_change_of_an_answer_is_read_or_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(Server::start(Reply::Recordings));
    let river = River::new(server.forgetful_client());
    let recording: Value = serde_json::from_str(CURRENT_BERN).unwrap();
    let (about_river, about_rest): (Vec<_>, Vec<_>) = paths(&recording)
        .into_iter()
        .partition(|path| path[0] == "aare" && path.len() < 4);

    let pick = (any::<bool>(), any::<Index>(), change());
    proptest!(|(changes in prop::collection::vec(pick, 1..12))| {
        let mut answer = recording.clone();
        for (river, index, change) in &changes {
            let path = index.get(if *river { &about_river } else { &about_rest });
            apply(&mut answer, path, change);
        }
        server.reply(Reply::Body(200, answer.to_string().into_bytes()));

        match runtime.block_on(river.current_temperature(Place::find("bern").unwrap())) {
            Ok(now) => {
                prop_assert!(names_bern(&answer));
                prop_assert_eq!(now.water.value, temperature(&answer));
                prop_assert_eq!(now.flow_m3_per_s, answer["aare"]["flow"].as_f64());
            }
            Err(Error::WrongPlace { .. } | Error::Malformed { .. }) => prop_assert!(!names_bern(&answer)),
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    });
}
