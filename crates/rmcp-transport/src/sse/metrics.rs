//! Metrics for the [`metrics`] recorder that the program has installed. The crate's README lists
//! names and labels.

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use rmcp::model::ClientJsonRpcMessage;

use crate::{message_counters::MessageCounters, refusal::Refusal, sse::close_reason::CloseReason};

/// The metrics as handles, so that counting needs no lookup by name.
pub(crate) struct Metrics {
    pub(crate) sessions: Gauge,
    pub(crate) streams: Gauge,
    pub(crate) opened: Counter,
    pub(crate) resumed: Counter,
    pub(crate) replaced: Counter,
    pub(crate) adopted: Counter,
    pub(crate) taken: Counter,
    pub(crate) unstored: Gauge,
    pub(crate) commit_seconds: Histogram,
    pub(crate) handshake_seconds: Histogram,
    pub(crate) queued_bytes: Gauge,
    pub(crate) in_flight: Gauge,
    messages: MessageCounters,
    /// In the order of [`Refusal::ALL`].
    refused: Vec<Counter>,
    /// In the order of [`CloseReason::ALL`].
    closed: Vec<Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        describe();
        let refused = |refusal: Refusal| counter!("rmcp_transport_refused_total", "reason" => refusal.label());
        let closed = |reason: CloseReason| counter!("rmcp_transport_sessions_closed_total", "reason" => reason.label());
        Self {
            sessions: gauge!("rmcp_transport_sessions"),
            streams: gauge!("rmcp_transport_streams"),
            opened: counter!("rmcp_transport_sessions_opened_total"),
            resumed: counter!("rmcp_transport_streams_resumed_total"),
            replaced: counter!("rmcp_transport_streams_replaced_total"),
            adopted: counter!("rmcp_transport_sessions_adopted_total"),
            taken: counter!("rmcp_transport_sessions_taken_over_total"),
            unstored: gauge!("rmcp_transport_sessions_unstored"),
            commit_seconds: histogram!("rmcp_transport_store_commit_seconds"),
            handshake_seconds: histogram!("rmcp_transport_handshake_seconds"),
            queued_bytes: gauge!("rmcp_transport_queued_bytes"),
            in_flight: gauge!("rmcp_transport_requests_in_flight"),
            messages: MessageCounters::new(),
            refused: Refusal::ALL.into_iter().map(refused).collect(),
            closed: CloseReason::ALL.into_iter().map(closed).collect(),
        }
    }

    /// Counts a parsed message, whether or not it is accepted.
    pub(crate) fn received(&self, message: &ClientJsonRpcMessage) {
        self.messages.count(message);
    }

    pub(crate) fn refused(&self, refusal: Refusal) {
        self.refused[refusal as usize].increment(1);
    }

    pub(crate) fn closed(&self, reason: CloseReason) {
        self.sessions.decrement(1);
        self.closed[reason as usize].increment(1);
    }
}

/// Describes the metrics for recorders that publish descriptions.
fn describe() {
    describe_gauge!(
        "rmcp_transport_sessions",
        "Sessions open now, with or without a stream"
    );
    describe_gauge!("rmcp_transport_streams", "Event streams open now");
    describe_counter!("rmcp_transport_sessions_opened_total", "Sessions opened");
    describe_counter!(
        "rmcp_transport_sessions_adopted_total",
        "Sessions opened for clients that had initialized before"
    );
    describe_counter!(
        "rmcp_transport_sessions_taken_over_total",
        "Sessions taken over from another process"
    );
    describe_gauge!(
        "rmcp_transport_sessions_unstored",
        "Open sessions that the store lacks because it is unavailable, updated once a second"
    );
    describe_histogram!(
        "rmcp_transport_store_commit_seconds",
        "Time that events and accepted requests wait for the store, if sessions are stored"
    );
    describe_counter!(
        "rmcp_transport_sessions_closed_total",
        "Sessions closed, by reason"
    );
    describe_counter!(
        "rmcp_transport_streams_resumed_total",
        "Streams that resumed a session"
    );
    describe_counter!(
        "rmcp_transport_streams_replaced_total",
        "Streams replaced by another stream of the same session"
    );
    describe_counter!(
        "rmcp_transport_refused_total",
        "Requests refused by the transport, by reason"
    );
    describe_histogram!(
        "rmcp_transport_handshake_seconds",
        "Time from the GET that opens a session to the answer to its initialize"
    );
    describe_gauge!("rmcp_transport_requests_in_flight", "Requests in flight");
    describe_gauge!(
        "rmcp_transport_queued_bytes",
        "Bytes of events that wait for their clients, updated once a second"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_counter() {
        for (n, refusal) in Refusal::ALL.into_iter().enumerate() {
            assert_eq!(refusal as usize, n);
        }
        for (n, reason) in CloseReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, n);
        }
    }
}
