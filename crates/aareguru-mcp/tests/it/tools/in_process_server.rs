//! The server inside the test, over HTTP+SSE, with a mock of the API and a stopped clock.

use std::net::SocketAddr;

use aareguru::{Client, Clock, Config, River};
use axum::Router;
use jiff::Timestamp;
use mcp::AareServer;
use rmcp_transport::{SseServerConfig, SseService};
use tokio::net::TcpListener;

use testkit::{MockResponse, MockUpstream, SseSession};

/// An in-process MCP server and the mock of the API behind it.
pub(crate) struct InProcessServer {
    pub(crate) upstream: MockUpstream,
    pub(crate) clock: Clock,
    pub(crate) address: SocketAddr,
}

impl InProcessServer {
    /// Starts a server without a cache; the API responds with `reply`, and `now` is the present.
    pub(crate) async fn start(reply: MockResponse, now: &str) -> Self {
        Self::start_with(reply, now, |config| config.cache_ttl = Default::default()).await
    }

    pub(crate) async fn start_with(
        reply: MockResponse,
        now: &str,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let upstream = MockUpstream::start(reply).await;
        let clock = Clock::stopped_at(at(now));
        let mut config = upstream.config();
        config.clock = clock.clone();
        change(&mut config);
        let address = serve(River::new(Client::new(&config).unwrap())).await;
        Self {
            upstream,
            clock,
            address,
        }
    }

    pub(crate) async fn session(&self) -> SseSession {
        SseSession::initialized(self.address).await
    }
}

/// Starts a server on the recordings; `now` is the present.
pub(crate) async fn recorded(now: &str) -> SocketAddr {
    let config = Config {
        clock: Clock::stopped_at(at(now)),
        ..Config::default()
    };
    serve(River::new(Client::recorded_with(&config))).await
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

async fn serve(river: River) -> SocketAddr {
    let server = AareServer::new(river);
    let service = SseService::new(move || Ok(server.clone()), SseServerConfig::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback_service(service);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}
