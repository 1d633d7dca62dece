//! Ownership and limits of sessions over WebSocket.

use std::time::Duration;

use rmcp_transport::{Principal, SseServerConfig};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use testkit::{DEADLINE, WebSocketClient, tool_call};

use crate::transport::controllable_server::{ControllableServer, wait_until};

async fn open_by(server: &ControllableServer, principal: &str) -> Result<WebSocketClient, u16> {
    let opened = WebSocketClient::try_open(server.address, &[("x-principal", principal)]).await;
    opened.map_err(|status| status.as_u16())
}

#[tokio::test]
async fn session_limits_apply_in_total_and_per_client() {
    let config = SseServerConfig::default()
        .with_max_sessions(2)
        .with_max_sessions_per_client(1);
    let server = ControllableServer::start(config).await;
    let alice = open_by(&server, "alice").await.ok().unwrap();
    assert_eq!(open_by(&server, "alice").await.err(), Some(429));
    let _bob = open_by(&server, "bob").await.ok().unwrap();
    assert_eq!(open_by(&server, "carol").await.err(), Some(503));
    drop(alice);
    wait_until(|| server.websocket.session_count() == 1).await;
    assert!(open_by(&server, "carol").await.is_ok());
}

#[tokio::test]
async fn in_flight_limit_and_duplicate_ids_are_rejected() {
    let config = SseServerConfig::default().with_max_in_flight(1);
    let mut server = ControllableServer::start(config).await;
    let mut socket = WebSocketClient::initialized(server.address).await;
    // Discard the changes caused by `initialize`.
    server.metric_changes();
    socket.send_text(&tool_call(1, "wait", "{}")).await;
    server.wait_for_call().await;
    let in_flight = "aareguru_mcp_websocket_requests_in_flight";
    assert_eq!(server.metric_changes()[in_flight], 1.0);
    let again = socket.call(&tool_call(1, "echo", "{}")).await;
    assert_eq!(again["error"]["code"], -32600, "{again}");
    let more = socket.call(&tool_call(2, "echo", "{}")).await;
    assert_eq!(more["error"]["code"], -32000, "{more}");
    server.release_one_call();
    let answer = socket.message().await;
    assert_eq!(answer["id"], 1);
    assert!(answer["result"].is_object(), "{answer}");
    let after = socket.call(&tool_call(1, "echo", "{}")).await;
    assert!(after["result"].is_object(), "{after}");
    wait_until(|| {
        server
            .metric_changes()
            .get(in_flight)
            .is_none_or(|n| *n == 0.0)
    })
    .await;
    // A running call ends with its socket.
    socket.send_text(&tool_call(2, "wait", "{}")).await;
    server.wait_for_call().await;
    drop(socket);
    wait_until(|| server.websocket.session_count() == 0).await;
    wait_until(|| {
        server
            .metric_changes()
            .get(in_flight)
            .is_none_or(|n| *n == 0.0)
    })
    .await;
}

#[tokio::test]
async fn cancelled_call_gets_no_response_and_releases_its_permit() {
    let config = SseServerConfig::default().with_max_in_flight(1);
    let mut server = ControllableServer::start(config).await;
    let mut socket = WebSocketClient::initialized(server.address).await;
    socket.send_text(&tool_call(1, "wait", "{}")).await;
    server.wait_for_call().await;
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    socket.send_text(cancel).await;
    let pong = socket
        .call(r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#)
        .await;
    assert_eq!(pong["id"], 3, "{pong}");
    server.release_one_call();
    let answer = socket.call(&tool_call(2, "echo", "{}")).await;
    assert_eq!(answer["id"], 2, "{answer}");
}

#[tokio::test]
async fn panicking_tool_returns_an_internal_error() {
    let server = ControllableServer::start(SseServerConfig::default()).await;
    let mut socket = WebSocketClient::initialized(server.address).await;
    let answer = socket.call(&tool_call(1, "panic", "{}")).await;
    assert_eq!(answer["error"]["code"], -32603, "{answer}");
    let answer = socket.call(&tool_call(2, "echo", "{}")).await;
    assert!(answer["result"].is_object(), "{answer}");
}

#[tokio::test]
async fn failed_initialize_closes_the_socket_with_1011() {
    let server = ControllableServer::start(SseServerConfig::default()).await;
    let mut other_client = WebSocketClient::initialized(server.address).await;
    let mut socket = WebSocketClient::open(server.address).await;
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "unwelcome", "version": "0" },
        },
    });
    let answer = socket.call(&request.to_string()).await;
    assert_eq!(answer["error"]["message"], "no session", "{answer}");
    // RFC 6455, section 7.4.1: 1011.
    assert_eq!(socket.close_code().await, CloseCode::Error);
    wait_until(|| server.websocket.session_count() == 1).await;
    let closed = "aareguru_mcp_websocket_sessions_closed_total failed";
    assert_eq!(server.metric_changes()[closed], 1.0);
    let answer = other_client.call(&tool_call(1, "echo", "{}")).await;
    assert!(answer["result"].is_object(), "{answer}");
}

