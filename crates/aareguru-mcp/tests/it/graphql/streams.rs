//! Subscriptions over an event stream.

use std::time::Duration;

use rmcp_transport::SseServerConfig;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::GraphQlServer;
use testkit::{DEADLINE, MockResponse, post_json, recordings::CURRENT_BERN};

use crate::tools::in_process_server::at;

const SMALL: &str = "subscription { measurement { water { measuredAt } } }";

/// When Bern was measured in the recording, and ten minutes later.
const MEASURED: &str = "1683631200";
const NEXT: &str = "1683631800";

/// 25 minutes after the recording: the next measurement is due.
const DUE: &str = "2023-05-09T11:45:00Z";

/// An event stream, line by line.
pub(super) struct Stream(BufReader<TcpStream>);

impl Stream {
    pub(super) async fn open(address: std::net::SocketAddr, query: &str) -> Self {
        let body = json!({ "query": query }).to_string();
        let request = post_json("/graphql", &body);
        let accept = "Host: localhost\r\nAccept: text/event-stream";
        let request = request.replacen("Host: localhost", accept, 1);
        Self::send(address, &request).await
    }

    pub(super) async fn send(address: std::net::SocketAddr, request: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        Self(BufReader::new(stream))
    }

    /// Waits for the first bytes of the body, a comment.
    pub(super) async fn wait_for_comment(&mut self) {
        while self.line().await.unwrap() != ":" {}
    }

    /// Returns the next line; `None` at the end of the stream.
    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = timeout(DEADLINE, self.0.read_line(&mut line)).await;
        let read = read.expect("no data").unwrap_or_default();
        let line = line.trim_end().to_owned();
        // An empty chunk is the last one.
        (read > 0 && line != "0").then_some(line)
    }

    /// Returns the name and data of the next event; `None` if the stream ends.
    pub(super) async fn event(&mut self) -> Option<(String, Value)> {
        let name = loop {
            if let Some(name) = self.line().await?.strip_prefix("event: ") {
                break name.to_owned();
            }
        };
        let data = self.line().await?;
        let data = data.strip_prefix("data:").unwrap().trim();
        let data = serde_json::from_str(data).unwrap_or(Value::Null);
        Some((name, data))
    }
}

pub(super) async fn due() -> GraphQlServer {
    let change = |config: &mut aareguru::Config| {
        config.clock = aareguru::Clock::stopped_at(at(DUE));
        config.cache_ttl = Duration::from_millis(20);
    };
    let reply = MockResponse::text(CURRENT_BERN);
    GraphQlServer::start_with(reply, change, &[], SseServerConfig::default()).await
}

/// Starts a server with a short write timeout.
pub(super) async fn with_short_write_timeout() -> GraphQlServer {
    let change = |config: &mut aareguru::Config| {
        config.clock = aareguru::Clock::stopped_at(at(DUE));
        config.cache_ttl = Duration::from_millis(20);
    };
    let bounds = SseServerConfig::default().with_write_timeout(Duration::from_millis(200));
    GraphQlServer::start_with(MockResponse::text(CURRENT_BERN), change, &[], bounds).await
}

/// Returns a subscription whose events have about 200 KiB.
pub(super) fn large_measurement() -> String {
    let fields: String = (0..150)
        .map(|n| format!("l{n}:swimmingLimits{{text source{{name url date}}}}"))
        .collect();
    format!("subscription{{measurement{{place{{{fields}}}}}}}")
}

impl GraphQlServer {
    /// Publishes measurements, which one subscriber reads at once, until the slow subscriber has
    /// been disconnected; returns their number.
    pub(super) async fn measure_until_slow_reader_disconnects(&self) -> i64 {
        self.wait_for_subscriptions(1).await;
        let mut reader = Stream::open(self.address, SMALL).await;
        self.wait_for_subscriptions(2).await;
        self.wait_for_two_requests().await;
        let first: i64 = MEASURED.parse().unwrap();
        for n in 1..250 {
            let body = CURRENT_BERN.replace(MEASURED, &(first + n).to_string());
            self.upstream.reply(MockResponse::text(&body));
            let (name, answer) = reader.event().await.unwrap();
            assert_eq!(name, "next");
            let measured_at = &answer["data"]["measurement"]["water"]["measuredAt"];
            let measured = jiff::Timestamp::from_second(first + n).unwrap();
            assert_eq!(measured_at, &measured.to_string());
            if *self.subscriptions.borrow() == 1 {
                return n;
            }
        }
        panic!("the slow reader is still connected");
    }

