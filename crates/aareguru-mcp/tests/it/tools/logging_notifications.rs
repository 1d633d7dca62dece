//! MCP log notifications to clients that have set a level.

use serde_json::{Value, json};

use testkit::{MockResponse, SseSession, recordings::CURRENT_BERN, tool_call};

use crate::tools::in_process_server::InProcessServer;

const NOW: &str = "2023-05-09T11:30:00Z";
const TOOL: &str = "get_current_temperature";

async fn set_level(session: &mut SseSession, level: &str) -> Value {
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "logging/setLevel", "params": {"level": level},
    });
    session.call(&request.to_string()).await
}

/// Returns the log notifications before the response, and the response.
async fn ask(session: &mut SseSession) -> (Vec<Value>, Value) {
    session.send(&tool_call(2, TOOL, "{}")).await;
    let mut logged = Vec::new();
    loop {
        let message = session.message().await;
        if message["id"] == 2 {
            return (logged, message["result"].clone());
        }
        assert_eq!(message["method"], "notifications/message", "{message}");
        logged.push(message["params"].clone());
    }
}

#[tokio::test]
async fn upstream_failure_is_logged_once_per_outage() {
    let mcp = InProcessServer::start(MockResponse::text(CURRENT_BERN), NOW).await;
    let mut session = mcp.session().await;
    assert_eq!(set_level(&mut session, "info").await["result"], json!({}));
    let well = MockResponse::text(CURRENT_BERN);
    for _ in 0..2 {
        mcp.upstream.reply(well.clone());
        assert_eq!(ask(&mut session).await.0, Vec::<Value>::new());

        mcp.upstream.reply(MockResponse::status(500));
        let (logged, answer) = ask(&mut session).await;
        assert_eq!(answer["isError"], false, "{answer}");
        let [notification] = &logged[..] else {
            panic!("one message: {logged:?}");
        };
        assert_eq!(notification["level"], "warning");
        assert_eq!(notification["logger"], "aareguru");
        let text = notification["data"].as_str().unwrap();
        assert!(text.contains("HTTP status 500"), "{text}");
        assert!(text.contains("older response"), "{text}");

        assert_eq!(ask(&mut session).await.0, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn upstream_failure_without_a_response_is_logged_as_error() {
    let mcp = InProcessServer::start(MockResponse::status(500), NOW).await;
    let mut session = mcp.session().await;
    set_level(&mut session, "error").await;
    let (logged, answer) = ask(&mut session).await;
    assert_eq!(answer["isError"], true);
    assert_eq!(logged.len(), 1, "{logged:?}");
    assert_eq!(logged[0]["level"], "error");
}

#[tokio::test]
async fn log_message_below_the_clients_level_is_not_sent() {
    let mcp = InProcessServer::start(MockResponse::text(CURRENT_BERN), NOW).await;
    let mut silent = mcp.session().await;
    let mut only_errors = mcp.session().await;
    set_level(&mut only_errors, "error").await;
    for session in [&mut silent, &mut only_errors] {
        mcp.upstream.reply(MockResponse::text(CURRENT_BERN));
        ask(session).await;
        mcp.upstream.reply(MockResponse::status(500));
        assert_eq!(ask(session).await.0, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn invalid_log_level_returns_an_error() {
    let mcp = InProcessServer::start(MockResponse::text(CURRENT_BERN), NOW).await;
    let mut session = mcp.session().await;
    let answer = set_level(&mut session, "loud").await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}
