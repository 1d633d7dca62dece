//! Two services joined by an in-memory relay: a POST to either reaches the session at its owner.

use std::sync::{Arc, OnceLock};

use rmcp_transport::{Delivery, Refusal, Relay, RelayFuture, SseServerConfig, SseService};

use testkit::{SseSession, get, post_json, send, tool_call, with_header};

use crate::server::{TestServer, Tools};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// A relay to the one other service.
#[derive(Default)]
struct OtherService(OnceLock<SseService<Tools>>);

impl Relay for OtherService {
    fn deliver(&self, delivery: Delivery) -> RelayFuture<'_> {
        Box::pin(async move {
            match self.0.get() {
                Some(other) => other.deliver(delivery).await,
                None => Err(Refusal::Unreachable),
            }
        })
    }
}

async fn with_relay() -> (TestServer, Arc<OtherService>) {
    let relay = Arc::new(OtherService::default());
    let config = SseServerConfig::default().with_relay(Some(relay.clone()));
    (TestServer::with(config).await, relay)
}

#[tokio::test]
async fn relayed_post_reaches_the_session() {
    let (first, to_second) = with_relay().await;
    let (second, to_first) = with_relay().await;
    assert!(to_second.0.set(second.service.clone()).is_ok());
    assert!(to_first.0.set(first.service.clone()).is_ok());

    let mut session = SseSession::initialized(first.address).await;
    session.address = second.address;
    let answer = session.call_tool(1, "echo", r#"{"text":"far"}"#).await;
    assert_eq!(answer["result"]["content"][0]["text"], "far");
    let request = with_header(
        &post_json(
            &session.target,
            &tool_call(2, "header", r#"{"name":"x-trace"}"#),
        ),
        "X-Trace: abc",
    );
    assert_eq!(send(second.address, request).await.status, 202);
    let answer = session.message().await;
    assert_eq!(answer["result"]["content"][0]["text"], "/messages abc");
    assert_eq!(second.service.session_count(), 0);

    // The same rejections as at the owner.
    session.send(&tool_call(5, "gate", "{}")).await;
    assert_eq!(session.post(&tool_call(5, "gate", "{}")).await.status, 400);
    assert_eq!(
        session.post("nonsense").await.body,
        "Could not parse message"
    );
    let unknown = post_json(
        "/messages?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5",
        PING,
    );
    assert_eq!(send(second.address, unknown).await.status, 404);
}

#[tokio::test]
async fn relayed_post_to_another_principals_session_returns_404() {
    let (first, _) = with_relay().await;
    let (second, to_first) = with_relay().await;
    assert!(to_first.0.set(first.service.clone()).is_ok());
    let alice = with_header(&get("/sse"), "X-Principal: alice");
    let mut session = SseSession::open_with(first.address, alice).await;
    session.address = second.address;
    assert_eq!(session.post_as(PING, "mallory").await.status, 404);
    assert_eq!(session.post(PING).await.status, 404);
    assert_eq!(session.post_as(PING, "alice").await.status, 202);
    assert_eq!(session.message().await["id"], 1);
}

#[tokio::test]
async fn unreachable_session_owner_returns_503() {
    let (server, _) = with_relay().await;
    let unknown = post_json(
        "/messages?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5",
        PING,
    );
    let answer = send(server.address, unknown).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (503, "Session cannot be reached")
    );
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
}
