//! Rejected requests and their plain responses.

use rmcp_transport::SseServerConfig;

use testkit::{SseSession, get, post, post_json, send, tool_call};

use crate::server::TestServer;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
const UNKNOWN: &str = "/messages?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5";

#[tokio::test]
async fn post_without_a_live_session_is_rejected() {
    let server = TestServer::start().await;
    for (target, status, body) in [
        ("/messages", 400, "session_id is required"),
        ("/messages?other=1", 400, "session_id is required"),
        ("/messages?session_id=", 400, "Invalid session ID"),
        ("/messages?session_id=not-a-uuid", 400, "Invalid session ID"),
        (UNKNOWN, 404, "Could not find session"),
    ] {
        let answer = send(server.address, post_json(target, PING)).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (status, body),
            "{target}"
        );
    }
}

#[tokio::test]
async fn post_without_json_content_type_returns_400() {
    let server = TestServer::start().await;
    let session = SseSession::initialized(server.address).await;
    for headers in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: application/jsonx\r\n",
    ] {
        for target in [session.target.as_str(), UNKNOWN] {
            let answer = send(server.address, post(target, headers, PING)).await;
            assert_eq!(answer.status, 400, "{headers}");
            assert_eq!(answer.body, "Invalid Content-Type header");
        }
    }
}

#[tokio::test]
async fn invalid_json_rpc_message_returns_400_without_echo() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    for body in [
        "",
        "secret",
        "{\"jsonrpc\":\"2.0\",\"id\":1,",
        r#"{"hello":"world"}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
        "[]",
        "null",
        "\"\u{1F4A7}\"",
    ] {
        let answer = session.post(body).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (400, "Could not parse message"),
            "{body}"
        );
    }
    // None of them reached the session, which continues.
    assert_eq!(session.call(PING).await["id"], 1);
}

#[tokio::test]
async fn invalid_utf8_body_returns_400() {
    let server = TestServer::start().await;
    let session = SseSession::initialized(server.address).await;
    let mut request = post_json(&session.target, "12").into_bytes();
    request.truncate(request.len() - 2);
    request.extend([0xff, 0xfe]);
    let answer = send(server.address, request).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body, "Could not parse message");
}

#[tokio::test]
async fn body_over_4_mib_returns_413() {
    let server = TestServer::start().await;
    let session = SseSession::initialized(server.address).await;
    let limit = SseServerConfig::default().max_request_body_bytes;
    let text = "x".repeat(limit);
    let body = tool_call(1, "echo", &format!(r#"{{"text":"{text}"}}"#));
    // The length is checked before the session.
    let unknown = "/messages/?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5";
    for target in [&session.target, unknown] {
        let declared = post_json(target, &body);
        let chunked = format!(
            "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        );
        for request in [declared, chunked] {
            let answer = send(server.address, request).await;
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (413, "Request body too large")
            );
        }
    }
}

#[tokio::test]
async fn body_of_exactly_the_limit_is_accepted() {
    let config = SseServerConfig::default().with_max_request_body_bytes(PING.len());
    let server = TestServer::with(config).await;
    let mut session = SseSession::open(server.address).await;
    assert_eq!(session.call(PING).await["id"], 1);
    let answer = session.post(&format!("{PING} ")).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn unsupported_method_returns_405_with_allow() {
    let server = TestServer::start().await;
    for (method, path, allow) in [
        ("POST", "/sse", "GET, HEAD"),
        ("DELETE", "/sse", "GET, HEAD"),
        ("OPTIONS", "/sse", "GET, HEAD"),
        ("GET", "/messages", "POST"),
        ("DELETE", "/messages/", "POST"),
        ("OPTIONS", "/messages", "POST"),
    ] {
        let request = get(path).replacen("GET", method, 1);
        let answer = send(server.address, request).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (405, "Method Not Allowed")
        );
        let allow = format!("allow: {allow}");
        assert!(
            answer.head.lines().any(|line| line == allow),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn unknown_path_returns_404() {
    let server = TestServer::start().await;
    for path in ["/", "/sse//", "/sse/x", "/messages//", "/messagesx", "/mcp"] {
        let answer = send(server.address, get(path)).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, "Not Found"),
            "{path}"
        );
    }
}
