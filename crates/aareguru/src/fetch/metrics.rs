//! Metrics for the [`metrics`] recorder that the program has installed. The crate's README lists
//! names and labels.

use std::collections::HashMap;
use std::time::Duration;

use ::metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};

use crate::Error;
use crate::endpoint::{Api, Endpoint};

/// The metrics of one endpoint, as handles, so that counting needs no lookup by name.
pub(crate) struct Metrics {
    /// By [`outcome`].
    requests: HashMap<&'static str, Counter>,
    duration: Histogram,
    /// In the order of [`CacheResult::ALL`].
    cache: Vec<Counter>,
}

/// How a caller got its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheResult {
    /// From the cache, and fresh.
    Hit,
    /// From a request that was sent for this caller.
    Miss,
    /// From the cache, and stale, because the fetch failed.
    Stale,
    /// From a request that was sent for another caller or process.
    Shared,
}

const OUTCOMES: [&str; 11] = [
    "ok",
    "unreachable",
    "timeout",
    "limited",
    "server_error",
    "client_error",
    "blocked",
    "page",
    "refused",
    "malformed",
    "wrong_place",
];

impl CacheResult {
    const ALL: [Self; 4] = [Self::Hit, Self::Miss, Self::Stale, Self::Shared];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
            Self::Shared => "shared",
        }
    }
}

impl Metrics {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        describe();
        let endpoint = endpoint.label();
        let request = |outcome| counter!("aareguru_requests_total", "endpoint" => endpoint, "outcome" => outcome);
        let cache = |result: CacheResult| counter!("aareguru_cache_lookups_total", "endpoint" => endpoint, "result" => result.label());
        Self {
            requests: OUTCOMES.map(|outcome| (outcome, request(outcome))).into(),
            duration: histogram!("aareguru_request_duration_seconds", "endpoint" => endpoint),
            cache: CacheResult::ALL.into_iter().map(cache).collect(),
        }
    }

    /// Counts a request that was sent.
    pub(crate) fn record_request<T>(&self, result: &Result<T, Error>, took: Duration) {
        if let Some(counter) = self.requests.get(outcome(result)) {
            counter.increment(1);
        }
        self.duration.record(took);
    }

    /// Counts a caller that got its response or an error.
    pub(crate) fn record_lookup(&self, result: CacheResult) {
        self.cache[result as usize].increment(1);
    }
}

/// Returns the gauge for the state of an API's circuit breaker.
pub(crate) fn breaker_level(api: Api) -> Gauge {
    gauge!("aareguru_breaker_state", "host" => api.label())
}

/// Describes the metrics for recorders that publish descriptions.
fn describe() {
    describe_counter!(
        "aareguru_requests_total",
        "Requests sent to the APIs, by endpoint and outcome"
    );
    describe_histogram!(
        "aareguru_request_duration_seconds",
        "Time from sending a request to the last byte of its response, by endpoint"
    );
    describe_counter!(
        "aareguru_cache_lookups_total",
        "Cache lookups by endpoint and result: hit, miss, shared (response of a concurrent request) \
         or stale (older response, because the fetch failed)"
    );
    describe_gauge!(
        "aareguru_breaker_state",
        "State of the circuit breaker of an API: 0 closed, 1 half-open, 2 open"
    );
}

/// Returns the outcome of a request for metrics and traces.
pub(crate) fn outcome<T>(result: &Result<T, Error>) -> &'static str {
    result.as_ref().map_or_else(error_label, |_| "ok")
}

fn error_label(error: &Error) -> &'static str {
    match error {
        Error::Timeout { .. } => "timeout",
        Error::Status { status: 429, .. } => "limited",
        Error::Status { status, .. } if *status >= 500 => "server_error",
        Error::Status { .. } => "client_error",
        Error::Blocked { .. } => "blocked",
        Error::Page { .. } => "page",
        Error::Refused { .. } => "refused",
        Error::Malformed { .. } => "malformed",
        Error::WrongPlace { .. } => "wrong_place",
        // The other errors occur before a request is sent, or are broken connections.
        _ => "unreachable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_results_index_their_own_counters() {
        for (n, result) in CacheResult::ALL.into_iter().enumerate() {
            assert_eq!(result as usize, n);
        }
    }

    #[test]
    fn error_labels_cover_all_outcomes() {
        let endpoint = Endpoint::Cities;
        let status = |status| Error::Status {
            endpoint,
            status,
            retry_after: None,
        };
        let message = String::new;
        let errors = [
            Error::Timeout {
                endpoint,
                source: std::sync::Arc::new(std::fmt::Error),
            },
            Error::Unreachable {
                endpoint,
                source: std::sync::Arc::new(std::fmt::Error),
            },
            status(429),
            status(503),
            status(404),
            Error::Blocked {
                endpoint,
                message: message(),
            },
            Error::Page {
                endpoint,
                beginning: message(),
            },
            Error::Refused {
                endpoint,
                message: message(),
            },
            Error::Malformed {
                endpoint,
                reason: message(),
                source: None,
            },
            Error::WrongPlace {
                endpoint,
                asked: message(),
                got: message(),
            },
        ];
        let mut labels: Vec<_> = errors.iter().map(error_label).chain(["ok"]).collect();
        let mut all = OUTCOMES;
        labels.sort_unstable();
        all.sort_unstable();
        assert_eq!(labels, all);
    }
}
