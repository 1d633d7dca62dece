//! Every resource is limited, and excess is rejected before it is accepted.

use std::time::Duration;

use rmcp_transport::SseServerConfig;

use testkit::{HttpResponse, SseSession, get, post_json, send, tool_call, with_header};

use crate::server::TestServer;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[track_caller]
fn assert_rejected(answer: &HttpResponse, status: u16, text: &str, retry_after_secs: u32) {
    assert_eq!((answer.status, answer.body.as_str()), (status, text));
    let retry = format!("retry-after: {retry_after_secs}");
    assert!(answer.head.lines().any(|l| l == retry), "{}", answer.head);
}

#[tokio::test]
async fn session_limit_returns_503() {
    let config = SseServerConfig::default().with_max_sessions(2);
    let server = TestServer::with(config).await;
    let first = SseSession::open(server.address).await;
    let _second = SseSession::open(server.address).await;
    let third = send(server.address, get("/sse")).await;
    assert_rejected(&third, 503, "Too many sessions", 5);

    drop(first);
    // The permit is released as soon as the server has seen the closed connection.
    while server.service.session_count() > 1 {
        tokio::task::yield_now().await;
    }
    SseSession::open(server.address).await;
}

#[tokio::test]
async fn disconnected_session_is_evicted_for_a_new_one() {
    let config = SseServerConfig::default().with_max_sessions(1);
    let server = TestServer::with(config).await;
    let gone = SseSession::initialized(server.address).await;
    let (target, last) = (gone.target.clone(), gone.last_event_id.clone().unwrap());
    drop(gone);
    let mut new = loop {
        let answer = send(server.address, get("/sse").replace("GET", "HEAD")).await;
        assert_eq!(answer.status, 200);
        if let Some(session) = SseSession::try_open(server.address, get("/sse")).await {
            break session;
        }
    };
    assert_ne!(new.target, target);
    assert_eq!(new.call(PING).await["id"], 1);
    let evicted = send(server.address, post_json(&target, PING)).await;
    assert_eq!(evicted.status, 404);
    let resume = with_header(&get("/sse"), &format!("Last-Event-ID: {last}"));
    assert_eq!(send(server.address, resume).await.status, 503);
}

#[tokio::test]
async fn session_limit_per_client_returns_429() {
    let config = SseServerConfig::default().with_max_sessions_per_client(1);
    let server = TestServer::with(config).await;
    let mut open = Vec::new();
    for (client, other) in [
        ("X-Principal: alice", "X-Principal: bob"),
        ("X-Address: 192.0.2.1", "X-Address: 192.0.2.2"),
        ("X-Address: 2001:db8::1", "X-Address: 2001:db8:0:1::1"),
    ] {
        let request = with_header(&get("/sse"), client);
        open.push(SseSession::open_with(server.address, request.clone()).await);
        let second = send(server.address, &request).await;
        assert_rejected(&second, 429, "Too many sessions of this client", 5);
        let request = with_header(&get("/sse"), other);
        open.push(SseSession::open_with(server.address, request).await);
    }
    // The same /64 is the same client.
    let same_prefix = with_header(&get("/sse"), "X-Address: 2001:db8::2");
    assert_eq!(send(server.address, same_prefix).await.status, 429);
}

#[tokio::test]
async fn both_session_limits_reached_returns_503() {
    let config = SseServerConfig::default()
        .with_max_sessions(1)
        .with_max_sessions_per_client(1);
    let server = TestServer::with(config).await;
    let request = with_header(&get("/sse"), "X-Principal: alice");
    let _open = SseSession::open_with(server.address, request.clone()).await;
    let second = send(server.address, request).await;
    assert_rejected(&second, 503, "Too many sessions", 5);
}

#[tokio::test]
async fn reconnect_without_an_event_id_evicts_the_clients_own_session() {
    let config = SseServerConfig::default().with_max_sessions_per_client(1);
    let server = TestServer::with(config).await;
    let request = with_header(&get("/sse"), "X-Principal: alice");
    let mut session = SseSession::open_with(server.address, request.clone()).await;
    let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;
    session.post_as(initialize, "alice").await;
    session.message().await;
    drop(session);
    // As soon as the server has seen the closed connection.
    while SseSession::try_open(server.address, request.clone())
        .await
        .is_none()
    {}
}

#[tokio::test]
async fn session_of_another_principal_returns_404() {
    let server = TestServer::start().await;
    let alice = with_header(&get("/sse"), "X-Principal: alice");
    let session = SseSession::open_with(server.address, alice).await;
    for thief in ["X-Principal: mallory", "X-Other: header"] {
        let request = with_header(&post_json(&session.target, PING), thief);
        let answer = send(server.address, request).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, "Could not find session")
        );
    }
    assert_eq!(session.post_as(PING, "alice").await.status, 202);
}

