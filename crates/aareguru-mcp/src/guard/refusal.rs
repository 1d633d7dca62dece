//! The answer to a request that may not pass.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// The body, in the form in which OAuth servers tell errors ([RFC 6750,
/// 3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)), which MCP clients
/// read.
#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    /// What is wrong, and the way out.
    error_description: &'a str,
}

pub(super) fn json(status: StatusCode, error: &str, error_description: &str) -> Response {
    let body = Body {
        error,
        error_description,
    };
    (status, Json(body)).into_response()
}
