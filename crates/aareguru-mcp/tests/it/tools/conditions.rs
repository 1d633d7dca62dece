//! `get_current_conditions`, over the real binary with its recordings.

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession};

const TOOL: &str = "get_current_conditions";

async fn ask(arguments: &str) -> Value {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    session.call_tool(1, TOOL, arguments).await["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn conditions_of_bern_date_each_part_separately() {
    let result = ask("{}").await;
    let answer = &result["structuredContent"];
    assert_eq!(answer["water"]["temperature_celsius"], 12.5);
    assert_eq!(answer["flow"]["flow_m3_per_s"], 247.0);
    assert_eq!(answer["flow"]["measured_at"], 1_683_631_200);
    assert_eq!(answer["verdict"], "do_not_swim");
    assert_eq!(answer["weather"]["air_temperature_celsius"], 18.3);
    assert_eq!(answer["weather"]["rain_mm_per_10_minutes"], 0.0);
    assert_eq!(answer["weather"]["measured_at"], 1_683_630_600);
    for part in ["water", "flow", "weather"] {
        assert_eq!(answer[part]["freshness"], "recorded", "{part}");
        assert_eq!(answer[part]["recorded_on"], "2023-05-09", "{part}");
    }
    assert_eq!(
        answer["lawns"][1],
        json!({
            "name": "Marzili",
            "sun_from": "2023-05-09 07:19 CEST",
            "sun_until": "2023-05-09 19:11 CEST",
        })
    );
    assert_eq!(
        answer["bueber_canal"],
        json!({"is_open": false, "since": "2022-09-20 08:00 CEST"})
    );
    assert_eq!(
        answer["saying"],
        json!({"text": "Uschaflig chaut", "plain_reading": "nastily cold"})
    );
}

#[tokio::test]
async fn conditions_text_has_one_line_per_part() {
    let result = ask(r#"{"city":"Marzili"}"#).await;
    let text = text(&result);
    for line in [
        "Bern (Bern, Schönau)",
        "Flow: 247 m³/s, measured 2023-05-09 13:20 CEST (recorded 2023-05-09, not current).",
        "Swimming: Bern, as recorded at 2023-05-09 13:20 CEST and not now: do not swim.",
        "Air: 18.3 °C, measured 2023-05-09 13:10 CEST (recorded 2023-05-09, not current); \
         rain in the 10 minutes before: 0.0 mm.",
        "Bueber canal: reported closed since 2022-09-20 08:00 CEST.",
        "In Bern they say: “Uschaflig chaut” (nastily cold)",
        aareguru::Advice::BOUNDARY,
        aareguru::CREDIT,
    ] {
        assert!(text.lines().any(|it| it == line), "{line} not in {text}");
    }
    assert!(!result.to_string().to_lowercase().contains("safe"));
}

#[tokio::test]
async fn conditions_without_a_recording_are_null() {
    for place in ["thun", "olten"] {
        let result = ask(&json!({ "city": place }).to_string()).await;
        let answer = &result["structuredContent"];
        assert!(answer["water"]["temperature_celsius"].is_f64(), "{answer}");
        assert_eq!(answer["verdict"], "unknown");
        assert_eq!(answer["flow"]["flow_m3_per_s"], Value::Null);
        for field in ["weather", "lawns", "bueber_canal", "saying", "flow_saying"] {
            assert_eq!(answer[field], Value::Null, "{field} of {place}");
        }
        assert!(text(&result).contains("rain unknown"), "{result}");
    }
}

#[tokio::test]
async fn conditions_with_invalid_arguments_return_an_error() {
    for (arguments, says) in [
        (
            r#"{"city":"atlantis"}"#,
            "unknown place `atlantis`: the Aare is measured at brienz,",
        ),
        (
            r#"{"town":"bern"}"#,
            "unknown field `town`, expected `city`",
        ),
        (r#"{"city":7}"#, "invalid type: integer `7`"),
    ] {
        let result = ask(arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        assert!(text(&result).contains(says), "{result}");
    }
}