#[tokio::test]
async fn silent_socket_is_closed_after_the_init_timeout() {
    let config = SseServerConfig::default().with_init_timeout(Duration::ZERO);
    let server = ControllableServer::start(config).await;
    let mut socket = WebSocketClient::open(server.address).await;
    assert_eq!(socket.close_code().await, CloseCode::Policy);
}

#[tokio::test]
async fn idle_socket_is_closed() {
    let config = SseServerConfig::default().with_idle_timeout(Some(Duration::ZERO));
    let server = ControllableServer::start(config).await;
    let mut socket = WebSocketClient::open(server.address).await;
    socket.initialize("2025-11-25").await;
    assert_eq!(socket.close_code().await, CloseCode::Normal);
}

#[tokio::test]
async fn client_without_pong_is_disconnected() {
    let config = SseServerConfig::default().with_sse_keep_alive(Some(Duration::from_millis(50)));
    let server = ControllableServer::start(config).await;
    let mut alive = WebSocketClient::initialized(server.address).await;
    let mut dead = TcpStream::connect(server.address).await.unwrap();
    let upgrade = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
                   Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    dead.write_all(upgrade.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    // The live client answers pings while it waits for a frame.
    tokio::select! {
        frame = alive.frame() => panic!("{frame:?}"),
        ended = timeout(DEADLINE, dead.read_to_end(&mut read)) => {
            ended.expect("the connection stays open").unwrap();
        }
    }
    let pings = read.windows(2).filter(|bytes| *bytes == [0x89, 0]).count();
    assert!(pings > 0, "{read:?}");
}

#[tokio::test]
async fn slow_reader_loses_only_its_socket() {
    let config = SseServerConfig::default()
        .with_max_queued_bytes(64 * 1024)
        .with_write_timeout(Duration::from_millis(200));
    let server = ControllableServer::start(config).await;
    let mut slow = WebSocketClient::initialized(server.address).await;
    let mut other_client = WebSocketClient::initialized(server.address).await;
    let text = json!({ "text": "x".repeat(64 * 1024) }).to_string();
    let mut id = 0;
    while server.websocket.session_count() == 2 {
        id += 1;
        // Once the server stops reading, this blocks.
        let call = tool_call(id, "echo", &text);
        let _ = timeout(Duration::from_secs(1), slow.send_text(&call)).await;
    }
    let answer = other_client.call(&tool_call(1, "echo", "{}")).await;
    assert!(answer["result"].is_object(), "{answer}");
}

#[tokio::test]
async fn shutdown_finishes_running_calls() {
    let mut server = ControllableServer::start(SseServerConfig::default()).await;
    let mut socket = WebSocketClient::initialized(server.address).await;
    socket.send_text(&tool_call(1, "wait", "{}")).await;
    server.wait_for_call().await;
    server.shut_down();
    assert_eq!(open_by(&server, "late").await.err(), Some(503));
    let late = socket.call(&tool_call(2, "echo", "{}")).await;
    assert_eq!(late["error"]["code"], -32000, "{late}");
    server.release_one_call();
    let answer = socket.message().await;
    assert_eq!(answer["id"], 1);
    assert!(answer["result"].is_object(), "{answer}");
    assert_eq!(socket.close_code().await, CloseCode::Away);
}

#[tokio::test]
async fn shutdown_drain_timeout_ends_running_calls() {
    let config = SseServerConfig::default().with_drain_timeout(Duration::ZERO);
    let mut server = ControllableServer::start(config).await;
    let mut socket = WebSocketClient::initialized(server.address).await;
    socket.send_text(&tool_call(1, "wait", "{}")).await;
    server.wait_for_call().await;
    server.shut_down();
    let cut = socket.message().await;
    assert_eq!(cut["error"]["code"], -32603, "{cut}");
    assert_eq!(socket.close_code().await, CloseCode::Away);
}

#[tokio::test]
async fn end_sessions_of_closes_one_principals_sockets() {
    let server = ControllableServer::start(SseServerConfig::default()).await;
    let mut alice = open_by(&server, "alice").await.ok().unwrap();
    let mut bob = open_by(&server, "bob").await.ok().unwrap();
    wait_until(|| server.websocket.session_count() == 2).await;
    let ended = server.websocket.end_sessions_of(&Principal::new("alice"));
    assert_eq!(ended, 1);
    assert_eq!(alice.close_code().await, CloseCode::Policy);
    bob.initialize("2025-11-25").await;
}

#[tokio::test]
async fn session_metrics_carry_the_close_reason() {
    let server = ControllableServer::start(SseServerConfig::default()).await;
    let mut socket = WebSocketClient::initialized(server.address).await;
    let changes = server.metric_changes();
    for name in ["sessions", "sessions_opened_total"] {
        let name = format!("aareguru_mcp_websocket_{name}");
        assert_eq!(changes.get(&name), Some(&1.0), "{name} in {changes:?}");
    }
    socket.send(Message::binary(&b"{}"[..])).await;
    assert_eq!(socket.close_code().await, CloseCode::Unsupported);
    wait_until(|| server.websocket.session_count() == 0).await;
    let ended = "aareguru_mcp_websocket_sessions_closed_total binary";
    wait_until(|| server.metric_changes().get(ended) == Some(&1.0)).await;
}
