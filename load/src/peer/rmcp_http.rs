//! rmcp's own Streamable HTTP, as it comes, with the same handler.

use std::sync::Arc;

use axum::{Router, serve::ListenerExt};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use tokio::net::TcpListener;

use super::ours::Echo;

pub(crate) async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let service = StreamableHttpService::new(
        || Ok(Echo),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let router = Router::new().route_service("/mcp", service);
    let listener = listener.tap_io(|connection| {
        // Only a matter of delay; a connection that has ended is noticed later.
        let _ = connection.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}
