//! How often a query calls the API, and how upstream failures are reported.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{GraphQlServer, code};
use testkit::MockResponse;

const IDS: [&str; 8] = [
    "brienz",
    "interlaken",
    "thun",
    "bern",
    "hagneck",
    "biel",
    "olten",
    "brugg",
];

#[tokio::test]
async fn fan_out_query_sends_one_upstream_request_per_place() {
    let server = GraphQlServer::start(MockResponse::Recordings.held()).await;
    let fields = "current { water { celsius } } danger { verdict } forecast { today }";
    let each = IDS.map(|id| {
        format!(
            r#"{id}: place(name: "{id}") {{ {fields} }} {id}2: place(name: "{id}") {{ {fields} }}"#
        )
    });
    let query = format!(
        "{{ places {{ {fields} }} compare {{ boundary }} again: compare {{ boundary }} {} }}",
        each.join(" ")
    );
    let asking = server.ask(&query);
    let release = async {
        server.upstream.first_request().await;
        server.upstream.release();
    };
    let (answer, ()) = tokio::join!(asking, release);
    assert!(answer["data"]["places"].is_array(), "{answer}");
    let asked = server.upstream.requests();
    let distinct: BTreeSet<_> = asked.iter().collect();
    assert_eq!(distinct.len(), asked.len(), "{asked:?}");
    // Eight places and one comparison.
    assert_eq!(asked.len(), 9, "{asked:?}");
}

#[tokio::test]
async fn upstream_failure_affects_only_the_fields_that_need_it() {
    let server =
        GraphQlServer::start(MockResponse::at([("current", MockResponse::status(503))])).await;
    let answer = server
        .ask("{ place { name current { water { celsius } } danger { verdict } } compare { boundary } }")
        .await;
    let data = &answer["data"];
    assert_eq!(
        data["place"],
        json!({ "name": "Bern", "current": null, "danger": null })
    );
    assert!(data["compare"]["boundary"].is_string(), "{answer}");
    assert_eq!(code(&answer), "UPSTREAM_UNAVAILABLE");
    let mut paths: Vec<&Value> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["path"])
        .collect();
    paths.sort_by_key(|path| path.to_string());
    assert_eq!(
        paths,
        [&json!(["place", "current"]), &json!(["place", "danger"])]
    );
}

#[tokio::test]
async fn unknown_value_is_null_with_its_reason() {
    let empty = r#"{"aare": {"location": "Bärn"}}"#;
    let server = GraphQlServer::start(MockResponse::text(empty)).await;
    let answer = server
        .ask(
            "{ place { current { water { celsius unknownBecause freshness } \
             flow { m3PerS unknownBecause } } \
             danger { floodLevel floodLevelUnknownBecause verdict trend { direction m3PerSPerHour } } } }",
        )
        .await;
    let place = &answer["data"]["place"];
    let because = "upstream sent no value";
    assert_eq!(
        place["current"],
        json!({
            "water": { "celsius": null, "unknownBecause": because, "freshness": "UNKNOWN" },
            "flow": { "m3PerS": null, "unknownBecause": because },
        })
    );
    let danger = &place["danger"];
    assert_eq!(danger["floodLevel"], Value::Null);
    assert!(danger["floodLevelUnknownBecause"].is_string());
    assert_eq!(danger["verdict"], "UNKNOWN");
    assert_eq!(
        danger["trend"],
        json!({ "direction": "UNKNOWN", "m3PerSPerHour": null })
    );
}

#[tokio::test]
async fn invalid_argument_error_names_the_argument() {
    let server = GraphQlServer::start(MockResponse::Recordings).await;
    for (field, argument) in [
        (r#"place { history(start: "soon") { readings } }"#, "start"),
        (
            r#"place { history(end: "2999-01-01") { readings } }"#,
            "end",
        ),
        (r#"place { forecast(hours: 0) { notes } }"#, "hours"),
        (r#"place { forecast(hours: 97) { notes } }"#, "hours"),
        (r#"places(names: []) { id }"#, "names"),
        (r#"compare(places: []) { boundary }"#, "places"),
    ] {
        let answer = server.ask(&format!("{{ {field} }}")).await;
        assert_eq!(code(&answer), "BAD_INPUT", "{field}: {answer}");
        assert_eq!(answer["errors"][0]["extensions"]["argument"], argument);
    }
    let recorded = r#"{ place { history(start: "-24 hours") { points(max: 3) { at } } } }"#;
    let demo = testkit::ServerProcess::demo().await;
    let answer = super::ask(demo.address, recorded).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["argument"], "max",
        "{answer}"
    );
    assert_eq!(answer["data"]["place"]["history"]["points"], Value::Null);
}
