//! Converts refusals to HTTP responses.

use std::fmt;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use rmcp_transport::Refusal;
use serde_json::json;

/// Converts the refusal of a transport to plain text, with `Retry-After` if a retry can help.
pub fn of_transport(refusal: Refusal) -> Response {
    text(refusal.status(), refusal, refusal.retry_after_secs())
}

/// Builds a refusal in plain text.
pub fn text(
    status: StatusCode,
    text: impl fmt::Display,
    retry_after_secs: Option<u32>,
) -> Response {
    retry_after(
        (status, format!("{text}\n")),
        retry_after_secs.map(u64::from),
    )
}

/// Builds a refusal in the JSON form of OAuth errors ([RFC 6750,
/// 3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)), which MCP clients parse.
pub fn oauth(
    status: StatusCode,
    error: &str,
    error_description: &str,
    retry_after_secs: Option<u64>,
) -> Response {
    let body = json!({ "error": error, "error_description": error_description });
    retry_after((status, Json(body)), retry_after_secs)
}

fn retry_after(response: impl IntoResponse, seconds: Option<u64>) -> Response {
    let mut response = response.into_response();
    if let Some(seconds) = seconds {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
