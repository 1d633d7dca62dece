//! The outermost layer: it gives each request an id, and when it is answered
//! tells so, in one line and in the numbers.
//!
//! A request is named by the route that it matched, never by its path or its
//! query: those hold session ids, and there is no end to them.

mod endpoint;
mod request_id;

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    response::Response,
};
use rmcp_sse::{Principal, SessionTag};
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Instrument, Span};

use self::{
    endpoint::{Endpoint, Endpoints},
    request_id::RequestId,
};

/// Observes the requests to a router; see the module.
#[derive(Debug, Clone, Default)]
pub(super) struct ObserveLayer {
    endpoints: Arc<Endpoints>,
}

#[derive(Debug, Clone)]
pub(super) struct Observe<S> {
    inner: S,
    endpoints: Arc<Endpoints>,
}

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Observe<S> {
        Observe {
            inner,
            endpoints: self.endpoints.clone(),
        }
    }
}

impl<S> Service<Request> for Observe<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let started = Instant::now();
        let route = request.extensions().get::<MatchedPath>();
        let endpoint = self.endpoints.of(route.map(MatchedPath::as_str));
        let id = RequestId::of(request.headers());
        let span = tracing::info_span!(
            "request",
            request.id = id.as_str(),
            http.method = method(request.method()),
            http.route = endpoint.route(),
        );
        let answer = span.in_scope(|| self.inner.call(request));
        let mut running = Running {
            endpoint,
            started,
            span: span.clone(),
            is_answered: false,
        };
        let observed = async move {
            let mut response = answer.await?;
            response.headers_mut().insert(request_id::HEADER, id.into());
            running.answered(&response);
            Ok(response)
        };
        Box::pin(observed.instrument(span))
    }
}

/// A request on its way. If it is dropped before its answer, the client has
/// gone away.
struct Running {
    endpoint: Arc<Endpoint>,
    started: Instant,
    span: Span,
    is_answered: bool,
}

impl Running {
    fn answered(&mut self, response: &Response) {
        self.is_answered = true;
        let took = self.started.elapsed();
        let status = response.status();
        self.endpoint.answered(status, took);
        let session_tag = response.extensions().get::<SessionTag>();
        let principal = response.extensions().get::<Principal>();
        // Whole microseconds: more digits are noise.
        let duration_ms = took.as_micros() as f64 / 1000.0;
        let (http_status, span) = (status.as_u16(), &self.span);
        // Probes come every few seconds and tell nothing by day.
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    parent: span,
                    $level,
                    http.status = http_status,
                    duration_ms,
                    principal = principal.map(Principal::key),
                    session.tag = session_tag.map(tracing::field::display),
                    "answered"
                )
            };
        }
        if self.endpoint.is_probe() && status.is_success() {
            line!(tracing::Level::DEBUG);
        } else {
            line!(tracing::Level::INFO);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        self.endpoint.abandoned();
        let duration_ms = self.started.elapsed().as_micros() as f64 / 1000.0;
        tracing::info!(parent: &self.span, duration_ms, "client gone before the answer");
    }
}

/// The methods of HTTP by their names; clients may send any other word.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::DELETE => "DELETE",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}
