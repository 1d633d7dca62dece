//! The numbers of a transport with sessions, for the recorder that the program
//! installs. Those of HTTP+SSE are counted by its library.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use rmcp_sse::{MessageCounters, Refusal};

/// Handles that are made once, so that counting needs no lookup.
#[derive(Debug)]
pub(super) struct SessionMetrics {
    /// Of all transports together.
    pub(super) messages: MessageCounters,
    pub(super) in_flight: Gauge,
    sessions: Gauge,
    opened: Counter,
    /// In the order in which they are declared.
    refused: Vec<Counter>,
    /// By the reasons for which sessions end.
    closed: Vec<(&'static str, Counter)>,
}

impl SessionMetrics {
    /// For the transport that is called `transport` in names and `title` in
    /// texts, whose sessions end for one of these reasons.
    pub(super) fn new(
        transport: &str,
        title: &str,
        ends: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let name = |what: &str| format!("aareguru_mcp_{transport}_{what}");
        let counter = |what: &str, meaning: &str| {
            describe_counter!(name(what), format!("{title}: {meaning}"));
            name(what)
        };
        let gauge = |what: &str, meaning: &str| {
            describe_gauge!(name(what), format!("{title}: {meaning}"));
            gauge!(name(what))
        };
        let refused = counter("refused_total", "requests refused by the transport, by why");
        let closed = counter("sessions_closed_total", "sessions closed, by why");
        let closed_by = |reason| (reason, counter!(closed.clone(), "reason" => reason));
        Self {
            messages: MessageCounters::new(),
            in_flight: gauge("requests_in_flight", "requests that handlers are running"),
            sessions: gauge("sessions", "sessions open now"),
            opened: counter!(counter("sessions_opened_total", "sessions opened")),
            refused: Refusal::all()
                .map(|refusal| counter!(refused.clone(), "reason" => refusal.label()))
                .collect(),
            closed: ends.into_iter().map(closed_by).collect(),
        }
    }

    pub(super) fn opened(&self) {
        self.sessions.increment(1);
        self.opened.increment(1);
    }

    pub(super) fn closed(&self, reason: &'static str) {
        self.sessions.decrement(1);
        if let Some((_, counter)) = self.closed.iter().find(|(label, _)| *label == reason) {
            counter.increment(1);
        }
    }

    pub(super) fn refused(&self, refusal: Refusal) {
        self.refused[refusal as usize].increment(1);
    }
}
