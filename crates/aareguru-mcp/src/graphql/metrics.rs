//! The numbers of the operations, for the recorder that the program installs.

use async_graphql::parser::types::OperationType;
use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

use super::{limits::Kind, trouble::Code};

/// What became of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Answered, or a subscription begun, without an error.
    Ok,
    /// Answered, but for some fields.
    Partial,
    /// Not executed: it is wrong, or asks for too much.
    Refused,
    /// Not answered in time.
    Timeout,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Ok, Self::Partial, Self::Refused, Self::Timeout];

    fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
        }
    }
}

/// The label `operation`, by [`operation`].
const OPERATIONS: [&str; 3] = ["query", "subscription", "unknown"];

/// Handles that are made once, so that counting needs no lookup.
pub(super) struct Metrics {
    /// In the order of [`OPERATIONS`] and, for each, of [`Outcome::ALL`].
    operations: [[Counter; Outcome::ALL.len()]; OPERATIONS.len()],
    /// In the order of [`Code::ALL`].
    errors: Vec<Counter>,
    pub(super) subscriptions: Gauge,
    pub(super) sockets: Gauge,
}

impl Metrics {
    pub(super) fn new() -> Self {
        describe();
        let operations = |operation: &'static str| {
            Outcome::ALL.map(|outcome| {
                let outcome = outcome.label();
                counter!("aareguru_mcp_graphql_operations_total",
                    "operation" => operation, "outcome" => outcome)
            })
        };
        let error = |code: Code| {
            let code = code.as_str().to_ascii_lowercase();
            counter!("aareguru_mcp_graphql_errors_total", "code" => code)
        };
        Self {
            operations: OPERATIONS.map(operations),
            errors: Code::ALL.into_iter().map(error).collect(),
            subscriptions: gauge!("aareguru_mcp_graphql_subscriptions"),
            sockets: gauge!("aareguru_mcp_graphql_sockets"),
        }
    }

    pub(super) fn operation(&self, kind: Kind, outcome: Outcome) {
        let operation = match kind {
            Some(OperationType::Query) => 0,
            Some(OperationType::Subscription) => 1,
            Some(OperationType::Mutation) | None => 2,
        };
        self.operations[operation][outcome as usize].increment(1);
    }

    pub(super) fn error(&self, code: Code) {
        self.errors[code as usize].increment(1);
    }
}

fn describe() {
    describe_counter!(
        "aareguru_mcp_graphql_operations_total",
        "GraphQL: operations, by kind and what became of them"
    );
    describe_counter!(
        "aareguru_mcp_graphql_errors_total",
        "GraphQL: errors in answers, by code"
    );
    describe_gauge!(
        "aareguru_mcp_graphql_subscriptions",
        "GraphQL: subscriptions open now"
    );
    describe_gauge!(
        "aareguru_mcp_graphql_sockets",
        "GraphQL: WebSockets open now"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_and_code_is_counted_under_its_own_label() {
        for (n, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, n);
        }
        for (n, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, n);
        }
    }
}
