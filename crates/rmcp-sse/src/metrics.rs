//! The numbers this crate gives to whatever [`metrics`] recorder the program
//! has installed. Names and labels are listed in the crate's README.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::{refusal::Refusal, session::End};

/// Handles that are made once, so that counting needs no lookup.
pub(crate) struct Metrics {
    pub(crate) sessions: Gauge,
    pub(crate) opened: Counter,
    pub(crate) resumed: Counter,
    pub(crate) replaced: Counter,
    pub(crate) adopted: Counter,
    pub(crate) handshake_seconds: Histogram,
    pub(crate) queued_bytes: Gauge,
    pub(crate) in_flight: Gauge,
    /// In the order of [`Refusal::ALL`].
    refused: Vec<Counter>,
    /// In the order of [`End::ALL`].
    closed: Vec<Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let refused =
            |refusal: Refusal| counter!("rmcp_sse_refused_total", "reason" => refusal.label());
        let closed = |end: End| counter!("rmcp_sse_sessions_closed_total", "reason" => end.label());
        Self {
            sessions: gauge!("rmcp_sse_sessions"),
            opened: counter!("rmcp_sse_sessions_opened_total"),
            resumed: counter!("rmcp_sse_streams_resumed_total"),
            replaced: counter!("rmcp_sse_streams_replaced_total"),
            adopted: counter!("rmcp_sse_sessions_adopted_total"),
            handshake_seconds: histogram!("rmcp_sse_handshake_seconds"),
            queued_bytes: gauge!("rmcp_sse_queued_bytes"),
            in_flight: gauge!("rmcp_sse_requests_in_flight"),
            refused: Refusal::ALL.into_iter().map(refused).collect(),
            closed: End::ALL.into_iter().map(closed).collect(),
        }
    }

    pub(crate) fn refused(&self, refusal: Refusal) {
        self.refused[refusal as usize].increment(1);
    }

    pub(crate) fn closed(&self, end: End) {
        self.sessions.decrement(1);
        self.closed[end as usize].increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_counted_under_its_own_label() {
        for (n, refusal) in Refusal::ALL.into_iter().enumerate() {
            assert_eq!(refusal as usize, n);
        }
        for (n, end) in End::ALL.into_iter().enumerate() {
            assert_eq!(end as usize, n);
        }
    }
}
