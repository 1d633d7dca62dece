//! The numbers of the listener, for the recorder that the program installs.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

use super::capacity::{Ended, Overload};

/// Handles that are made once, so that counting needs no lookup.
pub(super) struct Metrics {
    pub(super) connections: Gauge,
    pub(super) opened: Counter,
    /// In the order of [`Overload::ALL`].
    pub(super) refused: Vec<Counter>,
    /// In the order of [`Ended::ALL`].
    pub(super) ended: Vec<Counter>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        describe();
        let refused = |overload: Overload| {
            let reason = overload.label();
            counter!("aareguru_mcp_connections_refused_total", "reason" => reason)
        };
        let ended = |ended: Ended| {
            let reason = ended.label();
            counter!("aareguru_mcp_connections_closed_total", "reason" => reason)
        };
        Self {
            connections: gauge!("aareguru_mcp_connections"),
            opened: counter!("aareguru_mcp_connections_opened_total"),
            refused: Overload::ALL.into_iter().map(refused).collect(),
            ended: Ended::ALL.into_iter().map(ended).collect(),
        }
    }
}

fn describe() {
    describe_gauge!("aareguru_mcp_connections", "Connections open now");
    describe_counter!(
        "aareguru_mcp_connections_opened_total",
        "Connections that got a place"
    );
    describe_counter!(
        "aareguru_mcp_connections_refused_total",
        "Connections that were one too many, by which limit"
    );
    describe_counter!(
        "aareguru_mcp_connections_closed_total",
        "Connections that ended, by how"
    );
}
