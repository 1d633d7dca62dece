//! What is counted of Redis. Every label has few values.

use std::{sync::Arc, time::Duration};

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use redis::RedisError;

/// What a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Purpose {
    /// Asking whether Redis is there.
    Upkeep,
    /// Sessions of HTTP+SSE, and messages for them.
    Sessions,
    /// Sessions of Streamable HTTP.
    Streamable,
    /// How often one may ask.
    RateLimit,
    /// Answers of the river's APIs.
    Cache,
}

impl Purpose {
    const ALL: [Self; 5] = [
        Self::Upkeep,
        Self::Sessions,
        Self::Streamable,
        Self::RateLimit,
        Self::Cache,
    ];

    /// The value of the label `purpose`.
    fn label(self) -> &'static str {
        match self {
            Self::Upkeep => "upkeep",
            Self::Sessions => "sessions",
            Self::Streamable => "streamable",
            Self::RateLimit => "rate_limit",
            Self::Cache => "cache",
        }
    }
}

/// Handles that are made once.
pub(super) struct Metrics {
    connected: Gauge,
    connections: Counter,
    /// In the order of [`Purpose::ALL`].
    numbers: Vec<Arc<Numbers>>,
}

/// The numbers of one purpose.
pub(super) struct Numbers {
    duration: Histogram,
    unavailable: Counter,
    timeout: Counter,
    connection: Counter,
    refused: Counter,
}

impl Metrics {
    pub(super) fn new() -> Self {
        describe();
        let connected = gauge!("aareguru_mcp_redis_connected");
        connected.set(0);
        Self {
            connected,
            connections: counter!("aareguru_mcp_redis_connections_total"),
            numbers: Purpose::ALL.map(Numbers::new).map(Arc::new).into(),
        }
    }

    pub(super) fn of(&self, purpose: Purpose) -> Arc<Numbers> {
        self.numbers[purpose as usize].clone()
    }

    pub(super) fn connected(&self) {
        self.connected.set(1);
        self.connections.increment(1);
    }

    pub(super) fn lost(&self) {
        self.connected.set(0);
    }
}

impl Numbers {
    fn new(purpose: Purpose) -> Self {
        let purpose = purpose.label();
        let errors = |kind| counter!("aareguru_mcp_redis_errors_total", "purpose" => purpose, "kind" => kind);
        Self {
            duration: histogram!("aareguru_mcp_redis_duration_seconds", "purpose" => purpose),
            unavailable: errors("unavailable"),
            timeout: errors("timeout"),
            connection: errors("connection"),
            refused: errors("refused"),
        }
    }

    /// A command failed because there is no connection.
    pub(super) fn failed_unasked(&self) {
        self.unavailable.increment(1);
    }

    /// A command was answered, or was not.
    pub(super) fn asked(&self, took: Duration, error: Option<&RedisError>) {
        self.duration.record(took);
        match error {
            None => {}
            Some(error) if error.is_timeout() => self.timeout.increment(1),
            Some(error) if error.is_unrecoverable_error() => self.connection.increment(1),
            // A script that is not there yet is sent with the next try.
            Some(error) if error.code() == Some("NOSCRIPT") => {}
            Some(_) => self.refused.increment(1),
        }
    }
}

fn describe() {
    describe_gauge!(
        "aareguru_mcp_redis_connected",
        "1 if Redis answers, 0 if not"
    );
    describe_counter!(
        "aareguru_mcp_redis_connections_total",
        "Times a connection to Redis was made"
    );
    describe_histogram!(
        "aareguru_mcp_redis_duration_seconds",
        Unit::Seconds,
        "How long commands to Redis take, by what they are for"
    );
    describe_counter!(
        "aareguru_mcp_redis_errors_total",
        "Commands to Redis that failed, by what they are for and why: unavailable (not sent), \
         timeout, connection (it broke), or refused"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_is_counted_under_its_own_label() {
        for (n, purpose) in Purpose::ALL.into_iter().enumerate() {
            assert_eq!(purpose as usize, n);
        }
    }
}
