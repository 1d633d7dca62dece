//! Metrics of a transport with sessions. The library of HTTP+SSE records its own.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use rmcp_transport::{MessageCounters, Refusal};

use edge::CounterVec;

/// Handles to the metrics of one transport.
#[derive(Debug)]
pub(crate) struct SessionMetrics {
    /// Counts the messages of all transports.
    pub(crate) messages: MessageCounters,
    pub(crate) in_flight: Gauge,
    sessions: Gauge,
    opened: Counter,
    refused: CounterVec,
    /// Counts closed sessions by reason.
    closed: CounterVec,
}

impl SessionMetrics {
    /// Registers the metrics. `transport` is part of their names, `title` is part of their
    /// descriptions, and `close_reasons` are the values of the label `reason`.
    pub(crate) fn new(
        transport: &str,
        title: &str,
        close_reasons: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let name = |what: &str| format!("aareguru_mcp_{transport}_{what}");
        let meaning = |meaning: &str| format!("{title}: {meaning}");
        let gauge = |what: &str, meaning: &str| {
            describe_gauge!(name(what), format!("{title}: {meaning}"));
            gauge!(name(what))
        };
        let opened = name("sessions_opened_total");
        describe_counter!(opened.clone(), meaning("sessions opened"));
        Self {
            messages: MessageCounters::new(),
            in_flight: gauge("requests_in_flight", "requests that handlers are running"),
            sessions: gauge("sessions", "open sessions"),
            opened: counter!(opened),
            refused: CounterVec::new(
                name("refused_total"),
                meaning("requests refused by the transport, by reason"),
                "reason",
                Refusal::all().map(Refusal::label),
            ),
            closed: CounterVec::new(
                name("sessions_closed_total"),
                meaning("sessions closed, by reason"),
                "reason",
                close_reasons,
            ),
        }
    }

    pub(crate) fn opened(&self) {
        self.sessions.increment(1);
        self.opened.increment(1);
    }

    pub(crate) fn closed(&self, reason: &'static str) {
        self.sessions.decrement(1);
        self.closed.increment(reason);
    }

    pub(crate) fn refused(&self, refusal: Refusal) {
        self.refused.increment(refusal.label());
    }
}
