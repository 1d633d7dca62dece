//! The numbers of the tools.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};

use http::request::Parts;
use rmcp::{RoleServer, service::RequestContext};
use tracing::Span;

use crate::tools;

/// Makes a span part of the trace that a client names in `traceparent`, and links it to the span of
/// the HTTP request that carried it.
pub type ContinueTrace = fn(span: &Span, traceparent: &str, request: Option<&Span>);

/// What calls are counted under that name a tool which does not exist.
const UNKNOWN_TOOL: &str = "unknown";

/// The numbers of all tools: handles that are made once, so that counting needs no lookup.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// The last one counts calls of unknown tools.
    tools: Vec<ToolMetrics>,
}

#[derive(Debug)]
struct ToolMetrics {
    name: &'static str,
    calls: Counter,
    errors: Counter,
    duration: Histogram,
}

/// A call that is running; dropped without an outcome if it is cancelled.
#[derive(Debug)]
pub(crate) struct RunningCall<'a> {
    tool: &'a ToolMetrics,
    started: Instant,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        describe_counter!("aareguru_mcp_tool_calls_total", "Tool calls begun, by tool");
        describe_counter!(
            "aareguru_mcp_tool_errors_total",
            "Tool calls that were answered with an error, by tool"
        );
        describe_histogram!(
            "aareguru_mcp_tool_duration_seconds",
            "From the begin of a tool call to its answer, by tool"
        );
        let names = tools::definitions().iter().map(|tool| tool.name.as_ref());
        Self {
            tools: names.chain([UNKNOWN_TOOL]).map(ToolMetrics::new).collect(),
        }
    }

    /// A call of the tool of this name begins.
    pub(crate) fn start_call(&self, name: &str) -> RunningCall<'_> {
        let mut tools = self.tools.iter();
        let tool = tools.find(|tool| tool.name == name || tool.name == UNKNOWN_TOOL);
        let tool = tool.expect("the last one is for unknown tools");
        tool.calls.increment(1);
        RunningCall {
            tool,
            started: Instant::now(),
        }
    }
}

impl ToolMetrics {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            calls: counter!("aareguru_mcp_tool_calls_total", "tool" => name),
            errors: counter!("aareguru_mcp_tool_errors_total", "tool" => name),
            duration: histogram!("aareguru_mcp_tool_duration_seconds", "tool" => name),
        }
    }
}

/// Returns the span of the HTTP request that carried a message. A transport may handle the message
/// in a task that has no current span.
pub(crate) fn request_span(context: &RequestContext<RoleServer>) -> Option<&Span> {
    context.extensions.get::<Parts>()?.extensions.get::<Span>()
}

impl RunningCall<'_> {
    /// Returns the span of the call, or that of the HTTP request if no traces are collected.
    pub(crate) fn span<'a>(
        &self,
        context: &'a RequestContext<RoleServer>,
        continue_trace: ContinueTrace,
    ) -> Cow<'a, Span> {
        let request = request_span(context);
        let span = tracing::info_span!(
            parent: request.and_then(Span::id),
            "tool",
            otel.name = format!("tools/call {}", self.tool.name),
            otel.kind = "server",
            mcp.method.name = "tools/call",
            gen_ai.tool.name = self.tool.name,
            otel.status_code = tracing::field::Empty,
        );
        if span.is_disabled() {
            return request.map_or(Cow::Owned(span), Cow::Borrowed);
        }
        if let Some(traceparent) = context.meta.get_traceparent() {
            continue_trace(&span, traceparent, request);
        }
        Cow::Owned(span)
    }

    pub(crate) fn finish(self, span: &Span, is_error: bool) {
        let duration: Duration = self.started.elapsed();
        self.tool.duration.record(duration);
        if is_error {
            self.tool.errors.increment(1);
            span.record("otel.status_code", "ERROR");
        }
        let duration_ms = duration.as_micros() as f64 / 1000.0;
        tracing::debug!(
            parent: span,
            tool.name = self.tool.name,
            tool.is_error = is_error,
            duration_ms,
            "tool answered"
        );
    }
}
