//! Several services with one store: a session continues at another service when its client
//! reconnects there.

use std::{sync::Arc, time::Duration};

use rmcp_transport::{Delivery, Refusal, Relay, RelayFuture, SessionStore, SseServerConfig};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use testkit::{SseSession, get, post_json, tool_call, with_header};

use crate::{memory_store::MemoryStore, server::TestServer};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

pub(crate) async fn with_store(store: &Arc<impl SessionStore>) -> TestServer {
    TestServer::with(SseServerConfig::default().with_store(Some(store.clone()))).await
}

async fn two() -> (TestServer, TestServer, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::default());
    (with_store(&store).await, with_store(&store).await, store)
}

pub(crate) fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn session_continues_at_another_service_without_initialize() {
    let (first, second, _) = two().await;
    let mut session = SseSession::initialized(first.address).await;
    let set = r#"{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"error"}}"#;
    session.call(set).await;
    let known = session.call_tool(2, "known", "{}").await;
    assert_eq!(text(&known), "raw 2025-11-25 Some(Error)");

    let last = session.last_event_id.clone().unwrap();
    let mut moved = SseSession::resume(second.address, &last).await;
    assert_eq!(moved.target, session.target);
    let known = moved.call_tool(3, "known", "{}").await;
    assert_eq!(text(&known), "raw 2025-11-25 Some(Error)");

    // And back to the first service.
    let last = moved.last_event_id.clone().unwrap();
    let mut back = SseSession::resume(first.address, &last).await;
    assert_eq!(text(&back.call_tool(4, "known", "{}").await), text(&known));
}

