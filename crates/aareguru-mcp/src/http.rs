//! Every route and every layer of the HTTP server, in order.

mod health;
mod places;
pub mod streamable;
pub mod websocket;

use std::time::Duration;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use rmcp::ServerHandler;
use rmcp_sse::RebindingLayer;
use tower_http::{
    classify::ServerErrorsFailureClass,
    trace::{DefaultOnRequest, TraceLayer},
};
use tracing::Span;

use crate::app::App;

/// The router that answers every request.
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
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(DefaultOnRequest::new())
                .on_response(log_answer)
                .on_failure(|_: ServerErrorsFailureClass, _: Duration, _: &Span| {}),
        )
}

async fn not_found() -> impl IntoResponse {
    (
        StatusCode::NOT_FOUND,
        "Not Found. MCP clients connect to /mcp, or to /sse.\n",
    )
}

/// The span of one request. It names the route and never the query, which
/// holds session ids.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>();
    tracing::info_span!(
        "request",
        http.method = %request.method(),
        http.route = route.map_or("unmatched", MatchedPath::as_str),
    )
}

/// One line for each answer; of an event stream, when it has begun.
fn log_answer(response: &Response, took: Duration, _: &Span) {
    let duration_ms = took.as_secs_f64() * 1000.0;
    tracing::info!(
        http.status = response.status().as_u16(),
        duration_ms,
        "answered"
    );
}
