//! Every route and every layer of the HTTP server, in order.

mod health;
mod metrics;
mod observe;
mod places;
pub mod streamable;
pub mod websocket;

use axum::{Router, http::StatusCode, response::IntoResponse, routing::get};
use rmcp::ServerHandler;
use rmcp_sse::RebindingLayer;

use self::observe::ObserveLayer;
use crate::app::App;

/// The router that answers every request, but for those of Prometheus.
pub fn router<S: ServerHandler + Clone>(app: &App<S>) -> Router {
    let mcp = Router::new()
        .route_service("/mcp", app.streamable.clone())
        .route(
            "/ws",
            get(websocket::connect).with_state(app.websocket.clone()),
        )
        .layer(RebindingLayer::new(app.bounds.rebinding_protection.clone()));
    Router::new()
        .route("/health", get(health::live))
        .merge(mcp)
        .route_service("/sse", app.sse.clone())
        .route_service("/messages", app.sse.clone())
        .route_service("/messages/", app.sse.clone())
        .fallback(not_found)
        .layer(ObserveLayer::default())
}

/// The route for Prometheus, to be merged with the others or served apart. A
/// scrape comes every few seconds: it is neither logged nor counted.
pub fn metrics() -> Router {
    Router::new().route("/metrics", get(metrics::scrape))
}

async fn not_found() -> impl IntoResponse {
    (
        StatusCode::NOT_FOUND,
        "Not Found. MCP clients connect to /mcp, or to /sse.\n",
    )
}
