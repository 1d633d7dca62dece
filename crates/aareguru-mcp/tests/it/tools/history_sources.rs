//! Which source provides the history when the nearest one cannot, over the wire.

use serde_json::{Value, json};

use testkit::{MockResponse, SseSession, recordings::HYDRO_BERN};

use crate::tools::in_process_server::InProcessServer;

const TOOL: &str = "get_historical_data";

/// Just after the last reading in the recording of the hydro API.
const NOW: &str = "2026-09-02T02:00:00Z";

/// Returns the requested endpoints, in order.
fn requested_endpoints(mcp: &InProcessServer) -> Vec<String> {
    let endpoint = |uri: &String| {
        let path = uri.split('?').next().unwrap();
        path.rsplit('/').next().unwrap().to_owned()
    };
    mcp.upstream.requests().iter().map(endpoint).collect()
}

async fn ask(session: &mut SseSession, arguments: &Value) -> Value {
    let answer = session.call_tool(1, TOOL, &arguments.to_string()).await;
    answer["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

/// Synthetic: no response of this endpoint is public.
fn synthetic_history(first: i64, last: i64) -> MockResponse {
    let times = (first..=last).step_by(3600);
    let series = |value: f64| -> Value { times.clone().map(|at| json!([at, value])).collect() };
    let body = json!({"data": {"temperature": series(17.5), "flow": series(120.0)}});
    MockResponse::text(&body.to_string())
}

#[tokio::test]
async fn hydro_api_replaces_a_failed_nearest_source() {
    let failing = MockResponse::at([("current", MockResponse::status(503))]);
    let mcp = InProcessServer::start(failing, NOW).await;
    let mut session = mcp.session().await;
    let result = ask(&mut session, &json!({"start": "2026-09-01T02:00"})).await;
    let data = &result["structuredContent"];
    assert_eq!(data["source"], "existenz_hydro", "{result}");
    assert_eq!(requested_endpoints(&mcp), ["current", "daterange"]);
    assert!(data["readings"].as_u64().unwrap() > 100);
    let notes = data["notes"].to_string();
    for part in ["not from the nearest source", "the last two days", "503"] {
        assert!(notes.contains(part), "{part} not in {notes}");
        assert!(text(&result).contains(part), "{part} not in {result}");
    }
    // It is not a stale response.
    assert_eq!(data["upstream_trouble"], Value::Null);
}

#[tokio::test]
async fn history_endpoint_replaces_both_failed_sources_with_a_note() {
    let last = 1_788_300_000;
    let failing = MockResponse::at([
        ("current", MockResponse::status(500)),
        ("daterange", MockResponse::text("<html>maintenance</html>")),
        ("history", synthetic_history(last - 30 * 3600, last)),
    ]);
    let mcp = InProcessServer::start(failing, NOW).await;
    let mut session = mcp.session().await;
    let result = ask(&mut session, &json!({"start": "-24 hours"})).await;
    let data = &result["structuredContent"];
    assert_eq!(data["source"], "aareguru_history", "{result}");
    assert_eq!(
        requested_endpoints(&mcp),
        ["current", "daterange", "history"]
    );
    assert_eq!(data["temperature"]["mean"], 17.5);
    assert_eq!(data["flow"]["max"]["value"], 120.0);
    let notes = data["notes"].to_string();
    for part in ["the form of this source is not documented", "500", "<html>"] {
        assert!(notes.contains(part), "{part} not in {notes}");
    }
}

#[tokio::test]
async fn history_error_lists_every_failed_source() {
    let failing = MockResponse::at([
        ("current", MockResponse::status(500)),
        ("daterange", MockResponse::Busy(3600)),
        ("history", MockResponse::text(r#"{"status": "what?"}"#)),
    ]);
    let mcp = InProcessServer::start(failing, NOW).await;
    let mut session = mcp.session().await;
    let result = ask(&mut session, &json!({"start": "-24 hours"})).await;
    assert_eq!(result["isError"], true, "{result}");
    assert_eq!(result.get("structuredContent"), None);
    for part in [
        "no history: ",
        "the last two days of the Aareguru API failed: ",
        "HTTP status 500",
        "the hydro API of existenz.ch failed: ",
        "HTTP status 429",
        "the history of the Aareguru API failed: ",
        "unknown shape",
    ] {
        assert!(text(&result).contains(part), "{part} not in {result}");
    }
}

#[tokio::test]
async fn nearest_source_covering_the_span_is_requested_first() {
    let last = 1_788_300_000;
    let history = synthetic_history(last - 70 * 86_400, last);
    for (start, source, first) in [
        ("-24 hours", "existenz_hydro", "current"),
        // The recording of the hydro API begins within this span.
        ("-36 hours", "aareguru_history", "current"),
        ("-60 days", "aareguru_history", "history"),
    ] {
        // The recording of `current` has no data for these days.
        let mcp =
            InProcessServer::start(MockResponse::at([("history", history.clone())]), NOW).await;
        let mut session = mcp.session().await;
        let result = ask(&mut session, &json!({"start": start})).await;
        let data = &result["structuredContent"];
        assert_eq!(data["source"], source, "{start}: {result}");
        assert_eq!(requested_endpoints(&mcp)[0], first, "{start}");
    }
    let hydro = InProcessServer::start(MockResponse::text(HYDRO_BERN), NOW).await;
    let mut session = hydro.session().await;
    ask(&mut session, &json!({"start": "-7 days"})).await;
    assert_eq!(requested_endpoints(&hydro)[0], "daterange");
}

#[tokio::test]
async fn long_series_is_thinned_and_keeps_its_extremes() {
    let last = 1_788_300_000;
    let first = last - 50 * 86_400;
    let times = (first..=last).step_by(600);
    let series: Value = times
        .map(|at| {
            // Synthetic: one outlier on either side.
            let celsius = match at - first {
                72_000 => 14.75,
                144_000 => 20.25,
                _ => 17.5,
            };
            json!([at, celsius])
        })
        .collect();
    let body = json!({"data": {"temperature": series}});
    let history = MockResponse::at([("history", MockResponse::text(&body.to_string()))]);
    let mcp = InProcessServer::start(history, NOW).await;
    let mut session = mcp.session().await;
    let result = ask(&mut session, &json!({"start": "-50 days"})).await;
    let data = &result["structuredContent"];
    let points = data["points"].as_array().unwrap();
    assert!(data["readings"].as_u64().unwrap() > 7_000, "{result}");
    assert!(points.len() <= 500, "{}", points.len());
    assert!(data["thinning"].is_string());
    for (extreme, celsius) in [("min", 14.75), ("max", 20.25)] {
        assert_eq!(data["temperature"][extreme]["value"], celsius);
        let is_kept = |point: &Value| point["temperature_celsius"] == celsius;
        assert!(points.iter().any(is_kept), "{extreme}");
    }
}

#[tokio::test]
async fn history_times_are_accepted_in_every_format() {
    let mcp = InProcessServer::start(MockResponse::Recordings, NOW).await;
    let mut session = mcp.session().await;
    let hydro_day = [1_788_249_600, 1_788_264_000];
    for (start, end) in [
        (json!(hydro_day[0]), json!(hydro_day[1])),
        (json!("1788249600"), json!("1788264000")),
        (json!("2026-09-01T10:00"), json!("2026-09-01T14:00")),
        (json!("2026-09-01T08:00:00Z"), json!("2026-09-01T12:00:00Z")),
    ] {
        let result = ask(&mut session, &json!({"start": start, "end": end})).await;
        let data = &result["structuredContent"];
        assert_eq!(data["start"], hydro_day[0], "{start}: {result}");
        assert_eq!(data["end"], hydro_day[1], "{end}: {result}");
    }
    for (start, end) in [
        ("-7 days", "now"),
        ("-24 hours", "now"),
        ("last week", "yesterday"),
        ("yesterday", "now"),
        ("2026-09-01", "2026-09-01"),
    ] {
        let result = ask(&mut session, &json!({"start": start, "end": end})).await;
        assert_eq!(result["isError"], false, "{start}: {result}");
    }
    let result = ask(&mut session, &json!({"start": true})).await;
    assert!(text(&result).contains("expected a time as text, or Unix seconds"));
}

#[tokio::test]
async fn cancelled_history_call_requests_no_further_source() {
    let call = json!({
        "jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": TOOL, "arguments": {"start": "-24 hours"},
                   "_meta": {"progressToken": "p"}},
    });
    let cancel = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": 7, "reason": "test"},
    });
    for is_cancelled in [false, true] {
        let reply = MockResponse::at([
            ("current", MockResponse::status(500).held()),
            ("daterange", MockResponse::status(500)),
            ("history", MockResponse::status(500)),
        ]);
        let mcp = InProcessServer::start(reply, NOW).await;
        let mut session = mcp.session().await;
        session.send(&call.to_string()).await;
        let progress = session.message().await;
        assert_eq!(progress["method"], "notifications/progress");
        mcp.upstream.first_request().await;
        if is_cancelled {
            session.send(&cancel.to_string()).await;
        }
        mcp.upstream.release();
        if !is_cancelled {
            // Without a cancellation the other sources are requested.
            while session.message().await.get("id").is_none() {}
            assert_eq!(
                requested_endpoints(&mcp),
                ["current", "daterange", "history"]
            );
            continue;
        }
        // The next response belongs to the next request.
        let answer = session.call_tool(8, "list_cities", "{}").await;
        assert_eq!(answer["id"], 8, "{answer}");
        assert_eq!(requested_endpoints(&mcp), ["current", "cities"]);
    }
}
