//! Whose a session is, and what bounds it, over WebSocket.

use std::time::Duration;

use rmcp_transport::{Principal, SseServerConfig};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use crate::{
    client::tool_call,
    transports::{DEADLINE, TestServer, until},
    websocket::Socket,
};

async fn open_by(server: &TestServer, principal: &str) -> Result<Socket, u16> {
    let opened = Socket::try_open(server.address, &[("x-principal", principal)]).await;
    opened.map_err(|status| status.as_u16())
}

#[tokio::test]
async fn sockets_are_bounded_in_all_and_for_one_client() {
    let config = SseServerConfig::default()
        .with_max_sessions(2)
        .with_max_sessions_per_client(1);
    let server = TestServer::start(config).await;
    let alice = open_by(&server, "alice").await.ok().unwrap();
    assert_eq!(open_by(&server, "alice").await.err(), Some(429));
    let _bob = open_by(&server, "bob").await.ok().unwrap();
    assert_eq!(open_by(&server, "carol").await.err(), Some(503));
    drop(alice);
    until(|| server.websocket.session_count() == 1).await;
    assert!(open_by(&server, "carol").await.is_ok());
}

#[tokio::test]
async fn requests_in_flight_are_bounded_and_their_ids_are_their_own() {
    let config = SseServerConfig::default().with_max_in_flight(1);
    let mut server = TestServer::start(config).await;
    let mut socket = Socket::initialized(server.address).await;
    // The `initialize` came and went.
    server.numbers();
    socket.tell(&tool_call(1, "wait", "{}")).await;
    server.call_waits().await;
    let in_flight = "aareguru_mcp_websocket_requests_in_flight";
    assert_eq!(server.numbers()[in_flight], 1.0);
    let again = socket.call(&tool_call(1, "echo", "{}")).await;
    assert_eq!(again["error"]["code"], -32600, "{again}");
    let more = socket.call(&tool_call(2, "echo", "{}")).await;
    assert_eq!(more["error"]["code"], -32000, "{more}");
    server.let_one_go();
    let answer = socket.message().await;
    assert_eq!(answer["id"], 1);
    assert!(answer["result"].is_object(), "{answer}");
    let after = socket.call(&tool_call(1, "echo", "{}")).await;
    assert!(after["result"].is_object(), "{after}");
    until(|| server.numbers().get(in_flight).is_none_or(|n| *n == 0.0)).await;
    // One that runs when its socket ends is running no more.
    socket.tell(&tool_call(2, "wait", "{}")).await;
    server.call_waits().await;
    drop(socket);
    until(|| server.websocket.session_count() == 0).await;
    until(|| server.numbers().get(in_flight).is_none_or(|n| *n == 0.0)).await;
}

