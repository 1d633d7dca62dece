//! Opening a stream and negotiating a version.

use std::time::Duration;

use rmcp_transport::SseServerConfig;
use serde_json::json;

use testkit::{SseSession, get, send};

use crate::server::TestServer;

#[tokio::test]
async fn first_event_is_the_endpoint_path() {
    let server = TestServer::start().await;
    let session = SseSession::open(server.address).await;
    let id = session
        .target
        .strip_prefix("/messages?session_id=")
        .unwrap();
    assert_eq!(id.len(), 32);
    assert!(
        id.bytes()
            .all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
    );
}

#[tokio::test]
async fn sse_response_has_proxy_headers() {
    let server = TestServer::start().await;
    let head = SseSession::open(server.address).await.head;
    for line in [
        "HTTP/1.1 200 OK",
        "content-type: text/event-stream; charset=utf-8",
        "cache-control: no-store",
        "x-accel-buffering: no",
        "transfer-encoding: chunked",
    ] {
        assert!(head.lines().any(|l| l == line), "{line} not in {head}");
    }
}

#[tokio::test]
async fn head_request_opens_no_session() {
    let server = TestServer::start().await;
    let request = get("/sse").replace("GET", "HEAD");
    let answer = send(server.address, request).await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("text/event-stream"));
    assert_eq!(server.service.session_count(), 0);
}

#[tokio::test]
async fn session_id_in_the_sse_request_is_ignored() {
    let server = TestServer::start().await;
    let path = "/sse?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5";
    let session = SseSession::open_at(server.address, path).await;
    assert!(!session.target.contains("3db2eaa67e98"));
}

#[tokio::test]
async fn endpoint_event_uses_the_configured_paths() {
    let config = SseServerConfig::default()
        .with_sse_path("/events")
        .with_message_path("/inbox")
        .with_path_prefix("/aare");
    let server = TestServer::with(config).await;
    let session = SseSession::open_at(server.address, "/events").await;
    assert!(session.target.starts_with("/aare/inbox?session_id="));
    assert_eq!(send(server.address, get("/sse")).await.status, 404);
}

#[tokio::test]
async fn initialize_accepts_every_supported_version() {
    let server = TestServer::start().await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut session = SseSession::open(server.address).await;
        let answer = session.initialize(version).await;
        assert_eq!(answer["result"]["protocolVersion"], version);
    }
}

#[tokio::test]
async fn initialize_with_an_unsupported_version_offers_the_newest() {
    let server = TestServer::start().await;
    for version in ["2026-07-28", "1999-01-01"] {
        let mut session = SseSession::open(server.address).await;
        let answer = session.initialize(version).await;
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
    }
}

const MODERN_META: &str = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

#[tokio::test]
async fn request_of_a_newer_revision_lists_the_supported_versions() {
    let server = TestServer::start().await;
    let mut session = SseSession::open(server.address).await;
    for (id, method) in [(1, "server/discover"), (2, "tools/list")] {
        let message = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"_meta":{MODERN_META}}}}}"#
        );
        let before = session.call(&message).await;
        assert_eq!(before["id"], id);
        assert_eq!(before["error"]["code"], -32022, "{before}");
        assert_eq!(
            before["error"]["data"]["supported"],
            json!(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
        );
    }
    session.initialize("2025-11-25").await;
    let message = format!(
        r#"{{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{{"_meta":{MODERN_META}}}}}"#
    );
    let after = session.call(&message).await;
    assert_eq!(after["error"]["code"], -32022, "{after}");
}

#[tokio::test]
async fn ping_before_initialize_is_answered() {
    let server = TestServer::start().await;
    let mut session = SseSession::open(server.address).await;
    let answer = session
        .call(r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
        .await;
    assert_eq!(answer, json!({"jsonrpc": "2.0", "id": 2, "result": {}}));
}

#[tokio::test]
async fn request_before_initialize_yields_an_error() {
    let server = TestServer::start().await;
    let mut session = SseSession::open(server.address).await;
    let answer = session
        .call(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
        .await;
    assert_eq!(answer["error"]["code"], -32602);
    session.initialize("2025-11-25").await;
}

#[tokio::test]
async fn notifications_before_initialize_keep_the_session_open() {
    let server = TestServer::start().await;
    let mut session = SseSession::open(server.address).await;
    for message in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/whatever"}"#,
        r#"{"jsonrpc":"2.0","id":77,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":77,"error":{"code":-1,"message":"x"}}"#,
    ] {
        session.send(message).await;
    }
    let answer = session.initialize("2025-11-25").await;
    assert_eq!(answer["id"], 0);
}

#[tokio::test]
async fn second_initialize_is_answered() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    let answer = session.initialize("2024-11-05").await;
    assert_eq!(answer["result"]["protocolVersion"], "2024-11-05");
}

#[tokio::test(start_paused = true)]
async fn silent_stream_gets_keep_alive_comments() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    let opened = tokio::time::Instant::now();
    for n in 1..=3 {
        assert_eq!(session.event().await.unwrap(), ": ping\r\n\r\n");
        let waited = opened.elapsed();
        assert_eq!(waited.as_secs(), n * 15, "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn disabled_keep_alive_sends_no_comments() {
    let config = SseServerConfig::default().with_sse_keep_alive(None);
    let server = TestServer::with(config).await;
    let mut session = SseSession::initialized(server.address).await;
    let silence = tokio::time::timeout(Duration::from_secs(15), session.event()).await;
    assert!(silence.is_err(), "{silence:?}");
}
