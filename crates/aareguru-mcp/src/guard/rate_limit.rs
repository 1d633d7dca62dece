//! How often one may ask: so many requests a minute for each key, or for each
//! address that comes without one.
//!
//! What counts is a request, whatever its answer: a message, or a stream that
//! is opened. A stream that stays open, its events and its keep-alives do not.
//! Over a WebSocket many requests come in one; whoever serves it counts them by
//! the `Allowance` that came with the upgrade.
//! A minute's worth may come at once; then they come back evenly (GCRA).

#[cfg(feature = "redis")]
mod pending_usage;
#[cfg(feature = "redis")]
mod shared;
mod store;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use governor::{
    NotUntil, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::{StateInformationMiddleware, StateSnapshot},
};
use metrics::{Gauge, describe_gauge, gauge};
use rmcp_transport::ClientAddress;

#[cfg(feature = "redis")]
pub(crate) use self::shared::SharedLimit;

use self::store::{Caller, Store};
use super::Access;
use crate::{counter_vec::CounterVec, log_throttle::LogThrottle, refusal};

/// How many requests a minute are allowed.
pub(super) const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
/// How many of them are left.
pub(super) const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
/// In how many seconds all of them are there again.
pub(super) const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

type Limiter<C> = RateLimiter<Caller, Store, C, StateInformationMiddleware>;

/// The limit, unless it is off.
#[derive(Debug)]
pub(super) struct RateLimit {
    limit: Option<Arc<Limit<DefaultClock>>>,
}

/// What whoever opened a connection may still ask: each request over it counts
/// as one of its own would.
#[derive(Debug, Clone)]
pub(crate) struct Allowance {
    limit: Arc<Limit<DefaultClock>>,
    caller: Caller,
}

/// That a request is one too many; says when to try again.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error(
    "more than {per_minute} requests a minute; try again in {retry_after_secs} s (the operator of \
     this server sets RATE_LIMIT_PER_MINUTE)"
)]
pub(crate) struct Exceeded {
    per_minute: NonZeroU32,
    pub(crate) retry_after_secs: u64,
}

struct Limit<C: Clock> {
    per_minute: NonZeroU32,
    limiter: Limiter<C>,
    store: Store,
    clock: C,
    /// When the limiter's time began.
    #[cfg(feature = "redis")]
    start: C::Instant,
    limited: CounterVec,
    clients: Gauge,
    log: LogThrottle,
    /// For other instances, if there may be any.
    #[cfg(feature = "redis")]
    pending: std::sync::OnceLock<pending_usage::PendingUsage>,
}

impl RateLimit {
    /// Allows so many requests a minute, 0 any number, and tells at most
    /// `max_clients` addresses apart.
    pub(super) fn new(per_minute: u32, max_clients: usize) -> Self {
        let limit = NonZeroU32::new(per_minute).map(|per_minute| {
            Arc::new(Limit::new(per_minute, max_clients, DefaultClock::default()))
        });
        Self { limit }
    }

    /// Counts a request without a valid key for the address that it came from,
    /// if it has one, so that keys cannot be guessed at will.
    pub(super) fn count_failure(&self, request: &Request) -> Result<(), Box<Response>> {
        let Some(limit) = &self.limit else {
            return Ok(());
        };
        let address = request.extensions().get().copied();
        address.map_or(Ok(()), |address| {
            limit.check(&address_of(address)).map(drop)
        })
    }

    /// Counts a request, and returns the state of its caller's allowance.
    pub(super) fn check(
        &self,
        access: Access,
        request: &mut Request,
    ) -> Result<Option<StateSnapshot>, Box<Response>> {
        let Some(limit) = &self.limit else {
            return Ok(None);
        };
        if access == Access::Open {
            return Ok(None);
        }
        let extensions = request.extensions();
        let principal = extensions.get().cloned().map(Caller::Principal);
        let address = || extensions.get().copied().map(address_of);
        let Some(caller) = principal.or_else(address) else {
            return Ok(None);
        };
        let left = limit.check(&caller)?;
        if request.headers().contains_key(header::UPGRADE) {
            let limit = Arc::clone(limit);
            let allowance = Allowance { limit, caller };
            request.extensions_mut().insert(allowance);
        }
        Ok(Some(left))
    }

