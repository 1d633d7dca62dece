//! What a client is told whose connection is one too many. The accept loop has
//! marked its requests; the open routes are served all the same.

use axum::{extract::Request, http::StatusCode, response::Response};

use super::Access;
use crate::{refusal, serve::Overload};

/// How long to wait before trying again, in seconds.
const RETRY_AFTER_SECS: u32 = 5;

pub(super) fn check(access: Access, request: &Request) -> Result<(), Box<Response>> {
    match request.extensions().get() {
        Some(overload) if access != Access::Open => Err(Box::new(answer(*overload))),
        _ => Ok(()),
    }
}

fn answer(overload: Overload) -> Response {
    let (status, text) = match overload {
        Overload::Connections => (StatusCode::SERVICE_UNAVAILABLE, "Too many connections"),
        Overload::ConnectionsOfClient => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many connections of this client",
        ),
    };
    refusal::text(status, text, Some(RETRY_AFTER_SECS))
}
