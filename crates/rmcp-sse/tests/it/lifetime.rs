//! When a session ends, and what ends with it.

use std::time::Duration;

use rmcp_sse::SseServerConfig;
use tokio_util::sync::CancellationToken;

use crate::{
    client::{Session, tool_call},
    server::TestServer,
};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Posts until the session is gone, which takes the server as long as it
/// needs to see a closed connection.
async fn becomes_unknown(session: &mut Session) {
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
async fn when_the_client_goes_its_running_tools_are_dropped_at_once() {
    let mut server = TestServer::start().await;
    let session = Session::initialized(server.address).await;
    session.tell(&tool_call(1, "wait", "{}")).await;
    session.tell(PING).await;
    let target = session.target.clone();
    drop(session);
    assert_eq!(server.wait_tool_stopped().await, "dropped while it waited");
    let mut other = Session::open(server.address).await;
    other.target = target;
    becomes_unknown(&mut other).await;
}

#[tokio::test]
async fn a_cancelled_request_is_dropped_and_not_answered() {
    let mut server = TestServer::start().await;
    let mut session = Session::initialized(server.address).await;
    session.tell(&tool_call(11, "wait", "{}")).await;
    session
        .tell(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":11,"reason":"x"}}"#)
        .await;
    assert_eq!(server.wait_tool_stopped().await, "dropped while it waited");
    // The next message on the stream is the answer to the next request.
    assert_eq!(session.call(PING).await["id"], 1);
}

#[tokio::test]
async fn the_token_ends_every_stream_cleanly_and_refuses_later_messages() {
    let token = CancellationToken::new();
    let config = SseServerConfig::default().with_cancellation_token(token.clone());
    let mut server = TestServer::with(config).await;
    let mut busy = Session::initialized(server.address).await;
    busy.tell(&tool_call(1, "wait", "{}")).await;
    let mut idle = Session::open(server.address).await;

    token.cancel();
    let answer = busy.message().await;
    assert_eq!(answer["id"], 1);
    assert_eq!(
        answer["error"]["message"],
        "the session ended before the request was done"
    );
    assert_eq!(busy.event().await, None);
    assert_eq!(idle.event().await, None);
    assert_eq!(server.wait_tool_stopped().await, "dropped while it waited");
    assert_eq!(idle.post(PING).await.status, 404);
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_session_and_nobody_elses() {
    let config = SseServerConfig::default().with_max_queued_bytes(1024 * 1024);
    let server = TestServer::with(config).await;
    let mut reading = Session::initialized(server.address).await;
    let mut stalled = Session::initialized(server.address).await;
    // More than the socket buffers of both ends and the outbox hold together.
    for _ in 0..200 {
        let answer = stalled
            .post(&tool_call(1, "blob", r#"{"bytes":262144}"#))
            .await;
        if answer.status == 404 {
            break;
        }
    }
    becomes_unknown(&mut stalled).await;
    assert_eq!(reading.call(PING).await["id"], 1);
}

#[tokio::test]
async fn sessions_leave_nothing_behind() {
    let server = TestServer::start().await;
    for round in 0..50 {
        let session = Session::open(server.address).await;
        if round % 2 == 0 {
            session.tell(PING).await;
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