#[tokio::test]
async fn in_flight_limit_returns_429_before_the_call_runs() {
    let config = SseServerConfig::default().with_max_in_flight(2);
    let mut server = TestServer::with(config).await;
    let mut session = SseSession::initialized(server.address).await;
    for id in [10, 11] {
        session.send(&tool_call(id, "wait", "{}")).await;
    }
    let third = session.post(&tool_call(12, "echo", "{}")).await;
    assert_rejected(&third, 429, "Too many requests in flight", 1);
    session
        .send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":10}}"#)
        .await;
    assert_eq!(server.wait_tool_stopped().await, "dropped while it waited");
    let answer = session.call_tool(13, "echo", r#"{"text":"x"}"#).await;
    assert_eq!(answer["id"], 13);
}

#[tokio::test]
async fn duplicate_request_id_is_rejected_until_it_completes() {
    let server = TestServer::start().await;
    let mut session = SseSession::initialized(server.address).await;
    session.send(&tool_call(5, "gate", "{}")).await;
    let again = session.post(&tool_call(5, "echo", "{}")).await;
    assert_eq!(
        (again.status, again.body.as_str()),
        (400, "Request id is already in use")
    );
    // "5" and 5 are different ids.
    let other = session
        .call(r#"{"jsonrpc":"2.0","id":"5","method":"ping"}"#)
        .await;
    assert_eq!(other["id"], "5");
    server.gate.add_permits(1);
    assert_eq!(session.message().await["id"], 5);
    let answer = session.call_tool(5, "echo", r#"{"text":"x"}"#).await;
    assert_eq!(answer["id"], 5);
}

#[tokio::test(start_paused = true)]
async fn uninitialized_session_is_closed_after_the_init_timeout() {
    let server = TestServer::start().await;
    let mut session = SseSession::open(server.address).await;
    let opened = tokio::time::Instant::now();
    session.call(PING).await;
    assert_eq!(session.event().await, None);
    assert!(opened.elapsed() > Duration::from_secs(10));
    assert_eq!(session.post(PING).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn idle_session_is_closed_after_the_idle_timeout() {
    let idle = Duration::from_secs(40);
    let config = SseServerConfig::default().with_idle_timeout(Some(idle));
    let server = TestServer::with(config).await;
    let mut session = SseSession::initialized(server.address).await;
    // Time is the subject. The clock is paused, so this takes no real time.
    tokio::time::sleep(idle - Duration::from_secs(5)).await;
    for _ in 0..2 {
        assert_eq!(session.event().await.unwrap(), ": ping\r\n\r\n");
    }
    assert_eq!(session.call(PING).await["id"], 1);
    let active = tokio::time::Instant::now();
    while session.event().await.is_some() {}
    assert!(active.elapsed() > idle, "{:?}", active.elapsed());
}

#[tokio::test(start_paused = true)]
async fn idle_check_runs_at_the_configured_interval() {
    let interval = Duration::from_secs(60);
    let config = SseServerConfig::default()
        .with_idle_timeout(Some(Duration::from_secs(5)))
        .with_idle_check_interval(interval);
    let started = tokio::time::Instant::now();
    let server = TestServer::with(config).await;
    let mut session = SseSession::initialized(server.address).await;
    while session.event().await.is_some() {}
    let lived = started.elapsed();
    assert!(lived >= interval - Duration::from_secs(2), "{lived:?}");
    assert!(lived <= interval + Duration::from_secs(2), "{lived:?}");
}

#[tokio::test(start_paused = true)]
async fn running_request_prevents_the_idle_timeout() {
    let config = SseServerConfig::default()
        .with_idle_timeout(Some(Duration::from_secs(5)))
        .with_sse_keep_alive(Some(Duration::from_secs(2)));
    let server = TestServer::with(config).await;
    let mut session = SseSession::initialized(server.address).await;
    session.send(&tool_call(1, "gate", "{}")).await;
    // Time is the subject. The clock is paused, so this takes no real time.
    tokio::time::sleep(Duration::from_secs(30)).await;
    server.gate.add_permits(1);
    while session.event().await.unwrap().starts_with(':') {}
}

#[tokio::test(start_paused = true)]
async fn unread_stream_is_closed_after_the_write_timeout() {
    let server = TestServer::start().await;
    let session = SseSession::initialized(server.address).await;
    // Both fit the outbox, but not the socket's buffers.
    for id in [1, 2] {
        session
            .send(&tool_call(id, "blob", r#"{"bytes":4000000}"#))
            .await;
    }
    let sent = tokio::time::Instant::now();
    while session.post(PING).await.status == 202 {
        // Time is the subject. The clock is paused, so this takes no real time.
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(sent.elapsed() < Duration::from_secs(120));
    }
    assert!(
        sent.elapsed() > Duration::from_secs(29),
        "{:?}",
        sent.elapsed()
    );
}
