//! Refuses requests on connections over the limits. The accept loop marks them with an extension.
//! Open routes are served on any connection.

use axum::{extract::Request, http::StatusCode, response::Response};

use crate::{access::Access, refusal, serve::Overload};

/// The value of `Retry-After`, in seconds.
const RETRY_AFTER_SECS: u32 = 5;

pub(super) fn check(access: Access, request: &Request) -> Result<(), Box<Response>> {
    match request.extensions().get() {
        Some(overload) if access != Access::Open => Err(Box::new(refuse(*overload))),
        _ => Ok(()),
    }
}

fn refuse(overload: Overload) -> Response {
    let (status, text) = match overload {
        Overload::Connections => (StatusCode::SERVICE_UNAVAILABLE, "Too many connections"),
        Overload::ConnectionsOfClient => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many connections of this client",
        ),
    };
    refusal::text(status, text, Some(RETRY_AFTER_SECS))
}
