//! What a client is told whose connection is one too many. The accept loop has
//! marked its requests; the open routes are served all the same.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::Access;
use crate::serve::Overload;

/// How long to wait before trying again, in seconds.
const RETRY_AFTER_SECS: &str = "5";

pub(super) fn check(access: Access, request: &Request) -> Result<(), Box<Response>> {
    match request.extensions().get() {
        Some(overload) if access != Access::Open => Err(Box::new(answer(*overload))),
        _ => Ok(()),
    }
}

fn answer(overload: Overload) -> Response {
    let (status, text) = match overload {
        Overload::Connections => (StatusCode::SERVICE_UNAVAILABLE, "Too many connections\n"),
        Overload::ConnectionsOfClient => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many connections of this client\n",
        ),
    };
    (status, [(header::RETRY_AFTER, RETRY_AFTER_SECS)], text).into_response()
}
