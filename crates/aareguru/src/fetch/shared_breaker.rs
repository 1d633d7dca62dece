//! The circuit breaker of one API, shared by all its requests, with its metric and its log
//! messages.

use ::metrics::Gauge;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::breaker::{BreakerState, CircuitBreaker, Outcome};
use super::metrics;
use crate::endpoint::Api;
use crate::{Config, Error};

/// Admits or rejects the requests to one API.
pub(crate) struct SharedBreaker {
    api: Api,
    breaker: Mutex<CircuitBreaker>,
    level: Gauge,
}

impl SharedBreaker {
    pub(crate) fn new(api: Api, config: &Config) -> Self {
        Self {
            api,
            breaker: Mutex::new(CircuitBreaker::new(config)),
            level: metrics::breaker_level(api),
        }
    }

    /// Admits a request, or rejects it with [`Error::CircuitOpen`]. The outcome of an admitted
    /// request must be [reported](Self::report).
    pub(crate) fn admit(&self) -> Result<(), Error> {
        let now = Instant::now();
        let mut breaker = self.breaker.lock();
        let admitted = breaker.admit(now);
        self.level.set(breaker.state(now).level());
        admitted.map_err(|retry_after| Error::CircuitOpen {
            api: self.api,
            retry_after,
        })
    }

    pub(crate) fn report(&self, outcome: Outcome) {
        let now = Instant::now();
        let mut breaker = self.breaker.lock();
        let before = breaker.state(now);
        breaker.report(outcome, now);
        let after = breaker.state(now);
        drop(breaker);
        self.level.set(after.level());
        let api = self.api.label();
        match (before, after) {
            (BreakerState::Closed | BreakerState::HalfOpen, BreakerState::Open { retry_after }) => {
                let pause_secs = retry_after.as_secs_f64();
                tracing::warn!(api, pause_secs, ?outcome, "circuit breaker opened");
            }
            (BreakerState::HalfOpen, BreakerState::Closed) => {
                tracing::info!(api, "circuit breaker closed");
            }
            _ => {}
        }
    }

    pub(crate) fn state(&self) -> BreakerState {
        self.breaker.lock().state(Instant::now())
    }
}
