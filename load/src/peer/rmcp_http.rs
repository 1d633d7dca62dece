//! rmcp's Streamable HTTP with its defaults and the same handler.

use std::sync::Arc;

use axum::Router;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use tokio::net::TcpListener;

use super::rmcp_transport::Echo;

pub(crate) async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let service = StreamableHttpService::new(
        || Ok(Echo),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let router = Router::new().route_service("/mcp", service);
    super::serve_router(listener, router).await
}
