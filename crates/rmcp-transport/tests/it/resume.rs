//! A client that has lost its stream and reconnects.

use std::time::Duration;

use serde_json::Value;

use testkit::{SseSession, get, post_json, send, tool_call, with_header};

use crate::server::TestServer;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
const GRACE: Duration = Duration::from_secs(30);

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

/// Breaks the connection and returns what a client remembers.
fn disconnect(session: SseSession) -> (String, String) {
    (session.target, session.last_event_id.unwrap())
}

#[tokio::test]
async fn resumed_session_replays_missed_messages() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    session.send(&tool_call(7, "gate", "{}")).await;
    assert_eq!(session.call(PING).await["id"], 1);
    let (target, last) = disconnect(session);

    // Messages are still accepted, and running calls continue.
    let mut other = SseSession::open(server.address).await;
    other.target.clone_from(&target);
    for n in 10..15 {
        let arguments = format!(r#"{{"text":"{n}"}}"#);
        other.send(&tool_call(n, "echo", &arguments)).await;
    }
    server.gate.add_permits(1);

    let mut session = SseSession::resume(server.address, &last).await;
    assert_eq!(session.target, target);
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(session.message().await["id"].as_u64().unwrap());
    }
    assert_eq!(answers[..5], [10, 11, 12, 13, 14]);
    assert_eq!(answers[5], 7);
    assert_eq!(session.call(PING).await["id"], 1);
}

#[tokio::test]
async fn unseen_events_are_replayed_in_order_on_every_resume() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    let first = session.last_event_id.clone().unwrap();
    for id in 1..=3 {
        session.call_tool(id, "echo", r#"{"text":"x"}"#).await;
    }
    drop(session);
    for _ in 0..3 {
        let mut session = SseSession::resume(server.address, &first).await;
        for id in 1..=3 {
            assert_eq!(session.message().await["id"], id);
        }
    }
}

#[tokio::test]
async fn second_stream_replaces_and_closes_the_first() {
    let server = TestServer::start().await;
    let mut first = SseSession::initialized(server.address).await;
    let last = first.last_event_id.clone().unwrap();
    let mut second = SseSession::resume(server.address, &last).await;
    assert_eq!(first.event().await, None);
    assert_eq!(second.call(PING).await["id"], 1);
    assert_eq!(server.service.session_count(), 1);
}

#[tokio::test]
async fn resume_by_another_principal_opens_a_new_session() {
    let server = TestServer::start().await;
    let alice = with_header(&get("/sse"), "X-Principal: alice");
    let mut session = SseSession::open_with(server.address, alice.clone()).await;
    let target = session.target.clone();
    let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;
    session.post_as(initialize, "alice").await;
    session.message().await;
    let last = format!("Last-Event-ID: {}", session.last_event_id.clone().unwrap());

    for thief in [
        with_header(&get("/sse"), &last),
        with_header(&get("/sse"), &format!("{last}\r\nX-Principal: mallory")),
    ] {
        let stranger = SseSession::open_with(server.address, thief).await;
        assert_ne!(stranger.target, target);
    }
    // The owner's stream was not affected, and only the owner can resume it.
    session.post_as(PING, "alice").await;
    assert_eq!(session.message().await["id"], 1);
    let back = SseSession::open_with(server.address, with_header(&alice, &last)).await;
    assert_eq!(back.target, target);
}

#[tokio::test(start_paused = true)]
async fn disconnected_session_is_kept_for_the_resume_grace() {
    let mut server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    session.send(&tool_call(7, "wait", "{}")).await;
    assert_eq!(session.call(PING).await["id"], 1);
    let (target, last) = disconnect(session);

    // Time is the subject. The clock is paused, so this takes no real time.
    tokio::time::sleep(GRACE - Duration::from_secs(2)).await;
    let session = SseSession::resume(server.address, &last).await;
    assert_eq!(session.target, target);
    drop(session);

    tokio::time::sleep(GRACE + Duration::from_secs(2)).await;
    assert_eq!(server.wait_tool_stopped().await, "dropped while it waited");
    let session = SseSession::resume(server.address, &last).await;
    assert_ne!(session.target, target);
}

