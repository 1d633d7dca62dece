//! What a client sees, and how often the API is called, while the API fails.

use std::time::Duration;

use serde_json::{Value, json};

use testkit::{MockResponse, SseSession, recordings::CURRENT_BERN, tool_call};

use crate::tools::in_process_server::InProcessServer;

const TOOL: &str = "get_flow_danger_level";

const NOW: &str = "2023-05-09T11:38:00Z";

async fn ask(session: &mut SseSession) -> Value {
    session.call_tool(1, TOOL, "{}").await["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

/// Each fault, and the text that reports it.
fn faults() -> Vec<(MockResponse, &'static str)> {
    let blocked = r#"{"message": "Access denied by Imunify360 bot-protection"}"#;
    let thun = r#"{"aare": {"location": "Thun", "location_long": "Thun", "flow": 100}}"#;
    vec![
        (MockResponse::status(500), "with HTTP status 500"),
        (MockResponse::Busy(3600), "with HTTP status 429"),
        (
            MockResponse::text("<html>maintenance</html>"),
            "with no JSON but “<html>",
        ),
        (MockResponse::text(blocked), "has blocked"),
        (
            MockResponse::text(r#"{"error": "out of order"}"#),
            "out of order",
        ),
        (
            MockResponse::text(&CURRENT_BERN[..999]),
            "with something unreadable",
        ),
        (MockResponse::text(thun), "for `bern`, got `Thun`"),
        (
            MockResponse::Never,
            "did not answer `/v2018/current` in time",
        ),
    ]
}

/// Starts a server whose upstream timeout is very long, unless the fault is a response that never
/// comes.
async fn start(reply: MockResponse, fault: &MockResponse) -> InProcessServer {
    InProcessServer::start_with(reply, NOW, |config| {
        config.cache_ttl = Duration::ZERO;
        if matches!(fault, MockResponse::Never) {
            config.timeout = Duration::from_secs(2);
        }
    })
    .await
}

#[tokio::test]
async fn upstream_fault_without_a_stale_response_returns_an_error() {
    for (fault, says) in faults() {
        let mcp = start(fault.clone(), &fault).await;
        let mut session = mcp.session().await;
        let result = ask(&mut session).await;
        assert_eq!(result["isError"], true, "{result}");
        assert_eq!(result.get("structuredContent"), None);
        assert!(text(&result).starts_with("no data: "), "{result}");
        assert!(text(&result).contains(says), "{says} not in {result}");
        assert!(!text(&result).contains("m³/s"), "{result}");
        assert_eq!(mcp.upstream.request_count(), 1);
    }
}

#[tokio::test]
async fn upstream_fault_with_a_stale_response_is_reported_with_it() {
    for (fault, says) in faults() {
        let mcp = start(MockResponse::Recordings, &fault).await;
        let mut session = mcp.session().await;
        let first = ask(&mut session).await;
        assert_eq!(first["structuredContent"]["upstream_trouble"], Value::Null);

        mcp.upstream.reply(fault);
        mcp.clock
            .set(crate::tools::in_process_server::at("2023-05-09T12:00:00Z"));
        let second = ask(&mut session).await;
        let data = &second["structuredContent"];
        assert_eq!(data["flow_m3_per_s"], 247.0);
        assert_eq!(data["age_seconds"], 40 * 60, "the true age");
        let trouble = &data["upstream_trouble"];
        assert_eq!(trouble["answered_at_local"], "2023-05-09 13:38 CEST");
        let because = trouble["because"].as_str().unwrap();
        assert!(because.contains(says), "{says} not in {because}");
        let note = "this is an earlier answer, of 2023-05-09 13:38 CEST, for want of a new one";
        assert!(text(&second).contains(note), "{second}");

        // A stale reading is stale, whatever the cause.
        mcp.clock
            .set(crate::tools::in_process_server::at("2023-05-09T14:00:00Z"));
        let third = ask(&mut session).await;
        assert_eq!(third["structuredContent"]["verdict"], "unknown");
        assert_eq!(third["structuredContent"]["freshness"], "stale");
    }
}

#[tokio::test]
async fn intermittent_upstream_never_fails_a_call() {
    let mcp = InProcessServer::start(MockResponse::Recordings, NOW).await;
    let mut session = mcp.session().await;
    ask(&mut session).await;
    for _ in 0..10 {
        mcp.upstream
            .reply_next([MockResponse::status(500), MockResponse::status(503)]);
        for is_in_trouble in [true, true, false] {
            let result = ask(&mut session).await;
            assert_eq!(result["isError"], false, "{result}");
            let trouble = &result["structuredContent"]["upstream_trouble"];
            assert_eq!(trouble.is_object(), is_in_trouble, "{trouble}");
        }
    }
    assert_eq!(mcp.upstream.request_count(), 31);
}

#[tokio::test]
async fn transient_upstream_failure_is_retried_before_reporting() {
    let mcp = InProcessServer::start_with(MockResponse::Recordings, NOW, |config| {
        config.retries = 2;
        config.retry_pause = Duration::from_millis(1);
    })
    .await;
    mcp.upstream
        .reply_next([MockResponse::status(500), MockResponse::status(502)]);
    let mut session = mcp.session().await;
    let result = ask(&mut session).await;
    assert_eq!(result["structuredContent"]["upstream_trouble"], Value::Null);
    assert_eq!(mcp.upstream.request_count(), 3);
}

#[tokio::test]
async fn open_circuit_error_states_the_next_attempt() {
    let mcp = InProcessServer::start(MockResponse::status(500), NOW).await;
    let mut session = mcp.session().await;
    for _ in 0..20 {
        assert_eq!(ask(&mut session).await["isError"], true);
    }
    let result = ask(&mut session).await;
    let says = "the Aareguru API is failing; next attempt in ";
    assert!(text(&result).contains(says), "{result}");
    assert_eq!(mcp.upstream.request_count(), 5);
}

#[tokio::test]
async fn concurrent_calls_share_one_upstream_request() {
    const SESSIONS: u32 = 20;
    const CALLS: u32 = 50;
    let mcp = InProcessServer::start_with(MockResponse::Recordings.held(), NOW, |_| {}).await;
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        let session = mcp.session().await;
        for id in 1..=CALLS {
            session.send(&tool_call(id, TOOL, "{}")).await;
        }
        sessions.push(session);
    }
    mcp.upstream.first_request().await;
    mcp.upstream.release();
    for session in &mut sessions {
        for _ in 0..CALLS {
            let answer = session.message().await;
            assert_eq!(answer["result"]["structuredContent"]["city"], "bern");
        }
    }
    assert_eq!(mcp.upstream.request_count(), 1);
}

#[tokio::test]
async fn compare_cities_sends_one_upstream_request() {
    let mcp = InProcessServer::start(MockResponse::Recordings, "2024-08-19T21:25:00Z").await;
    let mut session = mcp.session().await;
    for arguments in [json!({}), json!({"cities": ["thun", "bern", "olten"]})] {
        let answer = session
            .call_tool(1, "compare_cities", &arguments.to_string())
            .await;
        assert_eq!(answer["result"]["isError"], false, "{answer}");
    }
    let asked = mcp.upstream.requests();
    assert_eq!(asked.len(), 2, "one for each call");
    assert!(asked.iter().all(|uri| uri.starts_with("/v2018/widget?")));
}
