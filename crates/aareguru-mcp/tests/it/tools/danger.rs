//! `get_flow_danger_level`, over the real binary with its recordings.

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession};

const TOOL: &str = "get_flow_danger_level";

async fn ask(arguments: &str) -> Value {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    session.call_tool(1, TOOL, arguments).await["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn danger_of_bern_at_247_m3_per_s_exceeds_the_lifeguards_limit() {
    for arguments in ["{}", r#"{"city":"Bärn"}"#] {
        let result = ask(arguments).await;
        let answer = &result["structuredContent"];
        for (field, value) in [
            ("city", json!("bern")),
            ("flow_m3_per_s", json!(247.0)),
            ("measured_at", json!(1_683_631_200)),
            ("freshness", json!("recorded")),
            ("recorded_on", json!("2023-05-09")),
            ("flood_level", json!(1)),
            ("verdict", json!("do_not_swim")),
            ("as_of", json!("2023-05-09 13:20 CEST")),
            (
                "next_level",
                json!({"level": 2, "at_m3_per_s": 360.0, "distance_m3_per_s": 113.0}),
            ),
        ] {
            assert_eq!(answer[field], value, "{field}");
        }
        assert_eq!(answer["trend"]["direction"], "steady");
        let reason = &answer["reasons"][0];
        assert!(reason["text"].as_str().unwrap().contains("from 220 m³/s"));
        assert_eq!(reason["source_date"], "2024-07");
    }
}

#[tokio::test]
async fn danger_text_states_verdict_flow_level_reasons_and_credit() {
    let result = ask("{}").await;
    let text = text(&result);
    for line in [
        "Bern, as recorded at 2023-05-09 13:20 CEST and not now: do not swim.",
        "Flow at Bern, Schönau: 247 m³/s, measured 2023-05-09 13:20 CEST \
         (recorded 2023-05-09, not current).",
        "BAFU's flood level: 1 of 5 (no or minor danger); \
         level 2 begins at 360 m³/s, 113 m³/s more.",
        aareguru::Advice::BOUNDARY,
        aareguru::CREDIT,
    ] {
        assert!(text.lines().any(|it| it == line), "{line} not in {text}");
    }
    assert!(text.contains("(Lifeguards of the Marzili baths"), "{text}");
    assert!(!result.to_string().to_lowercase().contains("safe"));
}

#[tokio::test]
async fn danger_without_a_flow_is_unknown_and_not_level_one() {
    for (place, why) in [
        ("olten", "the flow is not measured at Olten"),
        ("thun", "the flow is not known"),
    ] {
        let result = ask(&json!({ "city": place }).to_string()).await;
        let answer = &result["structuredContent"];
        assert_eq!(answer["verdict"], "unknown");
        assert_eq!(answer["recorded_on"], "2023-05-09");
        for field in ["flow_m3_per_s", "flood_level", "next_level", "trend"] {
            assert_eq!(answer[field], Value::Null, "{field} of {place}");
        }
        assert_eq!(answer["reasons"][0]["text"], why);
        let text = text(&result);
        assert!(text.contains("not known, which is not level 1"), "{text}");
        assert!(text.contains("flow unknown (recorded 2023-05-09"), "{text}");
    }
}

#[tokio::test]
async fn danger_with_invalid_arguments_returns_an_error() {
    for (arguments, says) in [
        (
            r#"{"city":"atlantis"}"#,
            "unknown place `atlantis`: the Aare is measured at brienz,",
        ),
        (
            r#"{"town":"bern"}"#,
            "unknown field `town`, expected `city`",
        ),
        (r#"{"city":null}"#, "invalid type: null, expected a string"),
    ] {
        let result = ask(arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        assert!(text(&result).contains(says), "{result}");
    }
}
