//! The numbers of this transport, for the recorder that the program installs.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use rmcp_sse::Refusal;

use super::sessions::End;

/// Handles that are made once, so that counting needs no lookup.
#[derive(Debug)]
pub(super) struct Metrics {
    sessions: Gauge,
    opened: Counter,
    adopted: Counter,
    /// In the order in which they are declared.
    refused: Vec<Counter>,
    /// In the order of [`End::ALL`].
    closed: Vec<Counter>,
    pub(super) in_flight: Gauge,
}

impl Metrics {
    pub(super) fn new() -> Self {
        describe();
        let refused = |refusal: Refusal| {
            let reason = refusal.label();
            counter!("aareguru_mcp_streamable_refused_total", "reason" => reason)
        };
        let closed = |end: End| {
            let reason = end.label();
            counter!("aareguru_mcp_streamable_sessions_closed_total", "reason" => reason)
        };
        Self {
            sessions: gauge!("aareguru_mcp_streamable_sessions"),
            opened: counter!("aareguru_mcp_streamable_sessions_opened_total"),
            adopted: counter!("aareguru_mcp_streamable_sessions_adopted_total"),
            refused: Refusal::all().map(refused).collect(),
            closed: End::ALL.into_iter().map(closed).collect(),
            in_flight: gauge!("aareguru_mcp_streamable_requests_in_flight"),
        }
    }

    pub(super) fn opened(&self) {
        self.sessions.increment(1);
        self.opened.increment(1);
    }

    /// One that was opened is another instance's too.
    pub(super) fn adopted(&self) {
        self.adopted.increment(1);
    }

    pub(super) fn closed(&self, end: End) {
        self.sessions.decrement(1);
        self.closed[end as usize].increment(1);
    }

    pub(super) fn refused(&self, refusal: Refusal) {
        self.refused[refusal as usize].increment(1);
    }
}

fn describe() {
    describe_gauge!(
        "aareguru_mcp_streamable_sessions",
        "Streamable HTTP: sessions open now"
    );
    describe_counter!(
        "aareguru_mcp_streamable_sessions_opened_total",
        "Streamable HTTP: sessions opened"
    );
    describe_counter!(
        "aareguru_mcp_streamable_sessions_adopted_total",
        "Streamable HTTP: sessions opened that another instance has opened before"
    );
    describe_counter!(
        "aareguru_mcp_streamable_sessions_closed_total",
        "Streamable HTTP: sessions closed, by why"
    );
    describe_counter!(
        "aareguru_mcp_streamable_refused_total",
        "Streamable HTTP: requests refused by the transport, by why"
    );
    describe_gauge!(
        "aareguru_mcp_streamable_requests_in_flight",
        "Streamable HTTP: requests that handlers are running"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_counted_under_its_own_label() {
        for (n, end) in End::ALL.into_iter().enumerate() {
            assert_eq!(end as usize, n);
        }
    }
}
