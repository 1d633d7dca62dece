//! Ownership and limits of sessions over Streamable HTTP.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use rmcp_transport::{Principal, SseServerConfig};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use testkit::{
    DEADLINE, HttpResponse, exchange,
    streamable::{PING, delete, get, in_session, initialize, message, open, stateless},
    tool_call, with_header,
};

use crate::transport::controllable_server::{ControllableServer, wait_until};

fn by(request: &str, principal: &str) -> String {
    with_header(request, &format!("X-Principal: {principal}"))
}

fn call(tool: &str, id: u32, session: &str) -> String {
    in_session(&message(&tool_call(id, tool, "{}")), session)
}

/// Opens a session as this principal.
async fn open_by(address: SocketAddr, principal: &str) -> HttpResponse {
    exchange(address, &by(&initialize("2025-11-25"), principal)).await
}

fn session_id(opened: &HttpResponse) -> String {
    opened.header("mcp-session-id").expect("no session").into()
}

/// Sends a request without waiting for the response.
async fn start(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads up to and including the last chunk of the stream.
async fn read_to_last_chunk(mut stream: TcpStream) -> String {
    let mut read = Vec::new();
    let end = async {
        while read != b"0\r\n\r\n" && !read.ends_with(b"\r\n0\r\n\r\n") {
            assert!(stream.read_buf(&mut read).await.unwrap() > 0, "cut");
        }
    };
    timeout(DEADLINE, end)
        .await
        .expect("the stream does not end");
    String::from_utf8(read).unwrap()
}

/// Reads up to the end of the response head.
async fn read_head(stream: &mut TcpStream) {
    let mut read = Vec::new();
    let head = async {
        while !read.windows(4).any(|window| window == b"\r\n\r\n") {
            assert!(stream.read_buf(&mut read).await.unwrap() > 0, "cut");
        }
    };
    timeout(DEADLINE, head).await.expect("no answer");
    assert!(read.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn session_of_another_principal_returns_404() {
    let server = ControllableServer::start(SseServerConfig::default()).await;
    let id = session_id(&open_by(server.address, "alice").await);
    let ping = in_session(&message(PING), &id);
    let unknown = exchange(server.address, &in_session(&message(PING), "unknown")).await;
    for request in [&ping, &get(&id), &delete(&id)] {
        for request in [by(request, "bob"), request.clone()] {
            let reply = exchange(server.address, &request).await;
            assert_eq!(reply.status, 404, "{reply:?}");
            if request.starts_with("POST") {
                assert_eq!(reply.body, unknown.body);
            }
        }
    }
    assert_eq!(
        exchange(server.address, &by(&ping, "alice")).await.status,
        200
    );
}

#[tokio::test]
async fn session_limits_apply_in_total_and_per_client() {
    let config = SseServerConfig::default()
        .with_max_sessions(2)
        .with_max_sessions_per_client(1);
    let server = ControllableServer::start(config).await;
    let alice = session_id(&open_by(server.address, "alice").await);
    let refused = open_by(server.address, "alice").await;
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("5"));
    open_by(server.address, "bob").await;
    let refused = open_by(server.address, "carol").await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("5"));
    assert_eq!(server.streamable.session_count(), 2);

    let ended = exchange(server.address, &by(&delete(&alice), "alice")).await;
    assert_eq!(ended.status, 200);
    assert_eq!(open_by(server.address, "carol").await.status, 200);
}

#[tokio::test]
async fn abandoned_session_is_evicted_before_active_ones() {
    let config = SseServerConfig::default()
        .with_max_sessions(2)
        .with_resume_grace(Duration::ZERO);
    let server = ControllableServer::start(config).await;
    let (listening, left) = (open(server.address).await, open(server.address).await);
    let mut stream = start(server.address, &get(&listening)).await;
    read_head(&mut stream).await;

    open(server.address).await;
    let ping = |id| in_session(&message(PING), id);
    assert_eq!(exchange(server.address, &ping(&left)).await.status, 404);
    assert_eq!(
        exchange(server.address, &ping(&listening)).await.status,
        200
    );
}

#[tokio::test]
async fn rejected_initialize_releases_its_session_permit() {
    let server = ControllableServer::start(SseServerConfig::default().with_max_sessions(1)).await;
    let wrong = initialize("2025-11-25").replace("Accept: application/json, ", "Accept: ");
    assert_eq!(exchange(server.address, &wrong).await.status, 406);
    open(server.address).await;
}

#[tokio::test]
async fn in_flight_limit_and_duplicate_ids_are_rejected() {
    let config = SseServerConfig::default().with_max_in_flight(1);
    let mut server = ControllableServer::start(config).await;
    let id = open(server.address).await;
    let running = start(server.address, &call("wait", 1, &id)).await;
    server.wait_for_call().await;

    let again = exchange(server.address, &call("echo", 1, &id)).await;
    assert_eq!((again.status, again.error_code()), (400, -32600));
    let more = exchange(server.address, &call("echo", 2, &id)).await;
    assert_eq!((more.status, more.error_code()), (429, -32000));
    assert_eq!(more.header("retry-after"), Some("1"));
    assert_eq!(more.message()["id"], 2);
    // Other sessions are unaffected.
    let other = open(server.address).await;
    assert_eq!(
        exchange(server.address, &call("echo", 1, &other))
            .await
            .status,
        200
    );

    server.release_one_call();
    let answer = read_to_last_chunk(running).await;
    assert!(answer.contains(r#""id":1,"result""#), "{answer}");
    let after = exchange(server.address, &call("echo", 1, &id)).await;
    assert_eq!(after.status, 200, "{after:?}");
}

#[tokio::test]
async fn dropped_connection_keeps_its_in_flight_permit() {
    let config = SseServerConfig::default().with_max_in_flight(1);
    let mut server = ControllableServer::start(config).await;
    let id = open(server.address).await;
    let running = start(server.address, &call("wait", 1, &id)).await;
    server.wait_for_call().await;
    drop(running);
    let more = exchange(server.address, &call("echo", 2, &id)).await;
    assert_eq!(more.status, 429, "{more:?}");
    server.release_one_call();
    while exchange(server.address, &call("echo", 2, &id)).await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn panicking_tool_returns_an_internal_error() {
    let server = ControllableServer::start(SseServerConfig::default()).await;
    let id = open(server.address).await;
    let in_session = call("panic", 1, &id);
    let stateless = stateless(serde_json::from_str(&tool_call(1, "panic", "{}")).unwrap());
    let (in_session, stateless) = tokio::join!(
        exchange(server.address, &in_session),
        exchange(server.address, &stateless)
    );
    for reply in [in_session, stateless] {
        let messages = reply.messages();
        let last = messages.last().unwrap();
        assert_eq!(last["error"]["code"], -32603, "{reply:?}");
        assert_eq!(last["id"], 1);
    }
    let after = exchange(server.address, &call("echo", 1, &id)).await;
    assert_eq!(after.status, 200, "{after:?}");
}

#[tokio::test]
async fn shutdown_finishes_running_calls_and_ends_streams() {
    let mut server = ControllableServer::start(SseServerConfig::default()).await;
    let id = open(server.address).await;
    let mut listening = start(server.address, &get(&id)).await;
    read_head(&mut listening).await;
    let running = start(server.address, &call("wait", 1, &id)).await;
    server.wait_for_call().await;

    server.shut_down();
    read_to_last_chunk(listening).await;
    for request in [call("echo", 2, &id), initialize("2025-11-25"), get(&id)] {
        let refused = exchange(server.address, &request).await;
        assert_eq!(refused.status, 503, "{refused:?}");
        assert_eq!(refused.header("retry-after"), Some("5"));
    }
    server.release_one_call();
    let answer = read_to_last_chunk(running).await;
    assert!(answer.contains(r#""id":1,"result""#), "{answer}");
    wait_until(|| server.streamable.session_count() == 0).await;
}

#[tokio::test]
async fn shutdown_drain_timeout_ends_running_calls() {
    let config = SseServerConfig::default().with_drain_timeout(Duration::ZERO);
    let mut server = ControllableServer::start(config).await;
    let id = open(server.address).await;
    let running = start(server.address, &call("wait", 1, &id)).await;
    server.wait_for_call().await;
    server.shut_down();
    let answer = read_to_last_chunk(running).await;
    assert!(!answer.contains("\"result\""), "{answer}");
    wait_until(|| server.streamable.session_count() == 0).await;
}

#[tokio::test]
async fn idle_session_is_closed() {
    let config = SseServerConfig::default().with_idle_timeout(Some(Duration::from_millis(20)));
    let server = ControllableServer::start(config).await;
    let id = open(server.address).await;
    wait_until(|| server.streamable.session_count() == 0).await;
    assert_eq!(exchange(server.address, &get(&id)).await.status, 404);
}

#[tokio::test]
async fn end_sessions_of_closes_one_principals_sessions() {
    let server = ControllableServer::start(SseServerConfig::default()).await;
    let alice = session_id(&open_by(server.address, "alice").await);
    let bob = session_id(&open_by(server.address, "bob").await);
    let ended = server.streamable.end_sessions_of(&Principal::new("alice"));
    assert_eq!(ended, 1);
    let ping = |id, who| by(&in_session(&message(PING), id), who);
    assert_eq!(
        exchange(server.address, &ping(&alice, "alice"))
            .await
            .status,
        404
    );
    assert_eq!(
        exchange(server.address, &ping(&bob, "bob")).await.status,
        200
    );
}

#[tokio::test]
async fn session_and_request_metrics_are_counted() {
    let mut server = ControllableServer::start(SseServerConfig::default()).await;
    let id = open(server.address).await;
    let running = start(server.address, &call("wait", 1, &id)).await;
    server.wait_for_call().await;
    let changes = server.metric_changes();
    for name in ["sessions", "sessions_opened_total", "requests_in_flight"] {
        let name = format!("aareguru_mcp_streamable_{name}");
        assert_eq!(changes.get(&name), Some(&1.0), "{name} in {changes:?}");
    }
    server.release_one_call();
    read_to_last_chunk(running).await;
    exchange(server.address, &delete(&id)).await;
    let wanted = [
        ("aareguru_mcp_streamable_requests_in_flight", -1.0),
        ("aareguru_mcp_streamable_sessions", -1.0),
        ("aareguru_mcp_streamable_sessions_closed_total deleted", 1.0),
    ];
    let wanted = BTreeMap::from(wanted.map(|(name, change)| (name.to_owned(), change)));
    let mut changed = BTreeMap::new();
    wait_until(|| {
        for (name, change) in server.metric_changes() {
            *changed.entry(name).or_default() += change;
        }
        changed == wanted
    })
    .await;
}
