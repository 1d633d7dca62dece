//! Resources and their templates, over the real binary with its recordings.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession};

const APP: &str = include_str!("../../../../mcp/assets/app.js");

const RESOURCES: [&str; 4] = [
    "aareguru://cities",
    "aareguru://widget",
    "aareguru://stations",
    "aareguru://danger-levels",
];

const TEMPLATES: [&str; 3] = [
    "aareguru://current/{city}",
    "aareguru://today/{city}",
    "aareguru://forecast/{city}",
];

async fn demo() -> (ServerProcess, SseSession) {
    let server = ServerProcess::demo().await;
    let session = SseSession::initialized(server.address).await;
    (server, session)
}

async fn ask(session: &mut SseSession, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    session.call(&message.to_string()).await
}

async fn read(session: &mut SseSession, uri: &str) -> Value {
    let answer = ask(session, "resources/read", json!({ "uri": uri })).await;
    let contents = &answer["result"]["contents"][0];
    assert_eq!(contents["uri"], uri, "{answer}");
    assert_eq!(contents["mimeType"], "application/json");
    serde_json::from_str(contents["text"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn resources_and_templates_are_listed_with_descriptions() {
    let (_server, mut session) = demo().await;
    for (method, list, uri, expected) in [
        ("resources/list", "resources", "uri", &RESOURCES[..]),
        (
            "resources/templates/list",
            "resourceTemplates",
            "uriTemplate",
            &TEMPLATES[..],
        ),
    ] {
        let answer = ask(&mut session, method, json!({})).await;
        let items = answer["result"][list].as_array().unwrap();
        let uris: Vec<_> = items.iter().map(|item| item[uri].clone()).collect();
        assert_eq!(uris, expected);
        for item in items {
            assert_eq!(item["mimeType"], "application/json");
            assert!(item["title"].as_str().unwrap().len() > 5);
            assert!(item["description"].as_str().unwrap().len() > 40);
        }
    }
}

#[tokio::test]
async fn resources_credit_sources_and_make_no_forbidden_claims() {
    let (_server, mut session) = demo().await;
    let of_bern = TEMPLATES.map(|template| template.replace("{city}", "bern"));
    let of_olten = TEMPLATES.map(|template| template.replace("{city}", "olten"));
    let uris = RESOURCES.map(str::to_owned);
    for uri in uris.iter().chain(&of_bern).chain(&of_olten) {
        let json = read(&mut session, uri).await;
        assert!(
            json["credit"].as_str().unwrap().contains("aare.guru"),
            "{uri}"
        );
        assert!(!json.to_string().to_lowercase().contains("safe"), "{uri}");
    }
}

#[tokio::test]
async fn widget_resource_lists_all_recorded_places() {
    let (_server, mut session) = demo().await;
    let widget = read(&mut session, "aareguru://widget").await;
    let places = widget["places"].as_array().unwrap();
    assert_eq!(places.len(), 8);
    for place in places {
        assert!(place["temperature_celsius"].is_f64(), "{place}");
        assert!(place["age_seconds"].is_i64(), "{place}");
        assert_eq!(place["freshness"], "recorded");
        assert_eq!(place["recorded_on"], "2023-05-09");
    }
    let (thun, bern) = (&places[2], &places[3]);
    assert_eq!(
        (&bern["city"], &bern["flow_m3_per_s"]),
        (&json!("bern"), &json!(247.0))
    );
    assert_eq!(thun["flow_m3_per_s"], Value::Null);
    assert_eq!(thun["flood_level"], Value::Null);
}

#[tokio::test]
async fn stations_resource_lists_measurements_and_sources() {
    let (_server, mut session) = demo().await;
    let json = read(&mut session, "aareguru://stations").await;
    let stations = json["stations"].as_array().unwrap();
    assert_eq!(stations.len(), 8);
    for station in stations {
        assert!(station["latitude_deg"].is_f64() && station["longitude_deg"].is_f64());
        let sources = station["sources"].as_array().unwrap();
        assert!(!sources.is_empty());
        for source in sources {
            for field in ["name", "url", "date"] {
                assert!(!source[field].as_str().unwrap().is_empty(), "{source}");
            }
        }
    }
    let (bern, olten) = (&stations[3], &stations[6]);
    assert_eq!(bern["gauge"], 2135);
    assert_eq!(bern["measures"], json!(["temperature", "flow", "height"]));
    let aliases = bern["aliases"].as_array().unwrap();
    assert!(aliases.contains(&json!("Marzili")));
    assert_eq!(olten["gauge"], Value::Null);
    assert_eq!(olten["measures"], json!(["temperature"]));
    assert_eq!(olten["does_not_measure"], json!(["flow", "height"]));
}

#[tokio::test]
async fn danger_levels_resource_lists_bafu_levels_without_olten() {
    let (_server, mut session) = demo().await;
    let json = read(&mut session, "aareguru://danger-levels").await;
    let about = json["about"].as_str().unwrap();
    assert!(about.contains("level 1 is not a permission to swim"));
    assert_eq!(json["levels"].as_array().unwrap().len(), 5);
    assert_eq!(json["levels"][1]["german_name"], "mässige Gefahr");
    let gauges = json["gauges"].as_array().unwrap();
    assert_eq!(gauges.len(), 7);
    let bern = gauges.iter().find(|gauge| gauge["city"] == "bern").unwrap();
    assert_eq!(
        bern["begins"],
        json!([
            {"level": 2, "from_m3_per_s": 360.0},
            {"level": 3, "from_m3_per_s": 430.0},
            {"level": 4, "from_m3_per_s": 500.0},
            {"level": 5, "from_m3_per_s": 560.0},
        ])
    );
    assert_eq!(bern["source"]["date"], "2026-09-29");
    assert_eq!(json["places_without_levels"], json!(["olten"]));
}

#[tokio::test]
async fn resource_templates_accept_any_name_of_a_place() {
    let (_server, mut session) = demo().await;
    for (name, id) in [
        ("bern", "bern"),
        ("Marzili", "bern"),
        ("B%C3%A4rn", "bern"),
        ("Bärn", "bern"),
        ("Biel%2FBienne", "biel"),
        ("Biel/Bienne", "biel"),
    ] {
        for template in TEMPLATES {
            let uri = template.replace("{city}", name);
            let json = read(&mut session, &uri).await;
            assert_eq!(json["city"], id, "{uri}");
        }
    }
}

#[tokio::test]
async fn resource_templates_return_the_recorded_place() {
    let (_server, mut session) = demo().await;
    let today = read(&mut session, "aareguru://today/bern").await;
    assert_eq!(today["temperature_celsius"], 12.5);
    assert_eq!(today["measured_at_local"], "2023-05-09 13:20 CEST");
    assert_eq!(today["freshness"], "recorded");
    assert_eq!(today["recorded_on"], "2023-05-09");
    assert_eq!(today["saying"], "Uschaflig chaut");
    assert_eq!(today["upstream_trouble"], Value::Null);
    let thun = read(&mut session, "aareguru://today/thun").await;
    assert_eq!(thun["saying"], Value::Null);
    let current = read(&mut session, "aareguru://current/bern").await;
    assert_eq!(current["water"]["temperature_celsius"], 12.5);
    assert_eq!(current["flow"]["recorded_on"], "2023-05-09");
    assert_eq!(current["verdict"], "do_not_swim");
    let olten = read(&mut session, "aareguru://current/olten").await;
    assert_eq!(olten["flow"]["flow_m3_per_s"], Value::Null);
    assert_eq!(olten["verdict"], "unknown");
    let forecast = read(&mut session, "aareguru://forecast/bern").await;
    assert_eq!(forecast["temperature_celsius"], 12.5);
    assert_eq!(forecast["days"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn unknown_resource_error_lists_the_known_ones() {
    let (_server, mut session) = demo().await;
    let there_are = [&RESOURCES[..], &TEMPLATES[..]].concat().join(", ");
    for uri in [
        "aareguru://fish",
        "aareguru://Cities",
        "aareguru://current",
        "https://aare.guru",
        "",
    ] {
        let error = ask(&mut session, "resources/read", json!({ "uri": uri })).await;
        assert_eq!(error["error"]["code"], -32002, "{error}");
        assert_eq!(error["error"]["data"], json!({ "uri": uri }));
        assert_eq!(
            error["error"]["message"],
            format!("unknown resource `{uri}`; there are {there_are}")
        );
    }
    for (city, says) in [
        (
            "atlantis",
            "unknown place `atlantis`: the Aare is measured at brienz, interlaken",
        ),
        ("Basel", "Basel lies on the Rhine"),
        ("", "unknown place ``: the Aare is measured at brienz"),
        ("%FF%00", "the Aare is measured at brienz"),
        ("tuhn", "did you mean `thun`?"),
    ] {
        for template in TEMPLATES {
            let uri = template.replace("{city}", city);
            let error = ask(&mut session, "resources/read", json!({ "uri": uri })).await;
            assert_eq!(error["error"]["code"], -32002, "{error}");
            assert_eq!(error["error"]["data"], json!({ "uri": uri }));
            let message = error["error"]["message"].as_str().unwrap();
            assert!(message.contains(says), "{message}");
        }
    }
}

#[tokio::test]
async fn resources_with_upstream_down_return_an_error() {
    let api = ["serve", "--aareguru-base-url", "http://127.0.0.1:9"];
    let server = ServerProcess::start(&api).await;
    let mut session = SseSession::initialized(server.address).await;
    let of_bern = TEMPLATES.map(|template| template.replace("{city}", "bern"));
    let live = RESOURCES[..2].iter().copied();
    for uri in live.chain(of_bern.iter().map(String::as_str)) {
        let error = ask(&mut session, "resources/read", json!({ "uri": uri })).await;
        assert_eq!(error["error"]["code"], -32603, "{error}");
        let message = error["error"]["message"].as_str().unwrap();
        // The reason changes once the circuit is open.
        assert!(message.starts_with("no data: "), "{message}");
        assert!(message.contains("the Aareguru API"), "{message}");
    }
    // Resources that need no API are still available.
    for uri in &RESOURCES[2..] {
        read(&mut session, uri).await;
    }
}

#[tokio::test]
async fn tools_link_apps_that_can_be_read() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let mut linked = BTreeSet::new();
    for tool in session.tools().await {
        let Some(uri) = tool["_meta"]["ui"]["resourceUri"].as_str() else {
            continue;
        };
        let app = uri.strip_prefix("ui://aareguru/").unwrap();
        linked.insert(app.to_owned());
        let answer = ask(&mut session, "resources/read", json!({"uri": uri})).await;
        let contents = &answer["result"]["contents"][0];
        assert_eq!(contents["mimeType"], "text/html;profile=mcp-app");
        assert_eq!(contents["uri"], uri);
        assert_eq!(contents["_meta"]["ui"]["csp"], json!({}));
        let html = contents["text"].as_str().unwrap();
        assert!(html.starts_with("<!doctype html>"), "{uri}");
    }
    let views = APP.split_once("const views = {\n").unwrap().1;
    let views = views.split_once("\n};").unwrap().0;
    let views = views
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once(": ("));
    let views: BTreeSet<_> = views.map(|(view, _)| view.to_owned()).collect();
    assert_eq!(linked, views);
}