#[tokio::test]
async fn a_cancelled_call_gets_no_answer_and_makes_room() {
    let config = SseServerConfig::default().with_max_in_flight(1);
    let mut server = TestServer::start(config).await;
    let mut socket = Socket::initialized(server.address).await;
    socket.tell(&tool_call(1, "wait", "{}")).await;
    server.call_waits().await;
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    socket.tell(cancel).await;
    let pong = socket
        .call(r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#)
        .await;
    assert_eq!(pong["id"], 3, "{pong}");
    server.let_one_go();
    let answer = socket.call(&tool_call(2, "echo", "{}")).await;
    assert_eq!(answer["id"], 2, "{answer}");
}

#[tokio::test]
async fn a_panic_in_a_tool_is_an_answer() {
    let server = TestServer::start(SseServerConfig::default()).await;
    let mut socket = Socket::initialized(server.address).await;
    let answer = socket.call(&tool_call(1, "panic", "{}")).await;
    assert_eq!(answer["error"]["code"], -32603, "{answer}");
    let answer = socket.call(&tool_call(2, "echo", "{}")).await;
    assert!(answer["result"].is_object(), "{answer}");
}

#[tokio::test]
async fn a_session_that_cannot_begin_ends_with_an_internal_error() {
    let server = TestServer::start(SseServerConfig::default()).await;
    let mut beside = Socket::initialized(server.address).await;
    let mut socket = Socket::open(server.address).await;
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
    until(|| server.websocket.session_count() == 1).await;
    let closed = "aareguru_mcp_websocket_sessions_closed_total failed";
    assert_eq!(server.numbers()[closed], 1.0);
    let answer = beside.call(&tool_call(1, "echo", "{}")).await;
    assert!(answer["result"].is_object(), "{answer}");
}

#[tokio::test]
async fn a_socket_that_never_speaks_ends() {
    let config = SseServerConfig::default().with_init_timeout(Duration::ZERO);
    let server = TestServer::start(config).await;
    let mut socket = Socket::open(server.address).await;
    assert_eq!(socket.close_code().await, CloseCode::Policy);
}

#[tokio::test]
async fn an_idle_socket_ends() {
    let config = SseServerConfig::default().with_idle_timeout(Some(Duration::ZERO));
    let server = TestServer::start(config).await;
    let mut socket = Socket::open(server.address).await;
    socket.initialize("2025-11-25").await;
    assert_eq!(socket.close_code().await, CloseCode::Normal);
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_taken_for_dead() {
    let config = SseServerConfig::default().with_sse_keep_alive(Some(Duration::from_millis(50)));
    let server = TestServer::start(config).await;
    let mut alive = Socket::initialized(server.address).await;
    let mut dead = TcpStream::connect(server.address).await.unwrap();
    let upgrade = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
                   Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    dead.write_all(upgrade.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    // The one that is alive answers while it waits for what does not come.
    tokio::select! {
        frame = alive.frame() => panic!("{frame:?}"),
        ended = timeout(DEADLINE, dead.read_to_end(&mut read)) => {
            ended.expect("it stays open").unwrap();
        }
    }
    let pings = read.windows(2).filter(|bytes| *bytes == [0x89, 0]).count();
    assert!(pings > 0, "{read:?}");
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_socket_only() {
    let config = SseServerConfig::default()
        .with_max_queued_bytes(64 * 1024)
        .with_write_timeout(Duration::from_millis(200));
    let server = TestServer::start(config).await;
    let mut slow = Socket::initialized(server.address).await;
    let mut beside = Socket::initialized(server.address).await;
    let text = json!({ "text": "x".repeat(64 * 1024) }).to_string();
    let mut id = 0;
    while server.websocket.session_count() == 2 {
        id += 1;
        // In the end the server reads no more, so this waits.
        let call = tool_call(id, "echo", &text);
        let _ = timeout(Duration::from_secs(1), slow.tell(&call)).await;
    }
    let answer = beside.call(&tool_call(1, "echo", "{}")).await;
    assert!(answer["result"].is_object(), "{answer}");
}

#[tokio::test]
async fn a_shutdown_lets_running_calls_finish() {
    let mut server = TestServer::start(SseServerConfig::default()).await;
    let mut socket = Socket::initialized(server.address).await;
    socket.tell(&tool_call(1, "wait", "{}")).await;
    server.call_waits().await;
    server.shut_down();
    assert_eq!(open_by(&server, "late").await.err(), Some(503));
    let late = socket.call(&tool_call(2, "echo", "{}")).await;
    assert_eq!(late["error"]["code"], -32000, "{late}");
    server.let_one_go();
    let answer = socket.message().await;
    assert_eq!(answer["id"], 1);
    assert!(answer["result"].is_object(), "{answer}");
    assert_eq!(socket.close_code().await, CloseCode::Away);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let config = SseServerConfig::default().with_drain_timeout(Duration::ZERO);
    let mut server = TestServer::start(config).await;
    let mut socket = Socket::initialized(server.address).await;
    socket.tell(&tool_call(1, "wait", "{}")).await;
    server.call_waits().await;
    server.shut_down();
    let cut = socket.message().await;
    assert_eq!(cut["error"]["code"], -32603, "{cut}");
    assert_eq!(socket.close_code().await, CloseCode::Away);
}

#[tokio::test]
async fn the_sockets_of_a_principal_can_be_closed() {
    let server = TestServer::start(SseServerConfig::default()).await;
    let mut alice = open_by(&server, "alice").await.ok().unwrap();
    let mut bob = open_by(&server, "bob").await.ok().unwrap();
    until(|| server.websocket.session_count() == 2).await;
    let ended = server.websocket.end_sessions_of(&Principal::new("alice"));
    assert_eq!(ended, 1);
    assert_eq!(alice.close_code().await, CloseCode::Policy);
    bob.initialize("2025-11-25").await;
}

#[tokio::test]
async fn sessions_are_counted_with_the_reason_of_their_end() {
    let server = TestServer::start(SseServerConfig::default()).await;
    let mut socket = Socket::initialized(server.address).await;
    let numbers = server.numbers();
    for name in ["sessions", "sessions_opened_total"] {
        let name = format!("aareguru_mcp_websocket_{name}");
        assert_eq!(numbers.get(&name), Some(&1.0), "{name} in {numbers:?}");
    }
    socket.send(Message::binary(&b"{}"[..])).await;
    assert_eq!(socket.close_code().await, CloseCode::Unsupported);
    until(|| server.websocket.session_count() == 0).await;
    let ended = "aareguru_mcp_websocket_sessions_closed_total binary";
    until(|| server.numbers().get(ended) == Some(&1.0)).await;
}
