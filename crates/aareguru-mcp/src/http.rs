//! Every route and every layer of the HTTP server, in order.

mod health;
mod metrics;
mod observe;
pub(crate) mod page;
pub(crate) mod places;
mod refusal;
mod session_metrics;
pub mod streamable;
pub mod websocket;

use axum::{
    Router,
    http::{HeaderName, header},
    routing::get,
};
use rmcp::ServerHandler;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;

use self::observe::ObserveLayer;
#[cfg(feature = "graphql")]
use crate::graphql::GraphQl;
use crate::{
    app::App,
    guard::{Check, CheckLayer, Guard},
};

/// Secrets of clients, whether or not they are for us.
const SENSITIVE_HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
];

/// The router that answers every request, but for those of Prometheus.
pub fn router<S: ServerHandler + Clone>(app: &App<S>) -> Router {
    // Health is asked for by those who run the server: outside the base path.
    let health = Router::new()
        .route("/health", get(health::live))
        .route("/health/ready", get(health::ready))
        .with_state(health::Readiness::new(app));
    let page = page::Page::new(app);
    let offered = Router::new()
        .route("/", get(page::river).with_state(page.clone()))
        .merge(page.routes())
        .route_service("/mcp", app.streamable.clone())
        .route(
            "/ws",
            get(websocket::connect).with_state(app.websocket.clone()),
        )
        .route_service("/sse", app.sse.clone())
        .route_service("/messages", app.sse.clone())
        .route_service("/messages/", app.sse.clone());
    #[cfg(feature = "graphql")]
    let offered = match &app.graphql {
        Some(service) => offered.merge(graphql(service)),
        None => offered,
    };
    let offered = if app.base_path.is_root() {
        offered
    } else {
        let base_path = app.base_path.as_str();
        let slash = format!("{base_path}/");
        Router::new()
            .route(&slash, get(page::river).with_state(page.clone()))
            .nest(base_path, offered)
    };
    health
        .merge(offered)
        .fallback_service(
            get(page::not_found)
                .fallback(page::not_found)
                .with_state(page.clone()),
        )
        // The first one is the outermost: a request meets them in this order.
        .layer((
            // Nothing that prints headers shows these.
            SetSensitiveRequestHeadersLayer::new(SENSITIVE_HEADERS),
            ObserveLayer::default(),
            CheckLayer::new(app.guard.overload().then(app.guard.host_and_origin())),
            // Before the key: a browser sends its preflight without one.
            app.guard.cors(),
            CheckLayer::new(
                (app.guard.client_address())
                    // Tells browsers in their words what the next one refuses.
                    .then(page.locked())
                    .then(app.guard.api_key())
                    .then(app.guard.rate_limit()),
            ),
        ))
}

/// The routes of GraphQL, without the layers; to be merged with the others.
#[cfg(feature = "graphql")]
pub fn graphql(graphql: &GraphQl) -> Router {
    let answer = get(crate::graphql::get).post(crate::graphql::post);
    Router::new()
        .route("/graphql", answer)
        .route("/graphql/schema.graphql", get(crate::graphql::told_schema))
        .with_state(graphql.clone())
}

/// The route for Prometheus, to be merged with the others or served apart. A
/// scrape comes every few seconds: it is neither logged nor counted.
/// Only the name by which the server is called is checked.
pub fn metrics(guard: &Guard) -> Router {
    Router::new()
        .route("/metrics", get(metrics::scrape))
        .layer(CheckLayer::new(guard.host_and_origin()))
}
