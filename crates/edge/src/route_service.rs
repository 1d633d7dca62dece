//! The bound on services that middleware wraps.

use std::convert::Infallible;

use axum::{extract::Request, response::Response};
use tower_service::Service;

/// A service that handles requests in a router. Like axum's router, it must always be ready.
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
