//! `compare_cities`, over the real binary with its recordings.

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession};

const TOOL: &str = "compare_cities";

async fn ask(arguments: &str) -> Value {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    session.call_tool(1, TOOL, arguments).await["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

fn cities(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item["city"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn compare_cities_ranks_recorded_places_by_temperature_only() {
    let result = ask("{}").await;
    let answer = &result["structuredContent"];
    assert_eq!(cities(&answer["places"]).len(), 8);
    assert_eq!(answer["recorded_on"], "2023-05-09");
    for place in answer["places"].as_array().unwrap() {
        assert_eq!(place["freshness"], "recorded");
        assert_eq!(place["recorded_on"], "2023-05-09");
    }
    assert_eq!(answer["warmest_first"].as_array().unwrap().len(), 8);
    assert_eq!(answer["not_ranked"], json!([]));
    for gone in ["recommended", "not_recommended", "calmest_first"] {
        assert_eq!(answer[gone], Value::Null, "{gone}");
    }
    let said = result.to_string().to_lowercase();
    for word in ["if anywhere", "can be recommended", "calmest first"] {
        assert!(!said.contains(word), "{word} in {said}");
    }
}

#[tokio::test]
async fn compare_cities_resolves_aliases_and_removes_duplicates() {
    let result = ask(r#"{"cities": ["Thoune", "BÄRN", "thun"]}"#).await;
    let answer = &result["structuredContent"];
    assert_eq!(cities(&answer["places"]), ["thun", "bern"]);
    let bern = &answer["places"][1];
    assert_eq!(bern["temperature_celsius"], 12.5);
    assert_eq!(bern["water_in_two_hours_celsius"], 12.7);
    assert_eq!(bern["flow_m3_per_s"], 247.0);
    assert_eq!(bern["verdict"], "do_not_swim");
    assert_eq!(bern["flood_level"], 1);
    let thun = &answer["places"][0];
    assert_eq!(thun["verdict"], "unknown");
    for unknown in ["flow_m3_per_s", "flood_level", "percent_of_flood_level_2"] {
        assert_eq!(thun[unknown], Value::Null, "{unknown}");
    }
    assert_eq!(thun["flow_unknown_because"], "upstream sent no value");
    assert_eq!(answer["not_ranked"], json!([]));
}

#[tokio::test]
async fn compare_cities_text_states_age_reason_and_source() {
    let result = ask(r#"{"cities": ["bern", "olten"]}"#).await;
    let text = text(&result);
    for part in [
        "| Bern | 12.5 °C, measured 2023-05-09 13:20 CEST (recorded 2023-05-09, not current) | \
         12.7 °C | 247 m³/s | 69 % | do_not_swim |",
        "| Olten |",
        "Warmest: ",
        "bern: do_not_swim: the lifeguards of the Marzili baths",
        "and 15 °C or less is called cold water",
        "olten: unknown: the flow is not measured at Olten",
        "whether the flow rises is not known here",
        "Currents, driftwood",
        "Data: Aare.guru",
    ] {
        assert!(text.contains(part), "{part} not in {text}");
    }
    assert!(
        !result.to_string().to_lowercase().contains("safe"),
        "{result}"
    );
}

#[tokio::test]
async fn compare_cities_with_invalid_arguments_returns_an_error() {
    let nine = json!({ "cities": vec!["bern"; 9] }).to_string();
    for (arguments, says) in [
        (r#"{"cities": ["bern", "basel"]}"#, "basel"),
        (
            r#"{"cities": ["bern", "atlantis"]}"#,
            "unknown place `atlantis`: the Aare is measured at brienz",
        ),
        (r#"{"cities": []}"#, "`cities` must contain 1 to 8 places"),
        (&nine, "`cities` must contain 1 to 8 places"),
        (r#"{"cities": "bern"}"#, "invalid type: string"),
        (
            r#"{"city": "bern"}"#,
            "unknown field `city`, expected `cities`",
        ),
    ] {
        let result = ask(arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        assert!(text(&result).contains(says), "{result}");
    }
}
