//! The live API out of reach: an error the model can read, never a recording.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use testkit::{
    MockResponse, MockUpstream, ServerProcess, SseSession, program, recordings::HYDRO_BERN,
    streamable, tool_call, with_header,
};

#[tokio::test]
async fn unreachable_api_returns_an_error_without_data() {
    // Port 9 on loopback: nothing listens there.
    let api = ["serve", "--aareguru-base-url", "http://127.0.0.1:9"];
    let server = ServerProcess::start(&api).await;
    assert!(server.banner.contains("live from aare.guru"));
    let mut session = SseSession::initialized(server.address).await;
    for (tool, path) in [
        ("get_current_temperature", "/v2018/current"),
        ("list_cities", "/v2018/cities"),
    ] {
        let answer = session.call_tool(1, tool, "{}").await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert_eq!(answer["result"].get("structuredContent"), None);
        let text = answer["result"]["content"][0]["text"].as_str().unwrap();
        let expected = format!("no data: cannot reach the Aareguru API at `{path}`: ");
        assert!(text.starts_with(&expected), "{text}");
        assert!(!text.contains("°C"), "{text}");
    }
    // The session and the server are unaffected.
    let answer = session
        .call(r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
        .await;
    assert_eq!(answer["id"], 2);
}

/// Returns a response of the hydro API whose last reading is current. Synthetic: the recorded one,
/// moved in time.
fn hydro_of_today() -> String {
    let mut body: Value = serde_json::from_str(HYDRO_BERN).unwrap();
    let times = body["payload"]["timestamp"].as_array_mut().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let late = i64::try_from(now.as_secs()).unwrap() - times.last().unwrap().as_i64().unwrap();
    for time in times {
        *time = json!(time.as_i64().unwrap() + late);
    }
    body.to_string()
}

/// Calls the history of the last day with these APIs; returns the result and the log line of the
/// failure.
async fn call_history_of_the_last_day(aareguru: &str, hydro: &str) -> (Value, String) {
    let mut server = ServerProcess::start(&[
        "serve",
        "--aareguru-base-url",
        aareguru,
        "--hydro-base-url",
        hydro,
        "--log-level=debug",
    ])
    .await;
    let mut session = SseSession::initialized(server.address).await;
    let arguments = r#"{"city":"bern","start":"-24 hours"}"#;
    let answer = session.call_tool(1, "get_historical_data", arguments).await;
    let line = server.wait_for_log("request failed, retrying").await;
    (answer["result"].clone(), line)
}

#[tokio::test]
async fn hydro_mirror_replaces_a_failed_aareguru_api() {
    let failing = MockUpstream::start(MockResponse::status(503)).await;
    let mirror = MockUpstream::start(MockResponse::text(&hydro_of_today())).await;
    let base_url = format!("{}/mirror", mirror.config().base_url);
    let (result, line) = call_history_of_the_last_day(&failing.config().base_url, &base_url).await;
    let data = &result["structuredContent"];
    assert_eq!(data["source"], "existenz_hydro", "{result}");
    assert!(data["readings"].as_u64().unwrap() > 10, "{result}");
    assert!(data["notes"].to_string().contains("503"), "{result}");
    let asked = mirror.requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("/mirror/daterange?"), "{asked:?}");
    // The shared request runs in a separate task, and its log lines name the caller.
    assert!(line.contains("request{request.id="), "{line}");
    assert!(line.contains("http.route=\"/messages\""), "{line}");
}

#[tokio::test]
async fn upstream_log_lines_carry_the_request_id_over_streamable_http() {
    let failing = MockUpstream::start(MockResponse::status(503)).await;
    let api = failing.config().base_url;
    // With traces the task of the upstream request has other spans.
    for collector in ["", "http://127.0.0.1:9"] {
        let mut server = ServerProcess::start(&[
            "serve",
            "--aareguru-base-url",
            &api,
            "--log-level=debug",
            "--otel-exporter-otlp-endpoint",
            collector,
        ])
        .await;
        let id = streamable::open(server.address).await;
        let call = tool_call(1, "get_current_temperature", "{}");
        let request = streamable::in_session(&streamable::message(&call), &id);
        let request = with_header(&request, "X-Request-Id: of-the-caller");
        assert_eq!(
            testkit::exchange(server.address, &request).await.status,
            200
        );
        let line = server.wait_for_log("request failed, retrying").await;
        assert!(line.contains("request.id=\"of-the-caller\""), "{line}");
        assert!(line.contains("http.route=\"/mcp\""), "{line}");
    }
}

#[tokio::test]
async fn invalid_base_url_error_names_its_setting() {
    for (setting, flag) in [
        ("AAREGURU_BASE_URL", "--aareguru-base-url"),
        ("HYDRO_BASE_URL", "--hydro-base-url"),
    ] {
        let output = program().args(["serve", flag, "nonsense"]).output();
        let output = output.await.unwrap();
        assert_eq!(output.status.code(), Some(78));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("{setting}: ")), "{said}");
        assert!(said.contains("nonsense"), "{said}");
    }
}