    /// Waits until the poller has a measurement to compare with.
    pub(super) async fn wait_for_two_requests(&self) {
        timeout(DEADLINE, async {
            while self.upstream.request_count() < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }

    pub(super) fn measure_again(&self) {
        self.upstream
            .reply(MockResponse::text(&CURRENT_BERN.replace(MEASURED, NEXT)));
    }
}

#[tokio::test]
async fn new_measurement_is_sent_to_subscribers() {
    let server = due().await;
    let query = r#"subscription { measurement(place: "bern", startWithCurrent: true) {
        place { id } water { measuredAt celsius } verdict } }"#;
    let mut stream = Stream::open(server.address, query).await;
    let (name, first) = stream.event().await.unwrap();
    assert_eq!(name, "next");
    let measurement = &first["data"]["measurement"];
    assert_eq!(measurement["place"]["id"], "bern");
    assert_eq!(measurement["water"]["measuredAt"], "2023-05-09T11:20:00Z");

    server.wait_for_two_requests().await;
    server.measure_again();
    let (name, next) = stream.event().await.unwrap();
    assert_eq!(name, "next");
    let water = &next["data"]["measurement"]["water"];
    assert_eq!(water["measuredAt"], "2023-05-09T11:30:00Z");

    server.wait_for_subscriptions(1).await;
    drop(stream);
    server.wait_for_subscriptions(0).await;
}

#[tokio::test]
async fn slow_reader_loses_only_its_graphql_stream() {
    let server = with_short_write_timeout().await;
    let mut slow = Stream::open(server.address, &large_measurement()).await;
    let measured = server.measure_until_slow_reader_disconnects().await;
    // Most events were not buffered and never sent, and no `complete` was sent either.
    let mut read = 0;
    while let Some((name, _)) = slow.event().await {
        assert_eq!(name, "next");
        read += 1;
    }
    assert!(read < measured, "{read} of {measured}");
}

#[tokio::test]
async fn query_over_a_stream_yields_one_event_and_completes() {
    let server = GraphQlServer::start(MockResponse::Recordings).await;
    let mut stream = Stream::open(server.address, "{ about { version } }").await;
    let (name, answer) = stream.event().await.unwrap();
    assert_eq!(name, "next");
    assert!(answer["data"]["about"]["version"].is_string());
    assert_eq!(
        stream.event().await,
        Some(("complete".to_owned(), Value::Null))
    );
}

#[tokio::test]
async fn invalid_subscription_yields_an_error_event() {
    let server = GraphQlServer::start(MockResponse::Recordings).await;
    for (query, code) in [
        (
            "subscription { measurement(place: \"tuhn\") { verdict } }",
            "UNKNOWN_PLACE",
        ),
        (
            "subscription { measurements(places: []) { verdict } }",
            "BAD_INPUT",
        ),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
    ] {
        let mut stream = Stream::open(server.address, query).await;
        let (name, answer) = stream.event().await.unwrap();
        assert_eq!(name, "next");
        assert_eq!(super::code(&answer), code, "{answer}");
        let end = stream.event().await.unwrap();
        assert_eq!(end.0, "complete");
    }
    server.wait_for_subscriptions(0).await;
}

#[tokio::test]
async fn subscriptions_to_all_places_share_one_poller() {
    let change = |config: &mut aareguru::Config| {
        config.clock = aareguru::Clock::stopped_at(at("2024-08-19T21:25:00Z"));
    };
    let bounds = SseServerConfig::default();
    let server = GraphQlServer::start_with(MockResponse::Recordings, change, &[], bounds).await;
    let query = "subscription { measurements(startWithCurrent: true) { place { id } } }";
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = Stream::open(server.address, query).await;
        assert!(stream.event().await.unwrap().1["data"]["measurements"].is_object());
        streams.push(stream);
    }
    server.wait_for_subscriptions(5).await;
    assert_eq!(
        server.upstream.requests().len(),
        1,
        "{:?}",
        server.upstream.requests()
    );
}

#[tokio::test]
async fn subscription_streams_are_kept_alive_and_limited() {
    let bounds = SseServerConfig::default()
        .with_sse_keep_alive(Some(Duration::from_millis(20)))
        .with_max_sessions(1);
    let server = GraphQlServer::start_with(MockResponse::Recordings, |_| {}, &[], bounds).await;
    let query = "subscription { measurement { verdict } }";
    let mut stream = Stream::open(server.address, query).await;
    for _ in 0..3 {
        stream.wait_for_comment().await;
    }
    server.wait_for_subscriptions(1).await;
    let mut second = Stream::open(server.address, query).await;
    let (_, answer) = second.event().await.unwrap();
    assert_eq!(super::code(&answer), "TOO_MANY_SUBSCRIPTIONS");
}
