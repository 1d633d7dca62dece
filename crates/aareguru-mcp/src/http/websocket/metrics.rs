//! The numbers of this transport, for the recorder that the program installs.

use metrics::{Counter, Gauge, counter, gauge};
use rmcp_sse::Refusal;

use super::end::End;

/// Handles that are made once, so that counting needs no lookup.
pub(super) struct Metrics {
    sessions: Gauge,
    opened: Counter,
    /// In the order of [`End::ALL`].
    closed: Vec<Counter>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let closed = |end: End| {
            let reason = end.label();
            counter!("aareguru_mcp_websocket_sessions_closed_total", "reason" => reason)
        };
        Self {
            sessions: gauge!("aareguru_mcp_websocket_sessions"),
            opened: counter!("aareguru_mcp_websocket_sessions_opened_total"),
            closed: End::ALL.into_iter().map(closed).collect(),
        }
    }

    pub(super) fn opened(&self) {
        self.sessions.increment(1);
        self.opened.increment(1);
    }

    pub(super) fn closed(&self, end: End) {
        self.sessions.decrement(1);
        self.closed[end as usize].increment(1);
    }

    pub(super) fn refused(&self, refusal: Refusal) {
        let reason = refusal.label();
        counter!("aareguru_mcp_websocket_refused_total", "reason" => reason).increment(1);
    }
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