    /// Evicts the callers that have their whole allowance back.
    pub(super) fn evict_idle(&self) {
        if let Some(limit) = &self.limit {
            limit.evict_idle();
        }
    }
}

fn address_of(address: ClientAddress) -> Caller {
    Caller::Address(address.subscriber())
}

impl<C: Clock + Clone> Limit<C> {
    fn new(per_minute: NonZeroU32, max_clients: usize, clock: C) -> Self {
        let clients = "aareguru_mcp_rate_limit_clients";
        describe_gauge!(clients, "Clients that the rate limit tells apart now");
        let store = Store::new(max_clients);
        let quota = Quota::per_minute(per_minute);
        #[cfg(feature = "redis")]
        let start = clock.now();
        let limiter = Limiter::new(quota, store.clone(), clock.clone());
        Self {
            per_minute,
            limiter,
            store,
            clock,
            #[cfg(feature = "redis")]
            start,
            limited: CounterVec::new(
                "aareguru_mcp_rate_limited_total",
                "Requests over the rate limit, by what they were counted for: key, address, or \
                 newcomers (all new addresses together, when there are too many to be told apart)",
                "by",
                ["key", "address", "newcomers"],
            ),
            clients: gauge!(clients),
            log: LogThrottle::new(1),
            #[cfg(feature = "redis")]
            pending: std::sync::OnceLock::new(),
        }
    }

    fn check(&self, caller: &Caller) -> Result<StateSnapshot, Box<Response>> {
        self.count(caller)
            .map_err(|exceeded| Box::new(exceeded.answer()))
    }

    fn count(&self, caller: &Caller) -> Result<StateSnapshot, Exceeded> {
        match self.limiter.check_key(caller) {
            Ok(state) => {
                #[cfg(feature = "redis")]
                self.collect(caller);
                Ok(state)
            }
            Err(until) => Err(self.refuse(caller, &until)),
        }
    }

    fn refuse(&self, caller: &Caller, until: &NotUntil<C::Instant>) -> Exceeded {
        let wait = until.wait_time_from(self.clock.now());
        let by = if self.store.counts_as_newcomer(caller) {
            "newcomers"
        } else {
            caller.label()
        };
        self.limited.increment(by);
        if self.log.pass().is_some() {
            tracing::warn!(by, client = %caller, "request refused: over the rate limit");
        } else {
            tracing::debug!(by, client = %caller, "request refused: over the rate limit");
        }
        Exceeded {
            per_minute: self.per_minute,
            retry_after_secs: whole_seconds(wait).max(1),
        }
    }
}

impl Allowance {
    /// Counts one more request, or reports that it exceeds the limit.
    pub(crate) fn try_acquire(&self) -> Result<(), Exceeded> {
        self.limit.count(&self.caller).map(drop)
    }
}

impl Exceeded {
    fn answer(self) -> Response {
        let description = self.to_string();
        let secs = self.retry_after_secs;
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut response = refusal::oauth(status, "rate_limited", &description, Some(secs));
        let headers = response.headers_mut();
        headers.insert(LIMIT, self.per_minute.get().into());
        headers.insert(REMAINING, HeaderValue::from_static("0"));
        headers.insert(RESET, secs.into());
        response
    }
}

impl<C: Clock> Limit<C> {
    fn evict_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        self.clients.set(self.limiter.len() as f64);
    }
}

/// Adds the state of a caller's allowance to a response.
pub(super) fn add_headers(left: Option<StateSnapshot>, mut response: Response) -> Response {
    let Some(left) = left else {
        return response;
    };
    let per_minute = left.quota().burst_size().get();
    let remaining = left.remaining_burst_capacity();
    let missing = u64::from(per_minute.saturating_sub(remaining));
    let headers = response.headers_mut();
    headers.insert(LIMIT, per_minute.into());
    headers.insert(REMAINING, remaining.into());
    headers.insert(RESET, (missing * 60).div_ceil(per_minute.into()).into());
    response
}

/// Rounded up: whoever waits for so long is let in.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

impl<C: Clock> std::fmt::Debug for Limit<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limit")
            .field("per_minute", &self.per_minute)
            .field("clients", &self.limiter.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
