//! Resource subscriptions, over the wire, with a mock of the API.

use std::{net::SocketAddr, time::Duration};

use aareguru::{Client, Clock, River};
use aareguru_mcp::streamable::StreamableService;
use axum::Router;
use mcp::AareServer;
use rmcp_transport::{SseServerConfig, SseService};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use testkit::{DEADLINE, MockResponse, MockUpstream, SseSession, post, recordings::CURRENT_BERN};

use crate::tools::in_process_server::at;

/// When Bern was measured in the recording, and ten minutes later.
const MEASURED: &str = "1683631200";
const NEXT: &str = "1683631800";

/// 25 minutes after the recording: the next measurement is due, and polled as soon as the cache
/// expires. After [`NEXT`] the following one is not due yet.
const NOW: &str = "2023-05-09T11:45:00Z";

struct TestServer {
    upstream: MockUpstream,
    address: SocketAddr,
    subscriptions: watch::Receiver<usize>,
    shutdown: CancellationToken,
}

impl TestServer {
    async fn start() -> Self {
        let upstream = MockUpstream::start(MockResponse::text(CURRENT_BERN)).await;
        let mut config = upstream.config();
        config.clock = Clock::stopped_at(at(NOW));
        config.cache_ttl = Duration::from_millis(20);
        let shutdown = CancellationToken::new();
        let river = River::new(Client::new(&config).unwrap());
        let subscriptions = river.watch_count();
        let server = AareServer::new(river).with_shutdown(shutdown.clone());

        let config = SseServerConfig::default().with_resume_grace(Duration::ZERO);
        let handler = server.clone();
        let sse = SseService::new(move || Ok(handler.clone()), config.clone());
        let streamable = StreamableService::new(move || Ok(server.clone()), config);
        let router = Router::new()
            .route_service("/mcp", streamable)
            .fallback_service(sse);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            upstream,
            address,
            subscriptions,
            shutdown,
        }
    }

    async fn subscribed(&self, uris: &[&str]) -> SseSession {
        let mut session = SseSession::initialized(self.address).await;
        for uri in uris {
            let answer = session.call(&request("resources/subscribe", uri)).await;
            assert_eq!(answer["result"], json!({}), "{answer}");
        }
        session
    }

    /// Waits until the poller has a measurement to compare with.
    async fn wait_for_two_requests(&self) {
        timeout(DEADLINE, async {
            while self.upstream.request_count() < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }

    fn measure_again(&self) {
        let body = CURRENT_BERN.replace(MEASURED, NEXT);
        assert_ne!(body, CURRENT_BERN);
        self.upstream.reply(MockResponse::text(&body));
    }

    async fn wait_for_subscriptions(&self, count: usize) {
        let mut subscriptions = self.subscriptions.clone();
        let reached = subscriptions.wait_for(|now| *now == count);
        timeout(DEADLINE, reached).await.unwrap().unwrap();
    }
}

fn request(method: &str, uri: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": {"uri": uri}}).to_string()
}

fn updated(uri: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": uri},
    })
}

#[tokio::test]
async fn new_measurement_notifies_every_subscribed_session() {
    let river = TestServer::start().await;
    let bern = ["aareguru://current/bern"];
    let mut first = river.subscribed(&bern).await;
    let both = ["aareguru://current/B%C3%A4rn", "aareguru://forecast/bern"];
    let mut second = river.subscribed(&both).await;
    river.wait_for_two_requests().await;
    river.measure_again();

    // The notification carries the URI of the subscription, whatever name of the place it contains.
    assert_eq!(first.message().await, updated(bern[0]));
    for uri in both {
        assert_eq!(second.message().await, updated(uri));
    }
    // One poller served all of them, and a read returns the new measurement.
    let asked = river.upstream.requests();
    assert!(
        asked.iter().all(|uri| uri.contains("/current?")),
        "{asked:?}"
    );
    let read = first.call(&request("resources/read", bern[0])).await;
    let text = read["result"]["contents"][0]["text"].as_str().unwrap();
    assert!(text.contains(NEXT), "{text}");
}

#[tokio::test]
async fn unsubscribed_or_closed_session_is_removed() {
    let river = TestServer::start().await;
    let uris = ["aareguru://current/bern", "aareguru://current/thun"];
    let mut leaves = river.subscribed(&uris).await;
    let gone = river.subscribed(&uris).await;
    river.wait_for_subscriptions(4).await;

    let answer = leaves
        .call(&request("resources/unsubscribe", uris[0]))
        .await;
    assert_eq!(answer["result"], json!({}));
    river.wait_for_subscriptions(3).await;
    // Unsubscribing without a subscription changes nothing.
    leaves
        .call(&request("resources/unsubscribe", uris[0]))
        .await;
    river.wait_for_subscriptions(3).await;

    drop(gone);
    river.wait_for_subscriptions(1).await;
    drop(leaves);
    river.wait_for_subscriptions(0).await;
}

