//! The numbers of a transport with sessions, for the recorder that the program installs. Those of
//! HTTP+SSE are counted by its library.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use rmcp_transport::{MessageCounters, Refusal};

use edge::CounterVec;

/// Handles that are made once, so that counting needs no lookup.
#[derive(Debug)]
pub(crate) struct SessionMetrics {
    /// Of all transports together.
    pub(crate) messages: MessageCounters,
    pub(crate) in_flight: Gauge,
    sessions: Gauge,
    opened: Counter,
    refused: CounterVec,
    /// By the reasons for which sessions end.
    closed: CounterVec,
}

impl SessionMetrics {
    /// For the transport that is called `transport` in names and `title` in texts, whose sessions
    /// end for one of these reasons.
    pub(crate) fn new(
        transport: &str,
        title: &str,
        ends: impl IntoIterator<Item = &'static str>,
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
            sessions: gauge("sessions", "sessions open now"),
            opened: counter!(opened),
            refused: CounterVec::new(
                name("refused_total"),
                meaning("requests refused by the transport, by why"),
                "reason",
                Refusal::all().map(Refusal::label),
            ),
            closed: CounterVec::new(
                name("sessions_closed_total"),
                meaning("sessions closed, by why"),
                "reason",
                ends,
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
