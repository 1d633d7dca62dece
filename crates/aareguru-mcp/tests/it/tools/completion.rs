//! Completions, over the real binary.

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession};

const PLACES: [&str; 8] = [
    "brienz",
    "interlaken",
    "thun",
    "bern",
    "hagneck",
    "biel",
    "olten",
    "brugg",
];

async fn complete(session: &mut SseSession, reference: &Value, name: &str, value: &str) -> Value {
    let argument = json!({"name": name, "value": value});
    let params = json!({"ref": reference, "argument": argument});
    let message =
        json!({"jsonrpc": "2.0", "id": 1, "method": "completion/complete", "params": params});
    session.call(&message.to_string()).await
}

async fn values(
    session: &mut SseSession,
    reference: &Value,
    name: &str,
    value: &str,
) -> Vec<String> {
    let answer = complete(session, reference, name, value).await;
    let completion = &answer["result"]["completion"];
    let values: Vec<String> = serde_json::from_value(completion["values"].clone()).unwrap();
    assert_eq!(completion["total"], values.len(), "{answer}");
    assert_eq!(completion["hasMore"], false);
    values
}

fn prompt(name: &str) -> Value {
    json!({"type": "ref/prompt", "name": name})
}

fn template(uri: &str) -> Value {
    json!({"type": "ref/resource", "uri": uri})
}

#[tokio::test]
async fn initialize_lists_the_server_capabilities() {
    let server = ServerProcess::demo().await;
    let answer = SseSession::open(server.address)
        .await
        .initialize("2025-06-18")
        .await;
    let capabilities = &answer["result"]["capabilities"];
    for capability in ["tools", "resources", "prompts", "completions"] {
        assert!(capabilities[capability].is_object(), "{capabilities}");
    }
}

#[tokio::test]
async fn completion_suggests_places_for_every_place_argument() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for (reference, name) in [
        (prompt("daily-swimming-report"), "city"),
        (prompt("compare-swimming-spots"), "cities"),
        (prompt("weekly-trend-analysis"), "city"),
        (template("aareguru://current/{city}"), "city"),
        (template("aareguru://today/{city}"), "city"),
        (template("aareguru://forecast/{city}"), "city"),
    ] {
        for (typed, ids) in [
            ("", &PLACES[..]),
            ("be", &["bern"]),
            ("BÄR", &["bern"]),
            ("ma", &["bern"]),
            ("bi", &["biel"]),
            ("tuhn", &["thun"]),
            ("basel", &[]),
        ] {
            let found = values(&mut session, &reference, name, typed).await;
            assert_eq!(found, ids, "{reference} {typed}");
        }
    }
}

#[tokio::test]
async fn completion_of_a_list_suggests_places_not_yet_named() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let spots = prompt("compare-swimming-spots");
    assert_eq!(
        values(&mut session, &spots, "cities", "thun,Bern, b").await,
        [
            "thun, Bern, brienz",
            "thun, Bern, biel",
            "thun, Bern, brugg"
        ]
    );
    let rest = values(&mut session, &spots, "cities", "thun, ").await;
    assert_eq!(rest.len(), 7);
    let long = "bern, ".repeat(1000);
    let found = values(&mut session, &spots, "cities", &long).await;
    assert_eq!(found, [""; 0]);
}

#[tokio::test]
async fn completion_of_other_arguments_is_empty() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for (reference, name) in [
        (prompt("daily-swimming-report"), "include_forecast"),
        (prompt("weekly-trend-analysis"), "days"),
        (prompt("weekly-trend-analysis"), "fish"),
        (template("aareguru://current/{city}"), "cities"),
    ] {
        let found = values(&mut session, &reference, name, "b").await;
        assert_eq!(found, [""; 0], "{reference} {name}");
    }
}

#[tokio::test]
async fn completion_for_an_unknown_reference_lists_the_known_ones() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for (reference, says) in [
        (prompt("swim"), "unknown prompt `swim`; there are daily-"),
        (
            template("aareguru://cities"),
            "unknown resource template `aareguru://cities`; there are aareguru://current/{city},",
        ),
    ] {
        let answer = complete(&mut session, &reference, "city", "b").await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
    }
}
