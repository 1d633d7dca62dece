//! An unreliable connection: streams break at any byte.

use std::{collections::HashSet, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use testkit::{SseSession, get, tool_call, with_header};

use crate::server::TestServer;

const CALLS: u32 = 10_000;
/// Number of calls in flight.
const WINDOW: u32 = 20;
/// A connection ends before it has carried this many bytes.
const MAX_BYTES: u64 = 4000;

/// Forwards connections to the server and cuts each after a random number of the server's bytes,
/// uniformly distributed.
async fn start_unreliable_proxy(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut state = 1_u64;
        loop {
            let (client, _) = listener.accept().await.unwrap();
            // Knuth's MMIX generator: the same cuts in every run.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            tokio::spawn(forward(client, server, (state >> 33) % MAX_BYTES));
        }
    });
    address
}

async fn forward(mut client: TcpStream, server: SocketAddr, bytes: u64) {
    let mut server = TcpStream::connect(server).await.unwrap();
    let (mut from_client, mut to_client) = client.split();
    let (from_server, mut to_server) = server.split();
    let mut from_server = from_server.take(bytes);
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
    }
    let _ = to_client.shutdown().await;
}

/// Resumes the session, however many attempts it takes.
async fn reconnect(proxy: SocketAddr, last_event_id: &str) -> SseSession {
    let request = with_header(&get("/sse"), &format!("Last-Event-ID: {last_event_id}"));
    loop {
        if let Some(mut session) = SseSession::try_open(proxy, request.clone()).await {
            session.last_event_id = Some(last_event_id.to_owned());
            return session;
        }
    }
}

#[tokio::test]
async fn calls_over_a_breaking_connection_are_answered_exactly_once() {
    let server = TestServer::start().await;
    let proxy = start_unreliable_proxy(server.address).await;
    // The handshake uses the reliable connection: a session that breaks before it cannot be
    // resumed.
    let first = SseSession::initialized(server.address).await;
    let target = first.target.clone();
    let mut session = reconnect(proxy, &first.last_event_id.clone().unwrap()).await;

    let (mut sent, mut breaks) = (0, 0);
    let mut answered = HashSet::new();
    while answered.len() < CALLS as usize {
        assert_eq!(session.target, target, "the session was lost");
        while sent < CALLS && sent - answered.len() as u32 <= WINDOW {
            sent += 1;
            let arguments = format!(r#"{{"text":"call {sent}"}}"#);
            first.send(&tool_call(sent, "echo", &arguments)).await;
        }
        match session.try_message().await {
            Ok(answer) => {
                let id = answer["id"].as_u64().unwrap();
                let text = &answer["result"]["content"][0]["text"];
                assert_eq!(text, &format!("call {id}"));
                assert!(answered.insert(id), "call {id} was answered twice");
            }
            Err(_) => {
                breaks += 1;
                session = reconnect(proxy, &session.last_event_id.unwrap()).await;
            }
        }
    }
    assert!(breaks > 500, "only {breaks} breaks");
    assert_eq!(server.service.session_count(), 1);
}
