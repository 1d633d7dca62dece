//! Metrics and spans of tool calls.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};

use http::request::Parts;
use rmcp::{RoleServer, service::RequestContext};
use tracing::Span;

use crate::tools;

/// Makes a span part of the trace in the `traceparent` of a client, and links it to the span of the
/// HTTP request.
pub type ContinueTrace = fn(span: &Span, traceparent: &str, request: Option<&Span>);

/// The label of calls of tools that do not exist.
const UNKNOWN_TOOL: &str = "unknown";

/// The metrics of all tools. Holds the handles, so that recording needs no lookup by name.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// The last entry is [`UNKNOWN_TOOL`].
    tools: Vec<ToolMetrics>,
}

#[derive(Debug)]
struct ToolMetrics {
    name: &'static str,
    calls: Counter,
    errors: Counter,
    duration: Histogram,
}

/// A running call. A cancelled call is dropped without an outcome.
#[derive(Debug)]
pub(crate) struct RunningCall<'a> {
    tool: &'a ToolMetrics,
    started: Instant,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        describe_counter!(
            "aareguru_mcp_tool_calls_total",
            "Tool calls started, by tool"
        );
        describe_counter!(
            "aareguru_mcp_tool_errors_total",
            "Tool calls that returned an error, by tool"
        );
        describe_histogram!(
            "aareguru_mcp_tool_duration_seconds",
            "Duration of tool calls, by tool"
        );
        let names = tools::definitions().iter().map(|tool| tool.name.as_ref());
        Self {
            tools: names.chain([UNKNOWN_TOOL]).map(ToolMetrics::new).collect(),
        }
    }

    /// Counts a call of this tool, and starts its timer.
    pub(crate) fn start_call(&self, name: &str) -> RunningCall<'_> {
        let mut tools = self.tools.iter();
        let tool = tools.find(|tool| tool.name == name || tool.name == UNKNOWN_TOOL);
        let tool = tool.expect("the last entry is for unknown tools");
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

/// Returns the span of the HTTP request that contained a message. The current span is not enough: a
/// transport may handle the message in another task.
pub(crate) fn request_span(context: &RequestContext<RoleServer>) -> Option<&Span> {
    context.extensions.get::<Parts>()?.extensions.get::<Span>()
}

impl RunningCall<'_> {
    /// Returns the span of the call, or that of the HTTP request if tracing is disabled.
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

    /// Records the duration and the outcome of the call.
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
