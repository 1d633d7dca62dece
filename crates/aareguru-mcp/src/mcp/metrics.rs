//! The numbers of the tools.

use std::time::{Duration, Instant};

use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};

use axum::http::request::Parts;
use rmcp::{RoleServer, service::RequestContext};
use tracing::Span;

use super::tools;
use crate::telemetry::trace::{self, RequestSpan};

/// What calls are counted under that name a tool which does not exist.
const UNKNOWN: &str = "unknown";

/// The numbers of all tools: handles that are made once, so that counting needs
/// no lookup.
#[derive(Debug)]
pub(super) struct Metrics {
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
pub(super) struct Call<'a> {
    tool: &'a ToolMetrics,
    started: Instant,
}

impl Metrics {
    pub(super) fn new() -> Self {
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
            tools: names.chain([UNKNOWN]).map(ToolMetrics::new).collect(),
        }
    }

    /// A call of the tool of this name begins.
    pub(super) fn call(&self, name: &str) -> Call<'_> {
        let mut tools = self.tools.iter();
        let tool = tools.find(|tool| tool.name == name || tool.name == UNKNOWN);
        let tool = tool.expect("the last one is for unknown tools");
        tool.calls.increment(1);
        Call {
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

impl Call<'_> {
    /// What the call is in a trace. A client may have begun the trace.
    pub(super) fn span(&self, context: &RequestContext<RoleServer>) -> Span {
        let request = context.extensions.get::<Parts>();
        let request = request.and_then(|parts| parts.extensions.get::<RequestSpan>());
        let span = tracing::info_span!(
            parent: request.and_then(|RequestSpan(span)| span.id()),
            "tool",
            otel.name = format!("tools/call {}", self.tool.name),
            otel.kind = "server",
            mcp.method.name = "tools/call",
            gen_ai.tool.name = self.tool.name,
            otel.status_code = tracing::field::Empty,
        );
        let carrier = request.map(|RequestSpan(span)| span);
        trace::continue_from_meta(&span, context.meta.get_traceparent(), carrier);
        span
    }

    pub(super) fn answered(self, span: &Span, is_error: bool) {
        let took: Duration = self.started.elapsed();
        self.tool.duration.record(took);
        if is_error {
            self.tool.errors.increment(1);
            span.record("otel.status_code", "ERROR");
        }
        let duration_ms = took.as_micros() as f64 / 1000.0;
        tracing::debug!(
            tool.name = self.tool.name,
            tool.is_error = is_error,
            duration_ms,
            "tool answered"
        );
    }
}
