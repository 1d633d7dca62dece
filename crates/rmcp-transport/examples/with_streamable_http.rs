//! Serves both transports on one server: rmcp's Streamable HTTP at `/mcp` for new clients, HTTP+SSE
//! at `/sse` for old ones, behind the same check of `Host` and `Origin`.
//!
//! ```text
//! cargo run --example with_streamable_http
//! ```

use std::sync::Arc;

use axum::Router;
use rmcp::{
    ServerHandler,
    model::ServerConfig,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use rmcp_transport::{RebindingLayer, RebindingProtection, SseServerConfig, SseService};

struct River;

impl ServerHandler for River {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::default()
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sse = SseService::new(|| Ok(River), SseServerConfig::default());
    let streamable = StreamableHttpService::new(
        || Ok(River),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let app = Router::new()
        .nest_service("/mcp", streamable)
        // rmcp does not check `Origin` by default; this layer does.
        .layer(RebindingLayer::new(RebindingProtection::loopback()))
        .fallback_service(sse);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    axum::serve(listener, app).await
}
