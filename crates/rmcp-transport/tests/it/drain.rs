//! Draining and shutdown of the service.

use std::time::Duration;

use rmcp_transport::SseServerConfig;
use tokio_util::sync::CancellationToken;

use testkit::{SseSession, get, send, tool_call};

use crate::server::TestServer;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

async fn start() -> (TestServer, CancellationToken) {
    let token = CancellationToken::new();
    let config = SseServerConfig::default().with_cancellation_token(token.clone());
    (TestServer::with(config).await, token)
}

#[tokio::test]
async fn drain_finishes_running_requests_and_rejects_new_ones() {
    let (server, token) = start().await;
    let mut busy = SseSession::initialized(server.address).await;
    busy.send(&tool_call(1, "gate", "{}")).await;
    let mut idle = SseSession::initialized(server.address).await;
    let mut new = SseSession::open(server.address).await;

    token.cancel();
    assert_eq!(idle.event().await, None);
    assert_eq!(new.event().await, None);
    let refused = [
        send(server.address, get("/sse")).await,
        busy.post(&tool_call(2, "echo", "{}")).await,
    ];
    for answer in refused {
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (503, "Server is shutting down")
        );
        assert!(answer.head.contains("retry-after: 5"), "{}", answer.head);
    }

    server.gate.add_permits(1);
    let answer = busy.message().await;
    assert_eq!(answer["result"]["content"][0]["text"], "let through");
    assert_eq!(busy.event().await, None);
    assert_eq!(server.service.session_count(), 0);
    assert_eq!(busy.post(PING).await.status, 404);
}

#[tokio::test]
async fn cancelled_request_does_not_delay_the_drain() {
    let (mut server, token) = start().await;
    let mut session = SseSession::initialized(server.address).await;
    session.send(&tool_call(1, "wait", "{}")).await;
    token.cancel();
    session
        .send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#)
        .await;
    assert_eq!(server.wait_tool_stopped().await, "dropped while it waited");
    assert_eq!(session.event().await, None);
}

#[tokio::test(start_paused = true)]
async fn drain_timeout_answers_running_requests_with_an_error() {
    let (mut server, token) = start().await;
    let mut session = SseSession::initialized(server.address).await;
    session.send(&tool_call(1, "wait", "{}")).await;
    let began = tokio::time::Instant::now();
    token.cancel();
    let answer = session.message().await;
    assert_eq!(
        answer["error"]["message"],
        "the session ended before the request was done"
    );
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(session.event().await, None);
    assert_eq!(server.wait_tool_stopped().await, "dropped while it waited");
}

#[tokio::test]
async fn drain_ends_sessions_without_a_stream() {
    let (server, token) = start().await;
    drop(SseSession::initialized(server.address).await);
    token.cancel();
    while server.service.session_count() > 0 {
        tokio::time::timeout(Duration::from_secs(20), tokio::task::yield_now())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn drain_leaves_no_task_running() {
    let (server, token) = start().await;
    let tasks = tokio::runtime::Handle::current().metrics();
    let before = tasks.num_alive_tasks();
    let mut sessions = Vec::new();
    for n in 0..30 {
        let session = match n % 3 {
            0 => SseSession::open(server.address).await,
            _ => SseSession::initialized(server.address).await,
        };
        if n % 3 == 2 {
            session.send(&tool_call(1, "gate", "{}")).await;
        }
        sessions.push(session);
    }
    assert!(tasks.num_alive_tasks() > before + 30);
    token.cancel();
    server.gate.add_permits(10);
    for session in &mut sessions {
        while session.event().await.is_some() {}
    }
    drop(sessions);
    let none_left = async {
        while tasks.num_alive_tasks() > before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), none_left)
        .await
        .unwrap_or_else(|_| panic!("{} tasks are left", tasks.num_alive_tasks() - before));
}
