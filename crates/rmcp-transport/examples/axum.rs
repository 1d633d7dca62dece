//! Serves the transport in an axum router with other routes, below a prefix, with a principal.
//!
//! ```text
//! cargo run --example axum
//! curl -N -H 'X-User: alice' http://127.0.0.1:8000/river/sse
//! ```

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use rmcp::{ServerHandler, model::ServerConfig};
use rmcp_transport::{Principal, SseServerConfig, SseService};
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
struct River;

impl ServerHandler for River {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::default()
    }
}

/// Placeholder for real authentication. Sessions belong to the principal.
async fn authenticate(mut request: Request, next: Next) -> Result<Response, StatusCode> {
    let user = request
        .headers()
        .get("x-user")
        .and_then(|v| v.to_str().ok());
    let principal = Principal::new(user.ok_or(StatusCode::UNAUTHORIZED)?);
    request.extensions_mut().insert(principal);
    Ok(next.run(request).await)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let shutdown = CancellationToken::new();
    let config = SseServerConfig::default()
        // `nest_service` strips the prefix, but clients need it in the `endpoint` event.
        .with_path_prefix("/river")
        .with_cancellation_token(shutdown.clone());
    let mcp = Router::new()
        .fallback_service(SseService::new(|| Ok(River), config))
        .layer(middleware::from_fn(authenticate));
    let app = Router::new()
        .route("/health", get(|| async { "alive" }))
        .nest_service("/river", mcp);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            let _ = tokio::signal::ctrl_c().await;
            // Closes the streams, which the server waits for.
            shutdown.cancel();
        })
        .await
}