#[tokio::test]
async fn subscription_to_an_unknown_resource_is_rejected() {
    let river = TestServer::start().await;
    let mut session = SseSession::initialized(river.address).await;
    for uri in ["aareguru://current/basel", "aareguru://weather", "x"] {
        for method in ["resources/subscribe", "resources/unsubscribe"] {
            let answer = session.call(&request(method, uri)).await;
            assert_eq!(answer["error"]["code"], -32002, "{answer}");
            assert_eq!(answer["error"]["data"]["uri"], uri, "{answer}");
        }
    }
    assert_eq!(*river.subscriptions.borrow(), 0);
    assert_eq!(river.upstream.request_count(), 0);
}

#[tokio::test]
async fn subscriptions_listen_streams_updates_without_a_session() {
    let river = TestServer::start().await;
    let uri = "aareguru://current/bern";
    let listen = json!({
        "jsonrpc": "2.0", "id": "mine", "method": "subscriptions/listen",
        "params": {
            "notifications": {
                "resourceSubscriptions": [uri, "aareguru://nowhere"],
                "toolsListChanged": true,
            },
            "_meta": meta(),
        },
    });
    let mut stream = Stream::post(river.address, "subscriptions/listen", &listen).await;
    let acknowledged = stream.message().await;
    assert_eq!(
        acknowledged["method"],
        "notifications/subscriptions/acknowledged"
    );
    assert_eq!(
        acknowledged["params"]["notifications"],
        json!({"resourceSubscriptions": [uri]})
    );

    river.wait_for_two_requests().await;
    river.measure_again();
    let notification = stream.message().await;
    assert_eq!(notification["method"], "notifications/resources/updated");
    assert_eq!(notification["params"]["uri"], uri);

    // A shutdown does not wait for the stream.
    river.shutdown.cancel();
    let over = stream.message().await;
    assert_eq!(over["id"], "mine", "{over}");
    assert!(over["result"].is_object(), "{over}");
    river.wait_for_subscriptions(0).await;
}

#[tokio::test]
async fn disconnected_listener_is_removed() {
    let river = TestServer::start().await;
    let listen = json!({
        "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen",
        "params": {
            "notifications": {"resourceSubscriptions": ["aareguru://current/bern"]},
            "_meta": meta(),
        },
    });
    let mut stream = Stream::post(river.address, "subscriptions/listen", &listen).await;
    stream.message().await;
    river.wait_for_subscriptions(1).await;
    drop(stream);
    river.wait_for_subscriptions(0).await;
}

#[tokio::test]
async fn result_ttl_matches_the_next_measurement() {
    let river = TestServer::start().await;
    // Measured 15 minutes ago, so the next measurement is due in 5.
    river.measure_again();
    for (method, params, ttl_ms) in [
        (
            "resources/read",
            json!({"uri": "aareguru://current/bern"}),
            300_000,
        ),
        (
            "resources/read",
            json!({"uri": "aareguru://stations"}),
            3_600_000,
        ),
        ("resources/list", json!({}), 3_600_000),
        ("resources/templates/list", json!({}), 3_600_000),
        ("tools/list", json!({}), 3_600_000),
        ("prompts/list", json!({}), 3_600_000),
        ("server/discover", json!({}), 3_600_000),
    ] {
        let mut params = params;
        params["_meta"] = meta();
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = Stream::post(river.address, method, &request)
            .await
            .message()
            .await;
        assert_eq!(answer["result"]["ttlMs"], ttl_ms, "{method}: {answer}");
        assert_eq!(answer["result"]["cacheScope"], "public", "{method}");
    }
}

fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// The response to a POST to `/mcp`, as far as it has arrived.
struct Stream {
    connection: TcpStream,
    arrived: Vec<u8>,
}

impl Stream {
    async fn post(address: SocketAddr, method: &str, message: &Value) -> Self {
        let uri = message["params"]["uri"].as_str();
        let name = uri.map_or(String::new(), |uri| format!("Mcp-Name: {uri}\r\n"));
        let headers = format!(
            "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
             MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{name}"
        );
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = post("/mcp", &headers, &message.to_string());
        connection.write_all(request.as_bytes()).await.unwrap();
        Self {
            connection,
            arrived: Vec::new(),
        }
    }

    /// Returns the next message: of the stream, or of the only one.
    async fn message(&mut self) -> Value {
        timeout(DEADLINE, async {
            loop {
                if let Some((at, end)) = self.complete_message() {
                    let message = serde_json::from_slice(&self.arrived[at..end]).unwrap();
                    self.arrived.drain(..end);
                    return message;
                }
                let mut bytes = [0; 4096];
                let read = self.connection.read(&mut bytes).await.unwrap();
                assert!(read > 0, "ended: {}", self.text());
                self.arrived.extend(&bytes[..read]);
            }
        })
        .await
        .unwrap_or_else(|_| panic!("no message: {}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.arrived).into_owned()
    }

    /// Returns the range of the first complete message.
    fn complete_message(&self) -> Option<(usize, usize)> {
        let begin = b"{\"jsonrpc\"";
        let at = self
            .arrived
            .windows(begin.len())
            .position(|it| it == begin)?;
        let mut values = serde_json::Deserializer::from_slice(&self.arrived[at..]).into_iter();
        let _: Value = values.next()?.ok()?;
        Some((at, at + values.byte_offset()))
    }
}
