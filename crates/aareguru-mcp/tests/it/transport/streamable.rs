//! Streamable HTTP, byte by byte, against the real binary.

use serde_json::{Value, json};
use testkit::{
    ServerProcess, exchange,
    streamable::{
        ACCEPT, JSON, PING, delete, get, in_session, initialize, message, open, stateless,
    },
    with_header,
};

const LEGACY_VERSIONS: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

fn bern(id: u32) -> Value {
    json!({
        "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": { "name": "get_current_temperature", "arguments": { "city": "bern" } },
    })
}

fn is_bern(answer: &Value) {
    let structured = &answer["result"]["structuredContent"];
    assert_eq!(structured["temperature_celsius"], 12.5, "{answer}");
}

#[tokio::test]
async fn session_is_served_until_deleted() {
    let server = ServerProcess::demo().await;
    for version in LEGACY_VERSIONS {
        let opened = exchange(server.address, &initialize(version)).await;
        assert_eq!(opened.message()["result"]["protocolVersion"], version);
        let id = opened.header("mcp-session-id").unwrap();
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        let accepted = exchange(server.address, &in_session(&message(initialized), id)).await;
        assert_eq!((accepted.status, accepted.body.as_str()), (202, ""));

        let request = in_session(&message(&bern(1).to_string()), id);
        let request = with_header(&request, &format!("MCP-Protocol-Version: {version}"));
        let answer = exchange(server.address, &request).await;
        is_bern(&answer.message());
        // Older clients reject an event without data.
        let primes = answer.body.contains("data: \n");
        assert_eq!(primes, version == "2025-11-25", "{answer:?}");

        assert_eq!(exchange(server.address, &delete(id)).await.status, 200);
        for request in [&request, &get(id), &delete(id)] {
            let gone = exchange(server.address, request).await;
            assert_eq!(gone.status, 404, "{gone:?}");
        }
    }
}

#[tokio::test]
async fn revision_without_sessions_is_served_statelessly() {
    let server = ServerProcess::demo().await;
    let discover = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {} });
    let answer = exchange(server.address, &stateless(discover)).await;
    assert_eq!(answer.header("mcp-session-id"), None);
    let result = &answer.message()["result"];
    let versions = result["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&"2026-07-28".into()), "{result}");

    // A session id from an earlier revision is ignored.
    let request = in_session(&stateless(bern(2)), "left-over");
    is_bern(&exchange(server.address, &request).await.message());
}

#[tokio::test]
async fn invalid_requests_return_the_specified_errors() {
    let server = ServerProcess::demo().await;
    let id = open(server.address).await;
    let in_session = |request: &str| in_session(request, &id);
    let long = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#,
        "x".repeat(5 << 20)
    );
    let without = |line: &str| in_session(&message(PING).replace(line, ""));
    let with = |header: &str| in_session(&with_header(&message(PING), header));
    let body = |body: &str| in_session(&message(body));
    let other_version = with_header(
        &initialize("2025-11-25"),
        "MCP-Protocol-Version: 2025-06-18",
    );
    let no_meta = with_header(&message(PING), "MCP-Protocol-Version: 2026-07-28");
    let lies = stateless(bern(1)).replace("Version: 2026-07-28", "Version: 2025-11-25");
    let other_tool = stateless(bern(1)).replace("Name: get_current_temperature", "Name: other");
    for (request, status, code) in [
        (without(ACCEPT), 406, -32600),
        (
            body("").replace("text/event-stream", "text/html"),
            406,
            -32600,
        ),
        (without(JSON), 415, -32600),
        (
            body("{}").replace("application/json\r\nC", "text/plain\r\nC"),
            415,
            -32600,
        ),
        (body(""), 400, -32700),
        (body("garbage"), 400, -32700),
        (body(r#"{"jsonrpc":"2.0","id":1,"#), 400, -32700),
        (body("{}"), 400, -32600),
        (body(&format!("[{PING}]")), 400, -32600),
        (body(&PING.replace("1,", "null,")), 400, -32600),
        (body(&PING.replace("\"2.0\"", "\"1.0\"")), 400, -32600),
        (body(&long), 413, -32600),
        (with("MCP-Protocol-Version: 1999-01-01"), 400, -32600),
        (other_version, 400, -32600),
        (no_meta, 400, -32602),
        (lies, 400, -32020),
        (other_tool, 400, -32020),
        (message(PING), 400, -32600),
        (
            with_header(&message(PING), "Mcp-Session-Id: unknown"),
            404,
            -32001,
        ),
        // The length is checked first, as over HTTP+SSE and with Redis.
        (
            with_header(&message(&long), "Mcp-Session-Id: unknown"),
            413,
            -32600,
        ),
        (
            "PUT /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n".into(),
            405,
            -32600,
        ),
    ] {
        let reply = exchange(server.address, &request).await;
        let shown: String = request.chars().take(300).collect();
        assert_eq!(reply.status, status, "{shown}\n{reply:?}");
        assert_eq!(reply.error_code(), code, "{shown}\n{reply:?}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    // The rejected requests have not affected the session.
    let answer = exchange(server.address, &in_session(&message(&bern(7).to_string()))).await;
    is_bern(&answer.message());
}

#[tokio::test]
async fn error_response_carries_the_request_id() {
    let server = ServerProcess::demo().await;
    let request = message(r#"{"jsonrpc":"2.0","id":"abc","method":7}"#);
    let reply = exchange(server.address, &request).await;
    assert_eq!(reply.message()["id"], "abc");
}

#[tokio::test]
async fn foreign_host_and_origin_are_rejected() {
    let server = ServerProcess::demo().await;
    for path in ["/mcp", "/ws"] {
        for (headers, status) in [
            ("Host: evil.example\r\n", 421),
            ("Host: localhost\r\nOrigin: https://evil.example\r\n", 403),
        ] {
            let request = format!("GET {path} HTTP/1.1\r\n{headers}\r\n");
            assert_eq!(exchange(server.address, &request).await.status, status);
        }
    }
}

#[tokio::test]
async fn closed_sessions_are_logged() {
    let server = ServerProcess::demo().await;
    for _ in 0..50 {
        open(server.address).await;
    }
    server.signal("TERM").await;
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{logs}");
    assert_eq!(logs.matches("session closed").count(), 50, "{logs}");
}

#[tokio::test]
async fn streamable_session_ids_are_not_logged() {
    let server = ServerProcess::start(&["serve", "--demo", "--log-level", "trace"]).await;
    let id = open(server.address).await;
    exchange(server.address, &in_session(&message(PING), &id)).await;
    exchange(server.address, &delete(&id)).await;
    exchange(server.address, &get(&id)).await;
    let left_open = open(server.address).await;
    server.signal("TERM").await;
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{logs}");
    for line in ["session opened", "session closed"] {
        assert!(logs.contains(line), "{line} not in {logs}");
    }
    for id in [id, left_open] {
        assert!(!logs.contains(&id), "{logs}");
    }
}
