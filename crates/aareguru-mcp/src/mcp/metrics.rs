//! The numbers of the tools.

use std::time::{Duration, Instant};

use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};

use super::tools;

/// What calls are counted under that name a tool which does not exist.
const UNKNOWN: &str = "unknown";

/// The numbers of all tools: handles that are made once, so that counting needs
/// no lookup.
#[derive(Debug)]
pub(super) struct Metrics {
    tools: Vec<(String, Tool)>,
    unknown: Tool,
}

#[derive(Debug)]
struct Tool {
    calls: Counter,
    errors: Counter,
    duration: Histogram,
}

/// A call that is running; dropped without an outcome if it is cancelled.
#[derive(Debug)]
pub(super) struct Call<'a> {
    tool: &'a Tool,
    name: &'a str,
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
        let names = tools::all().iter().map(|tool| tool.name.to_string());
        let with_numbers = |name: String| (name.clone(), Tool::new(name));
        Self {
            tools: names.map(with_numbers).collect(),
            unknown: Tool::new(UNKNOWN.to_owned()),
        }
    }

    /// A call of the tool of this name begins.
    pub(super) fn call(&self, name: &str) -> Call<'_> {
        let found = self.tools.iter().find(|(known, _)| known == name);
        let (name, tool) = found.map_or((UNKNOWN, &self.unknown), |(name, tool)| (name, tool));
        tool.calls.increment(1);
        Call {
            tool,
            name,
            started: Instant::now(),
        }
    }
}

impl Tool {
    fn new(name: String) -> Self {
        Self {
            calls: counter!("aareguru_mcp_tool_calls_total", "tool" => name.clone()),
            errors: counter!("aareguru_mcp_tool_errors_total", "tool" => name.clone()),
            duration: histogram!("aareguru_mcp_tool_duration_seconds", "tool" => name),
        }
    }
}

impl Call<'_> {
    pub(super) fn answered(self, is_error: bool) {
        let took: Duration = self.started.elapsed();
        self.tool.duration.record(took);
        if is_error {
            self.tool.errors.increment(1);
        }
        let duration_ms = took.as_micros() as f64 / 1000.0;
        tracing::debug!(
            tool.name = self.name,
            tool.is_error = is_error,
            duration_ms,
            "tool answered"
        );
    }
}
