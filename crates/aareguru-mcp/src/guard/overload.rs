//! What a client is told whose connection is one too many. The accept loop has
//! marked its requests; the open routes are served all the same.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{check::Check, is_open};
use crate::serve::Overload;

/// How long to wait before trying again, in seconds.
const RETRY_AFTER_SECS: &str = "5";

/// The check for the mark.
#[derive(Debug, Clone, Copy)]
pub struct OverloadCheck;

impl Check for OverloadCheck {
    type Passed = ();

    fn check(&self, request: &mut Request) -> Result<(), Box<Response>> {
        match request.extensions().get() {
            Some(overload) if !is_open(request) => Err(Box::new(answer(*overload))),
            _ => Ok(()),
        }
    }

    fn answered((): (), response: Response) -> Response {
        response
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
