//! Builds the CORS layer, which lets web pages of other origins read responses.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header, request::Parts};
use rmcp_transport::RebindingProtection;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use super::api_key::X_API_KEY;

/// How long a browser may cache a preflight response. Browsers limit this to two hours or less.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// Request headers that MCP clients in browsers send.
const REQUEST_HEADERS: [HeaderName; 9] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::ACCEPT,
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("mcp-session-id"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("mcp-method"),
    HeaderName::from_static("mcp-name"),
    X_API_KEY,
];

/// Response headers that they read.
const RESPONSE_HEADERS: [HeaderName; 7] = [
    HeaderName::from_static("mcp-session-id"),
    header::WWW_AUTHENTICATE,
    header::RETRY_AFTER,
    HeaderName::from_static("x-request-id"),
    super::rate_limit::LIMIT,
    super::rate_limit::REMAINING,
    super::rate_limit::RESET,
];

/// Builds the layer; `None` if `CORS_ORIGINS` is empty. The layer responds to preflights itself:
/// browsers send them without a key.
///
/// Credentials are not allowed, because the server uses no cookies: a page sends its key in a
/// header.
pub(super) fn layer(origins: &[String]) -> anyhow::Result<Option<CorsLayer>> {
    if origins.is_empty() {
        return Ok(None);
    }
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(REQUEST_HEADERS)
        .expose_headers(RESPONSE_HEADERS)
        .max_age(MAX_AGE);
    if origins.iter().any(|origin| origin == "*") {
        return Ok(Some(layer.allow_origin(Any)));
    }
    let patterns = RebindingProtection::new(["*"], origins)?;
    let is_allowed = move |origin: &HeaderValue, _: &Parts| patterns.allows_origin(origin);
    Ok(Some(layer.allow_origin(AllowOrigin::predicate(is_allowed))))
}
