//! MCP over WebSocket, frame by frame, against the real binary.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use testkit::{DEADLINE, ServerProcess, WebSocketClient, exchange, tool_call, wait_for_counter};

async fn is_warm_in_bern(socket: &mut WebSocketClient) {
    let answer = socket
        .call(&tool_call(9, "get_current_temperature", "{}"))
        .await;
    let structured = &answer["result"]["structuredContent"];
    assert_eq!(structured["temperature_celsius"], 12.5, "{answer}");
}

#[tokio::test]
async fn socket_is_one_session_in_every_version() {
    let server = ServerProcess::demo().await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut socket = WebSocketClient::open(server.address).await;
        assert_eq!(socket.protocol.as_ref().unwrap(), "mcp");
        let answer = socket.initialize(version).await;
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        is_warm_in_bern(&mut socket).await;
        socket.send(Message::Close(None)).await;
        assert!(matches!(socket.frame().await, Some(Message::Close(_))));
        assert_eq!(socket.frame().await, None);
    }
}

#[tokio::test]
async fn subprotocol_must_be_mcp_or_absent() {
    let server = ServerProcess::demo().await;
    let open = |headers| WebSocketClient::try_open(server.address, headers);
    let mut without = open(&[]).await.unwrap();
    assert_eq!(without.protocol, None);
    without.initialize("2025-11-25").await;
    let among = open(&[("sec-websocket-protocol", "other, mcp")]).await;
    assert_eq!(among.unwrap().protocol.unwrap(), "mcp");
    let other = open(&[("sec-websocket-protocol", "graphql-ws")]).await;
    assert_eq!(other.err().unwrap(), 400);
}

#[tokio::test]
async fn request_without_upgrade_returns_426() {
    let server = ServerProcess::demo().await;
    for (method, status) in [("GET", 426), ("POST", 405)] {
        let request = format!("{method} /ws HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(exchange(server.address, &request).await.status, status);
    }
}

#[tokio::test]
async fn foreign_host_and_origin_are_rejected() {
    let server = ServerProcess::demo().await;
    for (header, status) in [
        (("host", "evil.example"), 421),
        (("origin", "https://evil.example"), 403),
    ] {
        let refused = WebSocketClient::try_open(server.address, &[header]).await;
        assert_eq!(refused.err().unwrap(), status);
    }
}

#[tokio::test]
async fn invalid_message_returns_an_error_and_keeps_the_session() {
    let server = ServerProcess::demo().await;
    let mut socket = WebSocketClient::open(server.address).await;
    for round in 0..2 {
        for (text, code, id) in [
            ("garbage", -32700, Value::Null),
            (r#"{"jsonrpc":"2.0","id":1,"#, -32700, Value::Null),
            ("[]", -32600, Value::Null),
            (
                r#"{"jsonrpc":"2.0","id":"x","method":1}"#,
                -32600,
                "x".into(),
            ),
        ] {
            let answer = socket.call(text).await;
            assert_eq!(answer["error"]["code"], code, "{answer}");
            assert_eq!(answer["id"], id, "{answer}");
        }
        if round == 0 {
            // rmcp would end a session that gets this before `initialize`.
            socket
                .send_text(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
                .await;
            socket.initialize("2025-11-25").await;
        }
    }
    is_warm_in_bern(&mut socket).await;
}

#[tokio::test]
async fn revision_without_initialize_is_rejected() {
    let server = ServerProcess::demo().await;
    let request = |method: &str| {
        json!({
            "jsonrpc": "2.0", "id": 1, "method": method,
            "params": { "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "raw", "version": "0" },
            } },
        })
        .to_string()
    };
    let mut socket = WebSocketClient::open(server.address).await;
    for _ in 0..2 {
        let discovered = socket.call(&request("server/discover")).await;
        assert_eq!(discovered["error"]["code"], -32601, "{discovered}");
        let listed = socket.call(&request("tools/list")).await;
        assert_eq!(listed["error"]["code"], -32022, "{listed}");
        let versions = &listed["error"]["data"]["supported"];
        assert!(!versions.to_string().contains("2026"), "{listed}");
        let answer = socket.initialize("2026-07-28").await;
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
    }
}

#[tokio::test]
async fn unsupported_frame_closes_only_its_socket() {
    let server = ServerProcess::demo().await;
    let mut other_client = WebSocketClient::initialized(server.address).await;
    let long = "x".repeat(5 << 20);
    for (frame, code) in [
        (Message::binary(&b"{}"[..]), CloseCode::Unsupported),
        (Message::text(long), CloseCode::Size),
    ] {
        let mut socket = WebSocketClient::initialized(server.address).await;
        socket.send(frame).await;
        assert_eq!(socket.close_code().await, code);
        is_warm_in_bern(&mut other_client).await;
    }
}

/// A socket with hand-written bytes: the client library would not send invalid frames.
async fn raw_socket(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let upgrade = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    stream
}

/// Returns the code of the close frame that must come next.
async fn raw_close_code(stream: &mut TcpStream) -> u16 {
    let mut frame = [0; 4];
    let read = timeout(DEADLINE, stream.read_exact(&mut frame)).await;
    read.expect("no data").unwrap();
    assert_eq!(frame[0], 0x88, "{frame:?}");
    u16::from_be_bytes([frame[2], frame[3]])
}

#[tokio::test]
async fn malformed_frame_closes_only_its_socket() {
    let server = ServerProcess::demo().await;
    let mut other_client = WebSocketClient::initialized(server.address).await;
    // Masked with zeros, so that the bytes stay unchanged.
    let cases: [(&[u8], u16, &str); 5] = [
        (b"\x81\x02{}", 1002, "malformed"),
        (b"\xf1\x80\0\0\0\0", 1002, "malformed"),
        (b"\x83\x80\0\0\0\0", 1002, "malformed"),
        (b"\x80\x80\0\0\0\0", 1002, "malformed"),
        (b"\x81\x82\0\0\0\0\xc3\x28", 1007, "not_utf8"),
    ];
    for (frame, code, _) in cases {
        let mut socket = raw_socket(server.address).await;
        socket.write_all(frame).await.unwrap();
        assert_eq!(raw_close_code(&mut socket).await, code, "{frame:x?}");
        is_warm_in_bern(&mut other_client).await;
    }
    for (reason, number) in [("malformed", 4), ("not_utf8", 1)] {
        let closed =
            format!(r#"aareguru_mcp_websocket_sessions_closed_total{{reason="{reason}"}}"#);
        wait_for_counter(server.address, &closed, number).await;
    }
}

#[tokio::test]
async fn shutdown_closes_sockets_with_1001() {
    let server = ServerProcess::demo().await;
    let mut initialized = WebSocketClient::initialized(server.address).await;
    let mut silent = WebSocketClient::open(server.address).await;
    server.signal("TERM").await;
    assert_eq!(initialized.close_code().await, CloseCode::Away);
    assert_eq!(silent.close_code().await, CloseCode::Away);
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{logs}");
    assert!(logs.contains("stopped"), "{logs}");
}