#[tokio::test]
async fn takeover_replays_missed_events_and_reruns_pending_calls() {
    let (first, second, store) = two().await;
    let session = SseSession::initialized(first.address).await;
    let seen = session.last_event_id.clone().unwrap();
    session.send(&tool_call(7, "gate", "{}")).await;
    session
        .send(&tool_call(8, "echo", r#"{"text":"missed"}"#))
        .await;

    let mut moved = SseSession::resume(second.address, &seen).await;
    let missed = moved.message().await;
    assert_eq!((&missed["id"], text(&missed)), (&Value::from(8), "missed"));
    second.gate.add_permits(1);
    let answer = moved.message().await;
    assert_eq!(
        (&answer["id"], text(&answer)),
        (&Value::from(7), "let through")
    );

    // The first call completes as well, but its service no longer owns the session.
    first.gate.add_permits(1);
    let last = moved.last_event_id.clone().unwrap();
    let mut moved = SseSession::resume(second.address, &last).await;
    assert_eq!(moved.call(PING).await["id"], 1);
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn former_owner_closes_the_stream_when_fenced() {
    let (first, second, _) = two().await;
    let mut former = SseSession::initialized(first.address).await;
    let last = former.last_event_id.clone().unwrap();
    former.send(&tool_call(7, "gate", "{}")).await;
    let mut moved = SseSession::resume(second.address, &last).await;

    first.gate.add_permits(1);
    assert_eq!(former.event().await, None, "an answer of the former owner");
    assert_eq!(first.service.session_count(), 0);
    second.gate.add_permits(1);
    assert_eq!(moved.message().await["id"], 7);
}

#[tokio::test]
async fn former_owner_can_be_notified_of_the_takeover() {
    let (first, second, _) = two().await;
    let mut former = SseSession::initialized(first.address).await;
    let last = former.last_event_id.clone().unwrap();
    let _moved = SseSession::resume(second.address, &last).await;
    let id = former.target.split_once('=').unwrap().1;
    let id = rmcp_transport::SessionId::parse(id).unwrap();
    // A takeover of an older epoch is ignored.
    first.service.relinquish(id, 1);
    assert_eq!(first.service.session_count(), 1);
    first.service.relinquish(id, 2);
    assert_eq!(former.event().await, None);
    assert_eq!(first.service.session_count(), 0);
    assert_eq!(second.service.session_count(), 1);
}

#[tokio::test]
async fn takeover_by_another_principal_is_rejected() {
    let (first, second, _) = two().await;
    let alice = with_header(&get("/sse"), "X-Principal: alice");
    let mut session = SseSession::open_with(first.address, alice.clone()).await;
    let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;
    session.post_as(initialize, "alice").await;
    session.message().await;
    let last = format!("Last-Event-ID: {}", session.last_event_id.clone().unwrap());
    for thief in [
        with_header(&get("/sse"), &last),
        with_header(&get("/sse"), &format!("{last}\r\nX-Principal: mallory")),
    ] {
        let stranger = SseSession::open_with(second.address, thief).await;
        assert_ne!(stranger.target, session.target);
    }
    session.post_as(PING, "alice").await;
    assert_eq!(session.message().await["id"], 1);
    let back = SseSession::open_with(second.address, with_header(&alice, &last)).await;
    assert_eq!(back.target, session.target);
}

#[tokio::test]
async fn takeover_with_an_unknown_event_is_rejected() {
    let (first, second, _) = two().await;
    let session = SseSession::initialized(first.address).await;
    let last = session.last_event_id.clone().unwrap();
    let (token, _) = last.split_once('.').unwrap();
    let other = SseSession::resume(second.address, &format!("{token}.99")).await;
    assert_ne!(other.target, session.target);
    assert_eq!(first.service.session_count(), 1);
}

#[tokio::test]
async fn ended_session_is_removed_from_the_store() {
    let store = Arc::new(MemoryStore::default());
    let config = SseServerConfig::default().with_store(Some(store.clone()));
    let server = TestServer::with(config.with_resume_grace(Duration::from_secs(1))).await;
    let mut session = SseSession::initialized(server.address).await;
    assert_eq!(store.len(), 1);
    session.call(PING).await;
    drop(session);
    while store.len() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn cancelled_request_is_not_rerun_after_takeover() {
    let (first, second, _) = two().await;
    let session = SseSession::initialized(first.address).await;
    let last = session.last_event_id.clone().unwrap();
    session.send(&tool_call(7, "gate", "{}")).await;
    session
        .send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#)
        .await;
    let mut moved = SseSession::resume(second.address, &last).await;
    second.gate.add_permits(1);
    assert_eq!(moved.call_tool(8, "gate", "{}").await["id"], 8);
}

#[tokio::test]
async fn shutdown_leaves_sessions_and_running_calls_for_the_next_owner() {
    let store = Arc::new(MemoryStore::default());
    let token = CancellationToken::new();
    let config = SseServerConfig::default()
        .with_store(Some(store.clone()))
        .with_drain_timeout(Duration::from_millis(50))
        .with_cancellation_token(token.clone());
    let first = TestServer::with(config).await;
    let second = with_store(&store).await;
    let mut idle = SseSession::initialized(first.address).await;
    let mut busy = SseSession::initialized(first.address).await;
    busy.send(&tool_call(7, "gate", "{}")).await;

    token.cancel();
    for (session, request) in [(&mut idle, PING.to_owned()), (&mut busy, String::new())] {
        assert_eq!(session.event().await, None);
        let last = session.last_event_id.clone().unwrap();
        let mut moved = SseSession::resume(second.address, &last).await;
        assert_eq!(moved.target, session.target);
        if request.is_empty() {
            second.gate.add_permits(1);
            assert_eq!(moved.message().await["id"], 7);
        } else {
            assert_eq!(moved.call(&request).await["id"], 1);
        }
    }
    assert_eq!(first.service.session_count(), 0);
}

/// A relay that captures its deliveries.
struct CapturingRelay(mpsc::UnboundedSender<Delivery>);

impl Relay for CapturingRelay {
    fn deliver(&self, delivery: Delivery) -> RelayFuture<'_> {
        let sent = self.0.send(delivery);
        Box::pin(async move { sent.map_err(|_| Refusal::Unreachable) })
    }
}

/// Starts a server whose relay sends each delivery to the receiver.
async fn with_capturing_relay(
    store: &Arc<MemoryStore>,
) -> (TestServer, mpsc::UnboundedReceiver<Delivery>) {
    let (deliveries, captured) = mpsc::unbounded_channel();
    let config = SseServerConfig::default()
        .with_store(Some(store.clone()))
        .with_relay(Some(Arc::new(CapturingRelay(deliveries))));
    (TestServer::with(config).await, captured)
}

#[tokio::test]
async fn message_accepted_by_the_former_owner_is_relayed() {
    let store = Arc::new(MemoryStore::default());
    let (first, mut captured) = with_capturing_relay(&store).await;
    let second = with_store(&store).await;
    let former = SseSession::initialized(first.address).await;
    let last = former.last_event_id.clone().unwrap();
    let mut moved = SseSession::resume(second.address, &last).await;

    former
        .send(&tool_call(7, "echo", r#"{"text":"late"}"#))
        .await;
    let delivery = captured.recv().await.unwrap();
    second.service.deliver(delivery).await.unwrap();
    assert_eq!(text(&moved.message().await), "late");
}

#[tokio::test]
async fn message_whose_session_moves_during_its_body_is_relayed() {
    let store = Arc::new(MemoryStore::default());
    let (first, mut captured) = with_capturing_relay(&store).await;
    let second = with_store(&store).await;
    let former = SseSession::initialized(first.address).await;

    let call = tool_call(7, "echo", r#"{"text":"late"}"#);
    let post = with_header(
        &post_json(&former.target, &call),
        "Expect: 100-continue\r\nConnection: close",
    );
    let (head, body) = post.split_at(post.len() - call.len());
    let mut connection = TcpStream::connect(first.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut said = [0; 25];
    connection.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    // The session has been found, and its body is pending.
    let mut moved =
        SseSession::resume(second.address, former.last_event_id.as_deref().unwrap()).await;
    let id = former.target.split_once('=').unwrap().1;
    first
        .service
        .relinquish(rmcp_transport::SessionId::parse(id).unwrap(), 2);
    connection.write_all(body.as_bytes()).await.unwrap();

    let delivery = captured.recv().await.unwrap();
    second.service.deliver(delivery).await.unwrap();
    assert_eq!(text(&moved.message().await), "late");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
}
