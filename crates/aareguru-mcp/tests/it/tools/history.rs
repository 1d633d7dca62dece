//! `get_historical_data` over the wire, from the recordings.

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession};

/// The last reading in the recording of 2023, 13:20 in Bern.
const LAST: i64 = 1_683_631_200;

async fn ask(session: &mut SseSession, arguments: &Value) -> Value {
    let arguments = arguments.to_string();
    let answer = session
        .call_tool(1, "get_historical_data", &arguments)
        .await;
    answer["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn history_without_a_span_is_the_last_recorded_day_of_bern() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let result = ask(&mut session, &json!({})).await;
    assert_eq!(result["isError"], false, "{result}");
    let data = &result["structuredContent"];
    assert_eq!(
        (&data["city"], &data["source"]),
        (&json!("bern"), &json!("aareguru_current"))
    );
    assert_eq!(data["start"], LAST - 24 * 3600);
    assert_eq!(data["end"], LAST);
    assert_eq!(data["recorded_on"], "2023-05-09");
    assert!(data["notes"][0].as_str().unwrap().contains("not current"));
    let points = data["points"].as_array().unwrap();
    assert_eq!(data["readings"], points.len());
    assert_eq!(data["thinning"], Value::Null);
    assert_eq!(
        points.last().unwrap(),
        &json!({"time": LAST, "temperature_celsius": 12.49, "flow_m3_per_s": 247.0})
    );
    assert_eq!(data["days"].as_array().unwrap().len(), 2);
    assert!(
        text(&result)
            .starts_with("Bern (Bern, Schönau), 2023-05-08 13:20 CEST to 2023-05-09 13:20 CEST: ")
    );
    assert!(text(&result).contains("recorded 2023-05-09, not current"));
    assert!(text(&result).contains("Aare.guru"));
}

#[tokio::test]
async fn missing_readings_are_null_and_counted() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let result = ask(&mut session, &json!({"start": "-48 hours"})).await;
    let data = &result["structuredContent"];
    assert_eq!(data["readings"], 271);
    assert_eq!(data["temperature"]["count"], 269);
    assert_eq!(data["temperature"]["missing"], 2);
    assert_eq!(data["flow"]["missing"], 0);
    let points = data["points"].as_array().unwrap();
    let unknown = points
        .iter()
        .filter(|point| point["temperature_celsius"].is_null());
    let times: Vec<_> = unknown.map(|point| point["time"].clone()).collect();
    assert_eq!(times, [1_683_500_100, 1_683_586_500]);
    assert_eq!(data["temperature"]["share_from_18_celsius"], 0.0);
}

#[tokio::test]
async fn history_span_in_the_hydro_recording_uses_it() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let span = json!({"city": "Bern", "start": "2026-09-01T10:00", "end": "2026-09-01T12:00:00Z"});
    let result = ask(&mut session, &span).await;
    let data = &result["structuredContent"];
    assert_eq!(
        (&data["source"], &data["recorded_on"]),
        (&json!("existenz_hydro"), &json!("2026-09-02"))
    );
    assert_eq!(data["start"], 1_788_249_600);
    assert_eq!(data["end"], 1_788_264_000);
    for point in data["points"].as_array().unwrap() {
        assert!((1_788_249_600..=1_788_264_000).contains(&point["time"].as_i64().unwrap()));
    }
    assert!(data["readings"].as_u64().unwrap() >= 25);
    let temperature = &data["temperature"];
    let [min, mean, max] = [
        &temperature["min"]["value"],
        &temperature["mean"],
        &temperature["max"]["value"],
    ]
    .map(|value| value.as_f64().unwrap());
    assert!(min <= mean && mean <= max, "{temperature}");
    assert_eq!(temperature["trend_per_day"], Value::Null);
}

#[tokio::test]
async fn history_with_invalid_arguments_returns_an_error() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for (arguments, says) in [
        (
            json!({"start": "soon"}),
            "cannot read `soon` as `start`: write a date",
        ),
        (
            json!({"end": "7 days"}),
            "cannot read `7 days` as `end`: write a date",
        ),
        (
            json!({"start": "now", "end": "yesterday"}),
            "is after `end`",
        ),
        (json!({"start": "-2 years"}), "days long; 366 at most"),
        (
            json!({"start": "2020-01-01", "end": "2020-01-02"}),
            "no recording of this span exists; what was recorded at `bern`: 2023-05-07 13:40 CEST to 2023-05-09 13:20 CEST, and 2026-09-01 02:00 CEST to",
        ),
        (
            json!({"city": "olten"}),
            "no recording of a series at `olten` exists",
        ),
        (
            json!({"city": "thun"}),
            "no recording of a series at `thun` exists",
        ),
        (json!({"city": "basel"}), "brienz, interlaken, thun, bern"),
        (json!({"from": "now"}), "unknown field `from`"),
    ] {
        let result = ask(&mut session, &arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        assert!(text(&result).contains(says), "{result}");
    }
}

#[tokio::test]
async fn progress_notifications_precede_the_history_result() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    session
        .send(r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"get_historical_data","arguments":{},"_meta":{"progressToken":"p"}}}"#)
        .await;
    for (progress, says) in [(1.0, "asking the last two days"), (3.0, "counting ")] {
        let message = session.message().await;
        assert_eq!(message["method"], "notifications/progress", "{message}");
        let params = &message["params"];
        assert_eq!(params["progressToken"], "p");
        assert_eq!(params["progress"].as_f64(), Some(progress));
        assert_eq!(params["total"].as_f64(), Some(3.0));
        assert!(
            params["message"].as_str().unwrap().starts_with(says),
            "{message}"
        );
    }
    let answer = session.message().await;
    assert_eq!(answer["id"], 7, "{answer}");
    assert_eq!(answer["result"]["isError"], false);
}
