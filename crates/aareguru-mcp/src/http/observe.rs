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
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    response::Response,
};
use pin_project_lite::pin_project;
use rmcp_sse::{Principal, SessionTag};
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Level, Span};

use self::{
    endpoint::{Endpoint, Endpoints},
    request_id::RequestId,
};
use crate::{
    guard::Access,
    telemetry::{
        log::{self, RequestLines},
        trace::{self, RequestSpan},
    },
};

/// Observes the requests to a router; see the module.
#[derive(Debug, Clone)]
pub(super) struct ObserveLayer {
    endpoints: Arc<Endpoints>,
}

impl ObserveLayer {
    /// For the routes of one access class.
    pub(super) fn new(access: Access) -> Self {
        let endpoints = Arc::new(Endpoints::new(access));
        Self { endpoints }
    }
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
{
    type Response = Response;
    type Error = Infallible;
    type Future = Observed<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let started = Instant::now();
        let route = request.extensions().get::<MatchedPath>();
        let endpoint = self.endpoints.of(route.map(MatchedPath::as_str));
        let id = RequestId::of(request.headers());
        // For traces; it costs nothing while nobody collects them.
        let traced = tracing::info_span!(
            "http",
            otel.name = format!("{} {}", method(request.method()), endpoint.route()),
            otel.kind = "server",
            request.id = id.as_str(),
            http.request.method = method(request.method()),
            http.route = &**endpoint.route(),
            http.response.status_code = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
        );
        trace::continue_from_headers(&traced, request.headers());
        if !traced.is_disabled() {
            request.extensions_mut().insert(RequestSpan(traced.clone()));
        }
        let lines = RequestLines {
            id: id.as_str().into(),
            method: method(request.method()),
            route: endpoint.route().clone(),
        };
        request.extensions_mut().insert(lines.clone());
        let answer = lines.in_scope(|| traced.in_scope(|| self.inner.call(request)));
        Observed {
            answer,
            running: Running {
                endpoint,
                started,
                id: Some(id),
                lines,
                traced,
                is_answered: false,
            },
        }
    }
}

pin_project! {
    /// The answer to a request, while it is on its way.
    pub(super) struct Observed<F> {
        #[pin]
        answer: F,
        running: Running,
    }
}

impl<F> Future for Observed<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Running { lines, traced, .. } = &*this.running;
        let answered = lines.in_scope(|| traced.in_scope(|| this.answer.poll(cx)));
        let mut response = ready!(answered)?;
        if let Some(id) = this.running.id.take() {
            response.headers_mut().insert(request_id::HEADER, id.into());
        }
        this.running.answered(&response);
        Poll::Ready(Ok(response))
    }
}

/// A request on its way. If it is dropped before its answer, the client has
/// gone away.
struct Running {
    endpoint: Arc<Endpoint>,
    started: Instant,
    /// For the answer.
    id: Option<RequestId>,
    lines: RequestLines,
    traced: Span,
    is_answered: bool,
}

impl Running {
    fn answered(&mut self, response: &Response) {
        self.is_answered = true;
        let took = self.started.elapsed();
        let status = response.status();
        self.endpoint.answered(status, took);
        self.traced
            .record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.traced.record("otel.status_code", "ERROR");
        }
        // Probes come every few seconds and tell nothing by day.
        let is_minor = self.endpoint.is_probe() && status.is_success();
        let is_told = if is_minor {
            tracing::enabled!(Level::DEBUG)
        } else {
            tracing::enabled!(Level::INFO)
        };
        if !is_told {
            return;
        }
        let lines = self.lines.clone();
        let trace_id = trace::id(&self.traced);
        let session_tag = response.extensions().get::<SessionTag>().copied();
        let principal = response.extensions().get::<Principal>().cloned();
        // Whole microseconds: more digits are noise.
        let duration_ms = took.as_micros() as f64 / 1000.0;
        let http_status = status.as_u16();
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    $level,
                    http.status = http_status,
                    duration_ms,
                    principal = principal.as_ref().map(Principal::key),
                    session.tag = session_tag.map(tracing::field::display),
                    trace.id = trace_id,
                    "answered"
                )
            };
        }
        log::tell_later(move || {
            lines.in_scope(|| {
                if is_minor {
                    line!(Level::DEBUG);
                } else {
                    line!(Level::INFO);
                }
            });
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        self.endpoint.abandoned();
        let duration_ms = self.started.elapsed().as_micros() as f64 / 1000.0;
        let tell = || tracing::info!(duration_ms, "client gone before the answer");
        self.lines.in_scope(tell);
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
