//! From a POST to the handler and back to the stream.

use serde_json::json;

use testkit::{SseSession, post, send, tool_call};

use crate::server::TestServer;

#[tokio::test]
async fn tool_call_is_answered_on_the_stream() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    let answer = session
        .call_tool(1, "echo", r#"{"text":"Aare 12.5 °C 🏊\r\n\u2028"}"#)
        .await;
    assert_eq!(
        answer,
        json!({
            "jsonrpc": "2.0",
            "id": 1,
            "result": {
                "content": [{"type": "text", "text": "Aare 12.5 °C 🏊\r\n\u{2028}"}],
                "isError": false,
            }
        })
    );
}

#[tokio::test]
async fn string_request_ids_stay_strings() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    let answer = session
        .call(r#"{"jsonrpc":"2.0","id":"7","method":"ping"}"#)
        .await;
    assert_eq!(answer["id"], "7");
}

#[tokio::test]
async fn message_paths_and_id_spellings_reach_the_session() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    let id = session.target.split_once('=').unwrap().1.to_owned();
    let upper = id.to_uppercase();
    let dashed = format!(
        "{}-{}-{}-{}-{}",
        &id[..8],
        &id[8..12],
        &id[12..16],
        &id[16..20],
        &id[20..]
    );
    for target in [
        format!("/messages?session_id={id}"),
        format!("/messages/?session_id={id}"),
        format!("/messages?sessionId={id}"),
        format!("/messages/?x=1&session_id={upper}"),
        format!("/messages?session_id={dashed}"),
    ] {
        target.clone_into(&mut session.target);
        let answer = session
            .call(r#"{"jsonrpc":"2.0","id":9,"method":"ping"}"#)
            .await;
        assert_eq!(answer["id"], 9, "{target}");
    }
}

#[tokio::test]
async fn tool_sees_the_headers_of_its_post() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    let request = post(
        &session.target,
        "Content-Type: application/json\r\nX-Trace: abc\r\n",
        &tool_call(1, "header", r#"{"name":"x-trace"}"#),
    );
    assert_eq!(send(server.address, request).await.status, 202);
    let answer = session.message().await;
    assert_eq!(answer["result"]["content"][0]["text"], "/messages abc");
}

#[tokio::test]
async fn chunked_body_is_reassembled() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    let (first, second) = (r#"{"jsonrpc":"2.0","id"#, r#"":5,"method":"ping"}"#);
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        session.target,
        first.len(),
        second.len(),
    );
    assert_eq!(send(server.address, request).await.status, 202);
    assert_eq!(session.message().await["id"], 5);
}

#[tokio::test]
async fn responses_reach_only_their_own_session() {
    let server = TestServer::start().await;
    let mut sessions = Vec::new();
    for _ in 0..20 {
        sessions.push(SseSession::initialized(server.address).await);
    }
    for (n, session) in sessions.iter().enumerate() {
        let text = format!(r#"{{"text":"session {n}"}}"#);
        session.send(&tool_call(1, "echo", &text)).await;
    }
    for (n, session) in sessions.iter_mut().enumerate() {
        let answer = session.message().await;
        assert_eq!(
            answer["result"]["content"][0]["text"],
            format!("session {n}")
        );
    }
}

#[tokio::test]
async fn progress_arrives_in_order_before_the_response() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    session
        .send(r#"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"progress","arguments":{},"_meta":{"progressToken":"p"}}}"#)
        .await;
    for step in 1..=5 {
        let progress = session.message().await;
        assert_eq!(progress["method"], "notifications/progress");
        assert_eq!(progress["params"]["progress"], f64::from(step));
    }
    assert_eq!(session.message().await["id"], 4);
}

#[tokio::test]
async fn failed_request_yields_an_error_on_the_stream() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    let unknown_tool = session.call_tool(1, "nothing", "{}").await;
    assert_eq!(unknown_tool["error"]["code"], -32602);
    let unknown_method = session
        .call(r#"{"jsonrpc":"2.0","id":2,"method":"no/such"}"#)
        .await;
    assert_eq!(unknown_method["error"]["code"], -32601);
    let bad_params = session
        .call(r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"nme":1}}"#)
        .await;
    assert_eq!(bad_params["id"], 3);
    assert_eq!(bad_params["error"]["code"], -32602);
}

#[tokio::test]
async fn panicking_tool_returns_an_error_and_keeps_the_session() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    for (id, tool) in [(1, "panic"), (2, "panic at once")] {
        let answer = session.call_tool(id, tool, "{}").await;
        assert_eq!(answer["error"]["code"], -32603, "{tool}");
    }
    let answer = session
        .call_tool(3, "echo", r#"{"text":"still here"}"#)
        .await;
    assert_eq!(answer["result"]["content"][0]["text"], "still here");
}

#[tokio::test]
async fn retained_peer_can_notify_the_client_later() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    session.call_tool(1, "keep", "{}").await;
    let mut other = SseSession::initialized(server.address).await;
    other.call_tool(1, "notify", "{}").await;
    let notification = session.message().await;
    assert_eq!(notification["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn handler_can_send_requests_to_the_client() {
    let server = TestServer::start().await;
    let mut session = SseSession::open(server.address).await;
    session.call(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{}},"clientInfo":{"name":"raw","version":"0"}}}"#).await;
    session.send(&tool_call(1, "ask", "{}")).await;
    let question = session.message().await;
    assert_eq!(question["method"], "roots/list");
    let id = &question["id"];
    session
        .send(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"roots":[{{"uri":"file:///aare"}}]}}}}"#
        ))
        .await;
    assert_eq!(
        session.message().await["result"]["content"][0]["text"],
        "file:///aare"
    );
}
