//! Closing of sessions, and of their requests.

use std::time::Duration;

use rmcp_transport::{Principal, SseServerConfig};

use testkit::{SseSession, get, tool_call, with_header};

use crate::server::TestServer;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Posts until the session has closed, which takes until the server sees the closed connection.
async fn wait_until_unknown(session: &mut SseSession) {
    for _ in 0..1000 {
        let answer = session.post(PING).await;
        match answer.status {
            202 => tokio::task::yield_now().await,
            404 => return assert_eq!(answer.body, "Could not find session"),
            status => panic!("{status} {}", answer.body),
        }
    }
    panic!("the session does not end");
}

#[tokio::test]
async fn disconnect_without_resume_grace_ends_session_and_tools() {
    let config = SseServerConfig::default().with_resume_grace(Duration::ZERO);
    let mut server = TestServer::with(config).await;
    let mut session = SseSession::initialized(server.address).await;
    session.send(&tool_call(7, "wait", "{}")).await;
    assert_eq!(session.call(PING).await["id"], 1);
    assert_eq!(session.last_event_id, None);
    let target = session.target.clone();
    drop(session);
    assert_eq!(server.wait_tool_stopped().await, "dropped while it waited");
    let mut other = SseSession::open(server.address).await;
    other.target = target;
    wait_until_unknown(&mut other).await;
}

#[tokio::test]
async fn disconnect_of_an_uninitialized_session_ends_it() {
    let server = TestServer::start().await;
    let session = SseSession::open(server.address).await;
    let mut other = SseSession::open(server.address).await;
    other.target.clone_from(&session.target);
    drop(session);
    wait_until_unknown(&mut other).await;
}

#[tokio::test]
async fn cancelled_request_is_dropped_without_a_response() {
    let mut server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    session.send(&tool_call(11, "wait", "{}")).await;
    session
        .send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":11,"reason":"x"}}"#)
        .await;
    assert_eq!(server.wait_tool_stopped().await, "dropped while it waited");
    // The next message on the stream is the response to the next request.
    assert_eq!(session.call(PING).await["id"], 1);
}

#[tokio::test]
async fn slow_reader_loses_only_its_own_session() {
    let config = SseServerConfig::default().with_max_queued_bytes(1024 * 1024);
    let server = TestServer::with(config).await;
    let mut reading = SseSession::initialized(server.address).await;
    let mut stalled = SseSession::initialized(server.address).await;
    // More than the socket buffers of both ends and the outbox hold together.
    for _ in 0..200 {
        let answer = stalled
            .post(&tool_call(1, "blob", r#"{"bytes":262144}"#))
            .await;
        if answer.status == 404 {
            break;
        }
    }
    wait_until_unknown(&mut stalled).await;
    assert_eq!(reading.call(PING).await["id"], 1);
}

#[tokio::test]
async fn disconnected_sessions_are_all_removed() {
    let server = TestServer::start().await;
    for round in 0..50 {
        let session = SseSession::open(server.address).await;
        if round % 2 == 0 {
            session.send(PING).await;
        }
    }
    let gone = async {
        while server.service.session_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone)
        .await
        .expect("sessions stay open");
}

#[tokio::test]
async fn end_sessions_of_ends_only_one_principals_sessions() {
    let mut server = TestServer::start().await;
    let open = async |principal| {
        let request = with_header(&get("/sse"), &format!("X-Principal: {principal}"));
        SseSession::open_with(server.address, request).await
    };
    let (mut alice, mut silent, mut bob) =
        (open("alice").await, open("alice").await, open("bob").await);
    let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;
    assert_eq!(alice.post_as(initialize, "alice").await.status, 202);
    alice.message().await;
    alice.post_as(&tool_call(1, "wait", "{}"), "alice").await;

    let ended = server.service.end_sessions_of(&Principal::new("alice"));
    assert_eq!(ended, 2);
    let answer = alice.message().await;
    assert_eq!(answer["error"]["code"], -32603, "{answer}");
    assert_eq!(alice.event().await, None);
    assert_eq!(silent.event().await, None);
    assert_eq!(server.wait_tool_stopped().await, "dropped while it waited");
    assert_eq!(alice.post_as(PING, "alice").await.status, 404);

    assert_eq!(bob.post_as(PING, "bob").await.status, 202);
    assert_eq!(bob.message().await["id"], 1);
    assert_eq!(server.service.end_sessions_of(&Principal::new("alice")), 0);
}
