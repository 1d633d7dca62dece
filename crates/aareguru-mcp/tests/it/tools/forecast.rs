//! `get_forecast`, over the real binary with its recordings.

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession};

const TOOL: &str = "get_forecast";

async fn ask(arguments: &str) -> Value {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    session.call_tool(1, TOOL, arguments).await["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn forecast_of_bern_has_water_weather_and_sun() {
    let result = ask("{}").await;
    let answer = &result["structuredContent"];
    assert_eq!(answer["freshness"], "recorded");
    assert_eq!(answer["today"], "2023-05-09");
    assert_eq!(
        answer["water_in_two_hours"],
        json!({
            "temperature_celsius": 12.7,
            "at_local": "2023-05-09 15:20 CEST",
            "change_celsius": 0.2,
            "direction": "warmer",
            "saying": "Blibt äuä öpe glich",
            "saying_in_english": answer["water_in_two_hours"]["saying_in_english"],
        })
    );
    assert_eq!(
        answer["parts_of_today"][2],
        json!({"part": "evening", "weather": "heavy rain", "air_celsius": 15.0,
            "rain_mm": 13.0, "rain_risk_percent": 90.0})
    );
    assert_eq!(
        answer["sunshine_today"],
        json!({"minutes": 200, "text": "3 h 20 min", "percent_of_possible": 23.0})
    );
    assert_eq!(
        answer["days"],
        json!([{"date": "2023-05-10", "weekday": "Wednesday",
            "weather": "showers (rain and sun)", "lowest_air_celsius": 10.0,
            "highest_air_celsius": 14.0, "rain_mm": 5.0, "rain_risk_percent": 90.0,
            "sunshine": {"minutes": 190, "text": "3 h 10 min", "percent_of_possible": 22.0}}])
    );
}

#[tokio::test]
async fn forecast_against_the_verdict_recommends_no_part_of_day() {
    let result = ask("{}").await;
    let answer = &result["structuredContent"];
    assert_eq!(answer["verdict"], "do_not_swim");
    assert_eq!(answer["best_parts_of_today"], json!([]));
    assert_eq!(
        answer["no_best_part_because"],
        "the verdict on the river is do_not_swim"
    );
}

#[tokio::test]
async fn forecast_days_are_limited_by_hours_and_by_data() {
    for (hours, n_days) in [(1, 0), (10, 0), (11, 1), (48, 2), (96, 4), (240, 4)] {
        let result = ask(&json!({ "hours": hours }).to_string()).await;
        let answer = &result["structuredContent"];
        assert_eq!(answer["days"].as_array().unwrap().len(), n_days, "{hours}");
        let is_short = text(&result).contains("the weather is known until 2023-05-13 only");
        assert_eq!(is_short, hours > 96, "{hours}");
    }
}

#[tokio::test]
async fn forecast_without_a_recording_is_unknown() {
    let result = ask(r#"{"city": "Olten", "hours": 96}"#).await;
    let answer = &result["structuredContent"];
    assert!(answer["temperature_celsius"].is_f64());
    for unknown in ["water_in_two_hours", "today"] {
        assert_eq!(answer[unknown], Value::Null, "{unknown}");
    }
    assert_eq!(answer["days"], json!([]));
    assert_eq!(answer["verdict"], "unknown");
    let text = text(&result);
    for part in [
        "Water in two hours: unknown.",
        "- morning: weather unknown, air unknown, rain unknown (risk unknown)",
        "- sunshine unknown",
        "no weather is known of the days to come",
    ] {
        assert!(text.contains(part), "{part} not in {text}");
    }
}

#[tokio::test]
async fn forecast_text_names_the_recording_and_its_sources() {
    let result = ask(r#"{"city": "Marzili", "hours": 48}"#).await;
    let text = text(&result);
    for part in [
        "Bern (Bern, Schönau): 12.5 °C, measured 2023-05-09 13:20 CEST (recorded 2023-05-09, not current).",
        "at 2023-05-09 15:20 CEST: 12.7 °C, 0.2 °C warmer than measured.",
        "The day of the recording, 2023-05-09:",
        "- afternoon: showers (rain and sun), air 17 °C, rain 2 mm (risk 90 %)",
        "Thursday 2023-05-11: ",
        "this forecast was recorded on 2023-05-09",
        "Meteotest",
        "Data: Aare.guru",
    ] {
        assert!(text.contains(part), "{part} not in {text}");
    }
    assert!(!text.contains("\nToday"), "{text}");
    assert!(
        !result.to_string().to_lowercase().contains("safe"),
        "{result}"
    );
}

#[tokio::test]
async fn forecast_with_invalid_arguments_returns_an_error() {
    for (arguments, says) in [
        (
            r#"{"city": "atlantis"}"#,
            "unknown place `atlantis`: the Aare is measured at brienz",
        ),
        (r#"{"hours": 0}"#, "`hours` must be a number from 1 to 96"),
        (r#"{"hours": -1}"#, "invalid arguments"),
        (r#"{"hours": "soon"}"#, "invalid arguments"),
        (r#"{"days": 2}"#, "unknown field `days`"),
    ] {
        let result = ask(arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        assert!(text(&result).contains(says), "{result}");
    }
}
