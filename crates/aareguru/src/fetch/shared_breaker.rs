//! The breaker of one API as all requests share it, with its number and its
//! log lines.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ::metrics::Gauge;
use tokio::time::Instant;

use super::breaker::{BreakerState, CircuitBreaker, Outcome};
use super::metrics;
use crate::api::Api;
use crate::{Config, Error};

/// What every request to one API has to pass.
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

    /// Lets a request pass, or not.
    pub(crate) fn admit(&self) -> Result<(), Error> {
        let now = Instant::now();
        let mut breaker = self.lock();
        let admitted = breaker.admit(now);
        self.level.set(breaker.state(now).level());
        admitted.map_err(|retry_after| Error::CircuitOpen {
            api: self.api,
            retry_after,
        })
    }

    pub(crate) fn report(&self, outcome: Outcome) {
        let now = Instant::now();
        let mut breaker = self.lock();
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
        self.lock().state(Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, CircuitBreaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
