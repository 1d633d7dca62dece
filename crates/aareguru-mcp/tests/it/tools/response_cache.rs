//! Cached tool output is reused only while it is true.

use serde_json::Value;

use testkit::{MockResponse, SseSession, recordings::CURRENT_BERN};

use crate::tools::in_process_server::{InProcessServer, at};

const NOW: &str = "2023-05-09T11:38:00Z";

async fn ask(session: &mut SseSession) -> Value {
    ask_tool(session, "get_current_temperature").await
}

async fn ask_tool(session: &mut SseSession, tool: &str) -> Value {
    session.call_tool(1, tool, "{}").await["result"].clone()
}

#[tokio::test]
async fn cached_response_reports_the_current_age() {
    let mcp = InProcessServer::start_with(MockResponse::Recordings, NOW, |_| {}).await;
    let mut session = mcp.session().await;
    let first = ask(&mut session).await;
    assert_eq!(ask(&mut session).await, first);
    assert_eq!(ask(&mut mcp.session().await).await, first);

    mcp.clock.set(at("2023-05-09T11:38:01Z"));
    let second = ask(&mut session).await;
    let age = |result: &Value| result["structuredContent"]["age_seconds"].as_i64().unwrap();
    assert_eq!(age(&second), age(&first) + 1);

    mcp.clock.set(at("2023-05-09T14:00:00Z"));
    let third = ask(&mut session).await;
    assert_eq!(third["structuredContent"]["freshness"], "stale");
    let text = third["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("(2 hours ago): stale"), "{text}");
    assert_eq!(mcp.upstream.request_count(), 1);
}

#[tokio::test]
async fn new_upstream_response_replaces_the_cached_output() {
    let mcp = InProcessServer::start(MockResponse::Recordings, NOW).await;
    let mut session = mcp.session().await;
    let celsius = async |session: &mut SseSession| {
        ask(session).await["structuredContent"]["temperature_celsius"].clone()
    };
    assert_ne!(celsius(&mut session).await, 23.4);
    let mut warmer: Value = serde_json::from_str(CURRENT_BERN).unwrap();
    warmer["aare"]["temperature"] = 23.4.into();
    mcp.upstream.reply(MockResponse::text(&warmer.to_string()));
    assert_eq!(celsius(&mut session).await, 23.4);
}

/// Returns the flow in a result: at the top for the danger tool, in a field for the conditions.
fn flow(result: &Value) -> &Value {
    let result = &result["structuredContent"];
    result.get("flow").unwrap_or(result)
}

#[tokio::test]
async fn cached_output_is_kept_per_tool() {
    let mcp = InProcessServer::start_with(MockResponse::Recordings, NOW, |_| {}).await;
    let mut session = mcp.session().await;
    let tools = [
        "get_current_temperature",
        "get_flow_danger_level",
        "get_current_conditions",
    ];
    let mut first = Vec::new();
    for tool in tools {
        first.push(ask_tool(&mut session, tool).await);
    }
    for (tool, first) in tools.iter().zip(first) {
        assert_eq!(ask_tool(&mut session, tool).await, first, "{tool}");
    }
}

#[tokio::test]
async fn rising_flow_replaces_the_cached_output() {
    let mcp = InProcessServer::start(MockResponse::Recordings, NOW).await;
    let mut session = mcp.session().await;
    let mut calm: Value = serde_json::from_str(CURRENT_BERN).unwrap();
    calm["aare"]["temperature"] = 19.5.into();
    calm["aare"]["flow"] = 80.into();
    let mut risen = calm.clone();
    risen["aare"]["flow"] = 560.into();
    for tool in ["get_flow_danger_level", "get_current_conditions"] {
        mcp.upstream.reply(MockResponse::text(&calm.to_string()));
        let before = ask_tool(&mut session, tool).await;
        mcp.upstream.reply(MockResponse::text(&risen.to_string()));
        let after = ask_tool(&mut session, tool).await;
        assert_eq!(flow(&after)["flow_m3_per_s"], 560.0, "{tool}");
        let verdict = |result: &Value| result["structuredContent"]["verdict"].clone();
        assert_ne!(verdict(&before), "do_not_swim", "{tool}");
        assert_eq!(verdict(&after), "do_not_swim", "{tool}");
    }
}

#[tokio::test]
async fn cached_output_turns_stale_with_time() {
    let mcp = InProcessServer::start_with(MockResponse::Recordings, NOW, |_| {}).await;
    let mut session = mcp.session().await;
    for tool in ["get_flow_danger_level", "get_current_conditions"] {
        mcp.clock.set(at(NOW));
        let fresh = ask_tool(&mut session, tool).await;
        mcp.clock.set(at("2023-05-09T14:00:00Z"));
        let old = ask_tool(&mut session, tool).await;
        assert_eq!(flow(&fresh)["freshness"], "fresh", "{tool}");
        assert_eq!(flow(&old)["freshness"], "stale", "{tool}");
    }
    assert_eq!(mcp.upstream.request_count(), 1);
}
