//! Metrics of sessions that several instances share.

use std::time::Duration;

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};

/// The outcome of relaying a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RelayOutcome {
    /// The owner accepted it.
    Accepted,
    /// There was no owner; it is stored for the next one.
    Queued,
    /// It was refused for the reason for which the owner would have refused it.
    Refused,
    /// Redis or the owner was unreachable.
    Unreachable,
    /// Whether the owner accepted it is unknown.
    Undecided,
}

impl RelayOutcome {
    /// All outcomes, in declaration order.
    const ALL: [Self; 5] = [
        Self::Accepted,
        Self::Queued,
        Self::Refused,
        Self::Unreachable,
        Self::Undecided,
    ];

    /// Returns the value of the label `outcome`.
    fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Queued => "queued",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Undecided => "undecided",
        }
    }
}

/// Handles to the metrics.
pub(super) struct Metrics {
    /// In the order of [`RelayOutcome::ALL`].
    relays: [Counter; RelayOutcome::ALL.len()],
    relay_seconds: Histogram,
    pub(super) handed_over: Counter,
    pub(super) fenced: Counter,
    pub(super) lease_acquired: Counter,
    pub(super) lease_lost: Counter,
}

impl Metrics {
    pub(super) fn new() -> Self {
        describe();
        let change = |change| counter!("aareguru_mcp_lease_changes_total", "change" => change);
        Self {
            relays: RelayOutcome::ALL.map(|outcome| {
                counter!("aareguru_mcp_relayed_messages_total", "outcome" => outcome.label())
            }),
            relay_seconds: histogram!("aareguru_mcp_relay_duration_seconds"),
            handed_over: counter!("aareguru_mcp_sessions_handed_over_total"),
            fenced: counter!("aareguru_mcp_sessions_fenced_total"),
            lease_acquired: change("acquired"),
            lease_lost: change("lost"),
        }
    }

    pub(super) fn record_relay(&self, outcome: RelayOutcome, duration: Duration) {
        self.relays[outcome as usize].increment(1);
        self.relay_seconds.record(duration);
    }
}

fn describe() {
    describe_counter!(
        "aareguru_mcp_relayed_messages_total",
        "Messages that arrived at this instance for a session of another one, by outcome"
    );
    describe_histogram!(
        "aareguru_mcp_relay_duration_seconds",
        Unit::Seconds,
        "Time to pass a message to the instance that owns its session"
    );
    describe_counter!(
        "aareguru_mcp_sessions_handed_over_total",
        "Sessions that another instance has taken over while this instance was running"
    );
    describe_counter!(
        "aareguru_mcp_sessions_fenced_total",
        "Writes that Redis refused because another instance owns the session"
    );
    describe_counter!(
        "aareguru_mcp_lease_changes_total",
        "Times that the lease of this instance was acquired or had expired (lost)"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relay_outcomes_are_indexed_in_declaration_order() {
        for (n, outcome) in RelayOutcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, n);
        }
    }
}
