//! What middleware wraps.

use std::convert::Infallible;

use axum::{extract::Request, response::Response};
use tower_service::Service;

/// A service that answers requests and that a router accepts. It must always be ready, as axum's
/// router is.
pub trait RouteService:
    Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> RouteService for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}
