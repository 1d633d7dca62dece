//! GraphQL over WebSocket, message by message.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use rmcp_transport::SseServerConfig;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{
    GraphQlServer,
    streams::{self, due},
};
use testkit::{
    ALICE, BOB, DEADLINE, MockResponse, ServerProcess, post_json, send, wait_for_counter, with_key,
};

const GRAPHQL_TRANSPORT_WS: &str = "graphql-transport-ws";
const GRAPHQL_WS: &str = "graphql-ws";

const MEASUREMENT: &str = "subscription { measurement { water { measuredAt } } }";

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(address: SocketAddr, protocol: &str) -> Self {
        Self::try_open(address, protocol, None).await.unwrap()
    }

    /// Opens a socket, or returns the status with which the upgrade was rejected.
    async fn try_open(address: SocketAddr, protocol: &str, key: Option<&str>) -> Result<Self, u16> {
        let mut request = format!("ws://{address}/graphql")
            .into_client_request()
            .unwrap();
        let headers = request.headers_mut();
        headers.insert(
            "sec-websocket-protocol",
            HeaderValue::from_str(protocol).unwrap(),
        );
        if let Some(key) = key {
            headers.insert("x-api-key", HeaderValue::from_str(key).unwrap());
        }
        match connect_async(request).await {
            Ok((stream, response)) => {
                let chosen = response.headers().get("sec-websocket-protocol").unwrap();
                assert_eq!(chosen, protocol);
                Ok(Self(stream))
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    async fn ready(address: SocketAddr, protocol: &str) -> Self {
        let mut socket = Self::open(address, protocol).await;
        socket.send(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.receive().await.unwrap()["type"], "connection_ack");
        socket
    }

    async fn send(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// Returns the next message, or the close code.
    async fn receive(&mut self) -> Result<Value, u16> {
        loop {
            match timeout(DEADLINE, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    async fn subscribe(&mut self, kind: &str, id: &str, query: &str) {
        let message = json!({ "type": kind, "id": id, "payload": { "query": query } });
        self.send(message).await;
    }
}

#[tokio::test]
async fn subscription_over_either_subprotocol_starts_and_stops() {
    for (protocol, start, next, stop) in [
        (GRAPHQL_TRANSPORT_WS, "subscribe", "next", "complete"),
        (GRAPHQL_WS, "start", "data", "stop"),
    ] {
        let server = due().await;
        let mut socket = Socket::ready(server.address, protocol).await;
        socket.subscribe(start, "1", MEASUREMENT).await;
        server.wait_for_subscriptions(1).await;
        server.wait_for_two_requests().await;
        server.measure_again();
        let news = socket.receive().await.unwrap();
        assert_eq!(news["type"], next, "{news}");
        let at = &news["payload"]["data"]["measurement"]["water"]["measuredAt"];
        assert_eq!(at, "2023-05-09T11:30:00Z", "{news}");

        socket.send(json!({ "type": stop, "id": "1" })).await;
        server.wait_for_subscriptions(0).await;
        // A query yields one result and completes.
        loop {
            socket.subscribe(start, "2", "{ about { version } }").await;
            let answer = socket.receive().await.unwrap();
            if answer["type"] == next {
                assert!(answer["payload"]["data"]["about"]["version"].is_string());
                break;
            }
        }
        let mut ends = socket.receive().await.unwrap();
        while ends["id"] != "2" || ends["type"] != "complete" {
            ends = socket.receive().await.unwrap();
        }
    }
}

#[tokio::test]
async fn unknown_subprotocol_returns_400() {
    let server = GraphQlServer::start(MockResponse::Recordings).await;
    let refused = Socket::try_open(server.address, "mcp", None).await;
    assert_eq!(refused.err(), Some(400));
}

#[tokio::test]
async fn socket_without_connection_init_is_closed() {
    let bounds = SseServerConfig::default().with_init_timeout(Duration::from_millis(50));
    let server = GraphQlServer::start_with(MockResponse::Recordings, |_| {}, &[], bounds).await;
    let mut socket = Socket::open(server.address, GRAPHQL_TRANSPORT_WS).await;
    assert_eq!(socket.receive().await, Err(4408));
}

#[tokio::test]
async fn invalid_graphql_message_closes_only_its_socket() {
    let server = GraphQlServer::start(MockResponse::Recordings).await;
    let mut other = Socket::ready(server.address, GRAPHQL_TRANSPORT_WS).await;
    for text in [
        "{",
        "[]",
        r#"{"type":"nothing"}"#,
        r#"{"type":"subscribe"}"#,
    ] {
        let mut socket = Socket::ready(server.address, GRAPHQL_TRANSPORT_WS).await;
        socket.0.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.receive().await, Err(1002), "{text}");
    }
    other
        .subscribe("subscribe", "1", "{ about { version } }")
        .await;
    assert_eq!(other.receive().await.unwrap()["type"], "next");
}

#[tokio::test]
async fn graphql_sockets_and_subscriptions_are_limited() {
    let bounds = SseServerConfig::default()
        .with_max_sessions(2)
        .with_max_in_flight(3);
    let server = GraphQlServer::start_with(MockResponse::Recordings, |_| {}, &[], bounds).await;
    let mut first = Socket::ready(server.address, GRAPHQL_TRANSPORT_WS).await;
    let _second = Socket::ready(server.address, GRAPHQL_TRANSPORT_WS).await;
    let third = Socket::try_open(server.address, GRAPHQL_TRANSPORT_WS, None).await;
    assert_eq!(third.err(), Some(503));

    for id in ["1", "2"] {
        first.subscribe("subscribe", id, MEASUREMENT).await;
    }
    server.wait_for_subscriptions(2).await;
    first.subscribe("subscribe", "3", MEASUREMENT).await;
    let refused = first.receive().await.unwrap();
    assert_eq!(refused["id"], "3");
    let code = &refused["payload"]["errors"][0]["extensions"]["code"];
    assert_eq!(code, "TOO_MANY_SUBSCRIPTIONS", "{refused}");
    // The rejected operation completes and releases its slot.
    assert_eq!(first.receive().await.unwrap()["type"], "complete");
    first.send(json!({ "type": "complete", "id": "1" })).await;
    server.wait_for_subscriptions(1).await;
    drop(first);
    server.wait_for_subscriptions(0).await;
}

#[tokio::test]
async fn rate_limit_counts_graphql_operations_over_websocket() {
    let keys = format!("alice:{ALICE},bob:{BOB}");
    let arguments = ["serve", "--demo", "--rate-limit-per-minute=3"];
    let server = ServerProcess::start_with(&arguments, &[("API_KEYS", &keys)]).await;
    for (protocol, start, key) in [
        (GRAPHQL_TRANSPORT_WS, "subscribe", ALICE),
        (GRAPHQL_WS, "start", BOB),
    ] {
        // The upgrade counts as one request, each operation as another.
        let mut socket = Socket::try_open(server.address, protocol, Some(key)).await;
        let socket = socket.as_mut().unwrap();
        socket.send(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.receive().await.unwrap()["type"], "connection_ack");
        socket.subscribe(start, "1", MEASUREMENT).await;
        socket.subscribe(start, "2", "{ about { version } }").await;
        let answer = socket.receive().await.unwrap();
        assert!(answer["payload"]["data"]["about"].is_object(), "{answer}");
        assert_eq!(socket.receive().await.unwrap()["type"], "complete");

        for id in ["3", "4"] {
            socket.subscribe(start, id, "{ about { version } }").await;
            let refused = socket.receive().await.unwrap();
            assert_eq!(
                (&refused["type"], &refused["id"]),
                (&json!("error"), &json!(id))
            );
            let error = match protocol {
                GRAPHQL_TRANSPORT_WS => &refused["payload"][0],
                _ => &refused["payload"],
            };
            assert_eq!(error["extensions"]["code"], "RATE_LIMITED", "{refused}");
            let seconds = error["extensions"]["retryAfterSeconds"].as_u64().unwrap();
            assert!((1..=20).contains(&seconds), "{refused}");
            assert!(
                error["message"]
                    .as_str()
                    .unwrap()
                    .contains("RATE_LIMIT_PER_MINUTE")
            );
        }
        // A `POST` counts towards the same limit.
        let post = with_key(
            &post_json("/graphql", r#"{"query":"{ about { version } }"}"#),
            key,
        );
        assert_eq!(send(server.address, post).await.status, 429);
        // The running subscription continues and can be stopped.
        let (stop, ended) = if protocol == GRAPHQL_TRANSPORT_WS {
            ("complete", "complete")
        } else {
            ("stop", "complete")
        };
        socket.send(json!({ "type": stop, "id": "1" })).await;
        let end = socket.receive().await.unwrap();
        assert_eq!((&end["type"], &end["id"]), (&json!(ended), &json!("1")));
    }
    let errors = r#"aareguru_mcp_graphql_errors_total{code="rate_limited"}"#;
    wait_for_counter(server.address, errors, 4).await;
}

#[tokio::test]
async fn slow_reader_loses_only_its_graphql_socket() {
    let server = streams::with_short_write_timeout().await;
    let mut slow = Socket::ready(server.address, GRAPHQL_TRANSPORT_WS).await;
    slow.subscribe("subscribe", "1", &streams::large_measurement())
        .await;
    let measured = server.measure_until_slow_reader_disconnects().await;
    // Most messages were not buffered and never sent.
    let mut read = 0;
    while slow.receive().await.is_ok() {
        read += 1;
    }
    assert!(read < measured, "{read} of {measured}");
}

#[tokio::test]
async fn revoked_key_ends_only_its_graphql_subscriptions() {
    let file = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("graphql-keys");
    std::fs::write(&file, format!("alice:{ALICE}\nbob:{BOB}")).unwrap();
    let setting = format!("@{}", file.display());
    let environment = [("API_KEYS", setting.as_str())];
    let mut server = ServerProcess::start_with(&["serve", "--demo"], &environment).await;
    assert_eq!(
        Socket::try_open(server.address, GRAPHQL_TRANSPORT_WS, None)
            .await
            .err(),
        Some(401)
    );
    let mut alice = Socket::try_open(server.address, GRAPHQL_TRANSPORT_WS, Some(ALICE))
        .await
        .unwrap();
    let mut bob = Socket::try_open(server.address, GRAPHQL_TRANSPORT_WS, Some(BOB))
        .await
        .unwrap();
    let body = json!({ "query": MEASUREMENT }).to_string();
    let request = post_json("/graphql", &body).replacen(
        "Host: localhost",
        &format!("Host: localhost\r\nAccept: text/event-stream\r\nX-API-Key: {ALICE}"),
        1,
    );
    let mut stream = streams::Stream::send(server.address, &request).await;
    stream.wait_for_comment().await;

    std::fs::write(&file, format!("bob:{BOB}")).unwrap();
    server.signal("HUP").await;
    server.wait_for_log("API keys reloaded").await;
    assert_eq!(alice.receive().await, Err(4403));
    assert_eq!(stream.event().await, None);
    bob.send(json!({ "type": "connection_init" })).await;
    assert_eq!(bob.receive().await.unwrap()["type"], "connection_ack");
}

#[tokio::test]
async fn shutdown_ends_graphql_subscriptions_immediately() {
    let server = ServerProcess::demo().await;
    let mut socket = Socket::ready(server.address, GRAPHQL_TRANSPORT_WS).await;
    let mut stream = streams::Stream::open(server.address, MEASUREMENT).await;
    stream.wait_for_comment().await;
    server.signal("TERM").await;
    assert_eq!(socket.receive().await, Err(1001));
    // No `complete`: the client should reconnect to another instance.
    assert_eq!(stream.event().await, None);
    drop(socket);
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{logs}");
}
