//! Middleware that logs, counts and traces each request.
//!
//! It gives the request an id and a span, and logs one line when the response begins. A request is
//! identified by its route, never by its path or query, which hold session ids.

mod request_id;
mod route_metrics;

use std::{
    convert::Infallible,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    response::Response,
};
use futures_util::TryFutureExt;
use rmcp_transport::{Principal, SessionTag};
use tower::service_fn;
use tower_layer::{Layer, layer_fn};
use tracing::{Instrument, Span, field};

use self::{
    request_id::request_id,
    route_metrics::{RouteMetrics, RouteMetricsTable},
};
use crate::{access::Access, route_service::RouteService, trace_context};

/// Returns the layer that observes each request for routes of one access class.
///
/// `axum::middleware` would box the service and the future of each request.
pub fn layer<S: RouteService>(
    access: Access,
) -> impl Layer<S, Service = impl RouteService> + Clone {
    let routes = Arc::new(RouteMetricsTable::new(access));
    layer_fn(move |mut inner: S| {
        let routes = Arc::clone(&routes);
        service_fn(move |request| observe(&routes, &mut inner, request))
    })
}

fn observe<S: RouteService>(
    routes: &RouteMetricsTable,
    inner: &mut S,
    mut request: Request,
) -> impl Future<Output = Result<Response, Infallible>> + use<S> {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>();
    let endpoint = routes.get_or_create(route.map(MatchedPath::as_str));
    let method = method(request.method());
    let id = request_id(request.headers());
    let request_id = id.to_str().unwrap_or_default();
    let log_span = tracing::info_span!(
        "request",
        request.id = request_id,
        http.method = method,
        http.route = &*endpoint.route,
    );
    let trace_span = tracing::info_span!(
        parent: &log_span,
        "http",
        otel.name = format!("{method} {}", endpoint.route),
        otel.kind = "server",
        request.id = request_id,
        http.request.method = method,
        http.route = &*endpoint.route,
        http.response.status_code = field::Empty,
        otel.status_code = field::Empty,
    );
    trace_context::continue_from_headers(&trace_span, request.headers());
    let span = if trace_span.is_disabled() {
        log_span
    } else {
        trace_span.clone()
    };
    // For handlers that run in another task, such as that of the session.
    request.extensions_mut().insert(span.clone());
    let mut exchange = Exchange {
        endpoint,
        started,
        trace_span,
        is_completed: false,
    };
    let response = span.in_scope(|| inner.call(request));
    let observed = response.map_ok(move |mut response| {
        response.headers_mut().insert(request_id::HEADER, id);
        exchange.complete(&response);
        response
    });
    observed.instrument(span)
}

/// A request that is being handled. If it is dropped before its response, the client has
/// disconnected.
struct Exchange {
    endpoint: Arc<RouteMetrics>,
    started: Instant,
    /// Disabled if no traces are collected.
    trace_span: Span,
    is_completed: bool,
}

impl Exchange {
    fn complete(&mut self, response: &Response) {
        self.is_completed = true;
        let duration = self.started.elapsed();
        let status = response.status();
        self.endpoint.record_response(status, duration);
        self.trace_span
            .record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.trace_span.record("otel.status_code", "ERROR");
        }
        let extensions = response.extensions();
        let trace_id = trace_context::id(&self.trace_span);
        macro_rules! log_at {
            ($level:expr) => {
                tracing::event!(
                    $level,
                    http.status = status.as_u16(),
                    duration_ms = in_ms(duration),
                    principal = extensions.get().map(Principal::key),
                    session.tag = extensions.get::<SessionTag>().map(field::display),
                    trace.id = trace_id,
                    "request completed"
                )
            };
        }
        // Probes arrive every few seconds; only their failures are of interest.
        if self.endpoint.is_probe && status.is_success() {
            log_at!(tracing::Level::DEBUG);
        } else {
            log_at!(tracing::Level::INFO);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.is_completed {
            self.endpoint.record_abandoned();
            tracing::info!(
                duration_ms = in_ms(self.started.elapsed()),
                "client disconnected before the response"
            );
        }
    }
}

/// Converts a duration to milliseconds with microsecond precision.
fn in_ms(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

/// Returns the name of a known HTTP method, or `other`: clients can send any word.
fn method(method: &Method) -> &'static str {
    const NAMES: [&str; 7] = ["GET", "POST", "HEAD", "OPTIONS", "DELETE", "PUT", "PATCH"];
    let known = NAMES.into_iter().find(|&name| name == method);
    known.unwrap_or("other")
}
