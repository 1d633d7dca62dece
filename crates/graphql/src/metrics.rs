//! Metrics of operations, subscriptions and sockets.

use async_graphql::{Response, parser::types::OperationType, resolver_utils::EnumType};
use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

use super::{
    error::{ErrorCode, is_rejected},
    limits::OperationKind,
};

const SUBSCRIPTIONS: &str = "aareguru_mcp_graphql_subscriptions";
const SOCKETS: &str = "aareguru_mcp_graphql_sockets";

/// Counts a subscription or socket as open until the guard is dropped.
pub(super) struct OpenGuard(Gauge);

impl OpenGuard {
    pub(super) fn subscription() -> Self {
        Self::new(gauge!(SUBSCRIPTIONS))
    }

    pub(super) fn socket() -> Self {
        Self::new(gauge!(SOCKETS))
    }

    fn new(gauge: Gauge) -> Self {
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// Describes the metrics, and registers every series with the value zero.
pub(super) fn register() {
    describe_counter!(
        "aareguru_mcp_graphql_operations_total",
        "GraphQL: operations, by kind and outcome"
    );
    describe_counter!(
        "aareguru_mcp_graphql_errors_total",
        "GraphQL: errors in responses, by code"
    );
    describe_gauge!(SUBSCRIPTIONS, "GraphQL: open subscriptions");
    describe_gauge!(SOCKETS, "GraphQL: open WebSockets");
    drop((OpenGuard::subscription(), OpenGuard::socket()));
    for kind in [
        Some(OperationType::Query),
        Some(OperationType::Subscription),
        None,
    ] {
        for outcome in ["ok", "partial", "refused", "timeout"] {
            let _ = operation_counter(kind, outcome);
        }
    }
    for code in ErrorCode::items() {
        let _ = error_counter(code.value);
    }
}

/// Counts an operation by its only, or first, response.
pub(super) fn count_operation(kind: OperationKind, response: &Response) {
    let outcome = match response.errors.as_slice() {
        [] => "ok",
        [error] if ErrorCode::of(error) == ErrorCode::Timeout => "timeout",
        _ if is_rejected(response) => "refused",
        _ => "partial",
    };
    operation_counter(kind, outcome).increment(1);
}

pub(super) fn count_errors(response: &Response) {
    for error in &response.errors {
        error_counter(ErrorCode::of(error)).increment(1);
    }
}

fn operation_counter(kind: OperationKind, outcome: &'static str) -> Counter {
    let operation = match kind {
        Some(OperationType::Query) => "query",
        Some(OperationType::Subscription) => "subscription",
        Some(OperationType::Mutation) | None => "unknown",
    };
    counter!("aareguru_mcp_graphql_operations_total", "operation" => operation, "outcome" => outcome)
}

fn error_counter(code: ErrorCode) -> Counter {
    let code = code.as_str().to_ascii_lowercase();
    counter!("aareguru_mcp_graphql_errors_total", "code" => code)
}
