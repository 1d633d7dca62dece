//! Middleware that logs, counts and traces each request.
//!
//! It gives the request an id and a span, and logs one line when the response begins. A request is
//! identified by its route, never by its path or query, which hold session ids.

mod endpoint_metrics;
mod request_id;

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use rmcp_sse::{Principal, SessionTag};
use tracing::{Instrument, Span, field};

pub(in crate::http) use self::endpoint_metrics::Endpoints;

use self::{endpoint_metrics::Endpoint, request_id::RequestId};
use crate::telemetry::trace;

/// Observes one request, for [`axum::middleware::from_fn_with_state`].
pub(super) async fn observe(
    State(endpoints): State<Arc<Endpoints>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>();
    let endpoint = endpoints.of(route.map(MatchedPath::as_str));
    let id = RequestId::of(request.headers());
    let span = span(&request, &id, endpoint.route());
    // For handlers that run in another task, such as that of the session.
    request.extensions_mut().insert(span.clone());
    let mut exchange = Exchange {
        endpoint,
        started,
        span: span.clone(),
        is_completed: false,
    };
    let mut response = next.run(request).instrument(span).await;
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, id.into());
    exchange.complete(&response);
    response
}

/// Returns the span of a request: for log lines, and within it one for traces if they are
/// collected.
fn span(request: &Request, id: &RequestId, route: &str) -> Span {
    let method = method(request.method());
    let log_span = tracing::info_span!(
        "request",
        request.id = id.as_str(),
        http.method = method,
        http.route = route,
    );
    let trace_span = tracing::info_span!(
        parent: &log_span,
        "http",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        request.id = id.as_str(),
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
        otel.status_code = field::Empty,
    );
    if trace_span.is_disabled() {
        return log_span;
    }
    trace::continue_from_headers(&trace_span, request.headers());
    trace_span
}

/// A request that has no response yet. Dropping it means that the client disconnected.
struct Exchange {
    endpoint: Arc<Endpoint>,
    started: Instant,
    span: Span,
    is_completed: bool,
}

impl Exchange {
    fn complete(&mut self, response: &Response) {
        self.is_completed = true;
        let status = response.status();
        self.endpoint.answered(status, self.started.elapsed());
        self.span
            .record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.span.record("otel.status_code", "ERROR");
        }
        let extensions = response.extensions();
        let trace_id = trace::id(&self.span);
        macro_rules! log_at {
            ($level:expr) => {
                tracing::event!(
                    $level,
                    http.status = status.as_u16(),
                    duration_ms = self.duration_ms(),
                    principal = extensions.get().map(Principal::key),
                    session.tag = extensions.get::<SessionTag>().map(field::display),
                    trace.id = trace_id,
                    "request completed"
                )
            };
        }
        // JSON lines show only spans that are entered, not an explicit parent.
        let _entered = self.span.enter();
        // Probes arrive every few seconds; only their failures are of interest.
        if self.endpoint.is_probe() && status.is_success() {
            log_at!(tracing::Level::DEBUG);
        } else {
            log_at!(tracing::Level::INFO);
        }
    }

    /// In whole microseconds.
    fn duration_ms(&self) -> f64 {
        self.started.elapsed().as_micros() as f64 / 1000.0
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.is_completed {
            self.endpoint.abandoned();
            let _entered = self.span.enter();
            tracing::info!(
                duration_ms = self.duration_ms(),
                "client disconnected before the response"
            );
        }
    }
}

/// The name of an HTTP method; clients may send any other word.
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
