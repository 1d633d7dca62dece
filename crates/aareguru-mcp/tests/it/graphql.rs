//! GraphQL, against the real binary and against an in-process server.

mod demo;
mod limits;
mod over_http;
mod sockets;
mod streams;
mod upstream_requests;

use std::net::SocketAddr;

use aareguru::{Client, Clock, Config, River};
use clap::Parser;
use graphql::GraphQl;
use rmcp_transport::SseServerConfig;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use testkit::{DEADLINE, HttpResponse, MockResponse, MockUpstream, post_json, send};

use crate::tools::in_process_server::at;

/// Twenty minutes after Bern was measured in the recording.
const NOW: &str = "2023-05-09T11:40:00Z";

/// A GraphQL server inside the test, with a mock of the API.
struct GraphQlServer {
    upstream: MockUpstream,
    address: SocketAddr,
    /// Number of subscriptions.
    subscriptions: watch::Receiver<usize>,
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: aareguru_mcp::settings::Settings,
}

impl GraphQlServer {
    async fn start(reply: MockResponse) -> Self {
        Self::start_with(reply, |_| {}, &[], SseServerConfig::default()).await
    }

    async fn start_with(
        reply: MockResponse,
        change: impl FnOnce(&mut Config),
        arguments: &[&str],
        bounds: SseServerConfig,
    ) -> Self {
        let upstream = MockUpstream::start(reply).await;
        let mut config = upstream.config();
        config.clock = Clock::stopped_at(at(NOW));
        change(&mut config);
        let river = River::new(Client::new(&config).unwrap());
        let subscriptions = river.watch_count();
        let line = [&["aareguru-mcp"], arguments].concat();
        let settings = CommandLine::try_parse_from(line).unwrap().settings;
        let config = graphql::Config {
            transport: bounds,
            ..settings.graphql(CancellationToken::new())
        };
        let graphql = GraphQl::new(river, config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = aareguru_mcp::routes::graphql_router(&graphql);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            upstream,
            address,
            subscriptions,
        }
    }

    async fn ask(&self, query: &str) -> Value {
        ask(self.address, query).await
    }

    async fn wait_for_subscriptions(&self, count: usize) {
        let mut subscriptions = self.subscriptions.clone();
        let reached = subscriptions.wait_for(|now| *now == count);
        timeout(DEADLINE, reached).await.unwrap().unwrap();
    }
}

async fn ask(address: SocketAddr, query: &str) -> Value {
    let answer = post_query(address, query).await;
    serde_json::from_str(&answer.body).unwrap()
}

async fn post_query(address: SocketAddr, query: &str) -> HttpResponse {
    let body = json!({ "query": query }).to_string();
    send(address, post_json("/graphql", &body)).await
}

/// Returns the code of the first error.
fn code(answer: &Value) -> &str {
    let code = &answer["errors"][0]["extensions"]["code"];
    code.as_str().unwrap_or_else(|| panic!("{answer}"))
}
