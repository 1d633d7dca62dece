//! Continues the traces of clients.

use std::collections::HashMap;

use axum::http::HeaderMap;
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
    trace::TraceContextExt,
};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Makes a span part of the trace that the headers of a request name, if any.
pub fn continue_from_headers(span: &Span, headers: &HeaderMap) {
    if !span.is_disabled() {
        continue_from(span, &HeaderExtractor(headers));
    }
}

/// Makes a span part of the trace that `traceparent` names, and links it to `request`, the span of
/// the HTTP request that carried it.
pub fn continue_from_traceparent(span: &Span, traceparent: &str, request: Option<&Span>) {
    if span.is_disabled() {
        return;
    }
    let request = request.map(|span| span.context().span().span_context().clone());
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    if continue_from(span, &carrier)
        && let Some(request) = request
    {
        span.add_link(request);
    }
}

fn continue_from(span: &Span, carrier: &dyn Extractor) -> bool {
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), carrier);
    parent.span().span_context().is_valid() && span.set_parent(parent).is_ok()
}

/// Returns the id of the trace that a span belongs to, for its log lines.
pub fn id(span: &Span) -> Option<String> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let context = context.span().span_context().clone();
    context.is_valid().then(|| context.trace_id().to_string())
}