#[tokio::test(start_paused = true)]
async fn acknowledged_events_are_evicted_from_the_replay_buffer() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    let first = session.last_event_id.clone().unwrap();
    session.call(PING).await;
    let last = session.last_event_id.clone().unwrap();
    let target = session.target.clone();
    // Time is the subject. The clock is paused, so this takes no real time.
    tokio::time::sleep(GRACE * 2 + Duration::from_secs(2)).await;

    let gap = SseSession::resume(server.address, &first).await;
    assert_ne!(gap.target, target, "an event is missing");
    let whole = SseSession::resume(server.address, &last).await;
    assert_eq!(whole.target, target);
}

#[tokio::test]
async fn initialize_response_is_kept_until_initialized_is_received() {
    let server = TestServer::start().await;
    let mut session = SseSession::open(server.address).await;
    let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;
    session.call(initialize).await;
    let (target, last) = disconnect(session);
    let before = format!("{}.0", last.split_once('.').unwrap().0);

    let mut session = SseSession::resume(server.address, &before).await;
    assert_eq!(session.target, target);
    assert_eq!(session.message().await["id"], 0);

    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    session.send(initialized).await;
    let gap = SseSession::resume(server.address, &before).await;
    assert_ne!(gap.target, target);
    let whole = SseSession::resume(server.address, &last).await;
    assert_eq!(whole.target, target);
}

#[tokio::test]
async fn unknown_event_id_opens_a_new_session() {
    let server = TestServer::start().await;
    let session = SseSession::initialized(server.address).await;
    let last = session.last_event_id.clone().unwrap();
    let token = last.split_once('.').unwrap().0;
    for id in [
        "",
        "1",
        "💧",
        token,
        &format!("{token}.99"),
        &format!("{token}.18446744073709551615"),
    ] {
        let other = SseSession::resume(server.address, id).await;
        assert_ne!(other.target, session.target, "{id}");
    }
}

#[tokio::test]
async fn event_ids_do_not_contain_the_session_id() {
    let server = TestServer::start().await;
    let session = SseSession::initialized(server.address).await;
    let id = session.target.split_once('=').unwrap().1;
    let last = session.last_event_id.unwrap();
    assert!(!last.contains(&id[..8]), "{last} {id}");
}

#[tokio::test]
async fn reconnecting_client_with_a_version_header_skips_initialize() {
    let server = TestServer::start().await;
    for header in [
        "MCP-Protocol-Version: 2025-06-18",
        "MCP-Protocol-Version: 2025-06-18\r\nLast-Event-ID: 3db2eaa67e9849b6bf973c6bb5c88bc5.4",
        "Last-Event-ID: 3db2eaa67e9849b6bf973c6bb5c88bc5.4",
    ] {
        let request = with_header(&get("/sse"), header);
        let mut session = SseSession::open_with(server.address, request).await;
        let answer = session.call_tool(5, "echo", r#"{"text":"served"}"#).await;
        assert_eq!(text(&answer), "served", "{header}");
        // A client that initializes again is served as well.
        let answer = session.initialize("2025-11-25").await;
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
    }
}

#[tokio::test]
async fn unsupported_version_header_adopts_no_session() {
    let server = TestServer::start().await;
    for version in ["2026-07-28", "1.0", "", "x"] {
        let header = format!("MCP-Protocol-Version: {version}");
        let request = with_header(&get("/sse"), &header);
        let mut session = SseSession::open_with(server.address, request).await;
        let answer = session.call_tool(5, "echo", "{}").await;
        assert_eq!(answer["error"]["code"], -32602, "{version}");
    }
}

#[tokio::test]
async fn version_header_on_a_post_adopts_the_session() {
    let server = TestServer::start().await;
    let mut session = SseSession::open(server.address).await;
    let call = tool_call(5, "echo", r#"{"text":"served"}"#);
    let request = post_json(&session.target, &call);
    let request = with_header(&request, "MCP-Protocol-Version: 2025-11-25");
    assert_eq!(send(server.address, request).await.status, 202);
    assert_eq!(text(&session.message().await), "served");
    let answer = session.initialize("2025-06-18").await;
    assert_eq!(answer["result"]["protocolVersion"], "2025-06-18");
}
