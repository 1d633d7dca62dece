//! The check of `Host` and `Origin` as a tower layer, for any service.

use std::{
    future::{self, Ready},
    task::{Context, Poll},
};

use futures_util::future::Either;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::RebindingProtection;

/// Puts a [`RebindingProtection`] in front of a service.
///
/// [`SseService`](crate::SseService) performs the check itself. The layer is for everything else on
/// the same server: other transports, an API, a WebSocket.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, body::Body, routing::get};
/// use http::Request;
/// use rmcp_transport::{RebindingLayer, RebindingProtection};
/// use tower_service::Service;
///
/// let mut app = Router::new()
///     .route("/temperature", get(|| async { "17.3" }))
///     .layer(RebindingLayer::new(RebindingProtection::loopback()));
///
/// let mut ask = async |host| {
///     let request = Request::get("/temperature").header("host", host);
///     app.call(request.body(Body::empty()).unwrap()).await.unwrap().status()
/// };
/// assert_eq!(ask("localhost:8000").await, 200);
/// assert_eq!(ask("evil.example").await, 421);
/// # Ok(())
/// # }
/// ```
///
/// It works with every service whose response body can be created from a text, such as
/// `axum::body::Body`, `http_body_util::Full` and [`SseBody`](crate::SseBody).
#[derive(Debug, Clone, Default)]
pub struct RebindingLayer {
    protection: RebindingProtection,
}

/// A service behind a [`RebindingLayer`].
///
/// A refused request does not reach the service.
#[derive(Debug, Clone)]
pub struct Rebinding<S> {
    inner: S,
    protection: RebindingProtection,
}

impl RebindingLayer {
    /// Creates a layer that accepts what `protection` accepts.
    pub fn new(protection: RebindingProtection) -> Self {
        Self { protection }
    }
}

impl<S> Layer<S> for RebindingLayer {
    type Service = Rebinding<S>;

    fn layer(&self, inner: S) -> Rebinding<S> {
        Rebinding {
            inner,
            protection: self.protection.clone(),
        }
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for Rebinding<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    ResponseBody: From<&'static str>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<S::Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        match self.protection.check(&request) {
            Ok(()) => Either::Left(self.inner.call(request)),
            Err(refused) => Either::Right(future::ready(Ok(refused.into_response()))),
        }
    }
}
