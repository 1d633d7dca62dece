//! Metrics of the connection to Redis. Each record looks the metric up, which takes little time
//! compared with a command.

use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use redis::RedisError;

const CONNECTED: &str = "aareguru_mcp_redis_connected";
const CONNECTIONS: &str = "aareguru_mcp_redis_connections_total";
const DURATION: &str = "aareguru_mcp_redis_duration_seconds";
const ERRORS: &str = "aareguru_mcp_redis_errors_total";

/// The purpose of a command: the label `purpose`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandPurpose(&'static str);

impl CommandPurpose {
    /// Health checks of the connection.
    pub const HEALTH_CHECK: Self = Self("health_check");
    /// Sessions of HTTP+SSE, and messages to them.
    pub const SESSIONS: Self = Self("sessions");
    /// Sessions of Streamable HTTP.
    pub const STREAMABLE: Self = Self("streamable");
    /// The rate limit.
    pub const RATE_LIMIT: Self = Self("rate_limit");
    /// Cached responses of the upstream APIs.
    pub const CACHE: Self = Self("cache");

    const ALL: [Self; 5] = [
        Self::HEALTH_CHECK,
        Self::SESSIONS,
        Self::STREAMABLE,
        Self::RATE_LIMIT,
        Self::CACHE,
    ];

    /// Records a command that was not sent because there was no connection.
    pub(super) fn record_unsent(self) {
        self.record_error("unavailable");
    }

    /// Records a command that was sent.
    pub(super) fn record_sent(self, duration: Duration, error: Option<&RedisError>) {
        histogram!(DURATION, "purpose" => self.0).record(duration);
        match error {
            None => {}
            Some(error) if error.is_timeout() => self.record_error("timeout"),
            Some(error) if error.is_unrecoverable_error() => self.record_error("connection"),
            // Redis does not know the script yet: the client sends it and retries.
            Some(error) if error.code() == Some("NOSCRIPT") => {}
            Some(_) => self.record_error("refused"),
        }
    }

    fn record_error(self, kind: &'static str) {
        counter!(ERRORS, "purpose" => self.0, "kind" => kind).increment(1);
    }
}

pub(super) fn record_connected() {
    gauge!(CONNECTED).set(1);
    counter!(CONNECTIONS).increment(1);
}

pub(super) fn record_lost() {
    gauge!(CONNECTED).set(0);
}

/// Registers every series, so that each exists from the start.
pub(super) fn register() {
    describe_gauge!(CONNECTED, "1 if there is a connection to Redis, else 0");
    describe_counter!(CONNECTIONS, "Connections opened to Redis");
    describe_histogram!(
        DURATION,
        Unit::Seconds,
        "Duration of Redis commands, by purpose"
    );
    describe_counter!(
        ERRORS,
        "Failed Redis commands, by purpose and kind: unavailable (no connection), timeout, \
         connection (it broke) or refused (Redis returned an error)"
    );
    record_lost();
    counter!(CONNECTIONS).increment(0);
    for CommandPurpose(purpose) in CommandPurpose::ALL {
        let _ = histogram!(DURATION, "purpose" => purpose);
        for kind in ["unavailable", "timeout", "connection", "refused"] {
            counter!(ERRORS, "purpose" => purpose, "kind" => kind).increment(0);
        }
    }
}
