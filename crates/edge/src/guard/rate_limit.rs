//! Limits the requests per minute of each API key, or of each address without a key.
//!
//! Every request counts, whatever its response; events and keep-alives of open streams do not. The
//! transport of a WebSocket counts its messages with the [`Allowance`] in the extensions of the
//! upgrade request. The algorithm is GCRA: a burst of one minute's requests, replenished evenly.

mod caller_store;
mod pending_usage;
mod shared_limit;

use std::{
    fmt,
    num::NonZeroU32,
    sync::{Arc, OnceLock},
    time::Duration,
};

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

pub use self::{caller_store::Caller, shared_limit::SharedLimit};

use self::{caller_store::CallerStore, pending_usage::PendingUsage};
use crate::{
    access::Access, counter_vec::CounterVec, log_throttle::LogThrottle,
    rate_limit_network::RateLimitNetwork, refusal,
};

/// The number of requests per minute.
pub(super) const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
/// The number of remaining requests.
pub(super) const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
/// The seconds until all requests are available again.
pub(super) const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The value of the label `by` for the overflow bucket.
const OVERFLOW: &str = "overflow";

type Limiter<C> = RateLimiter<Caller, CallerStore, C, StateInformationMiddleware>;

/// The rate limits, if any are configured.
#[derive(Debug)]
pub(super) struct RateLimit {
    /// Of all callers that are in none of the networks; `None` without a rate limit.
    limit: Option<Arc<Limit<DefaultClock>>>,
    /// Of the addresses in each network. The first network with an address applies.
    networks: Vec<(RateLimitNetwork, Arc<Limit<DefaultClock>>)>,
    clients: Gauge,
}

/// The rate limit of the client that opened a WebSocket. Each message counts as a request.
#[derive(Debug, Clone)]
pub struct Allowance {
    limit: Arc<Limit<DefaultClock>>,
    caller: Caller,
}

/// The error of a request over the rate limit.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error(
    "more than {per_minute} requests per minute; try again in {retry_after_secs} s (the operator \
     of this server sets {})",
    scope.setting()
)]
pub struct RateLimitExceeded {
    per_minute: NonZeroU32,
    scope: LimitScope,
    pub retry_after_secs: u64,
}

/// The callers that a limit applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LimitScope {
    /// All callers that are in none of the networks.
    Default,
    /// The addresses in one network.
    Network,
}

struct Limit<C: Clock> {
    per_minute: NonZeroU32,
    scope: LimitScope,
    limiter: Limiter<C>,
    store: CallerStore,
    clock: C,
    /// The start of the limiter's clock.
    start: C::Instant,
    limited: CounterVec,
    log: LogThrottle,
    /// Requests to report to other instances; unset in a single instance.
    pending: OnceLock<PendingUsage>,
}

impl RateLimit {
    /// Creates a limit of `per_minute` requests, and those of `networks`, or none if `per_minute` is
    /// 0. Each limit tracks at most `max_clients` addresses.
    pub(super) fn new(per_minute: u32, max_clients: usize, networks: &[RateLimitNetwork]) -> Self {
        let clients = "aareguru_mcp_rate_limit_clients";
        describe_gauge!(clients, "Clients tracked by the rate limit");
        let limit = |per_minute, scope| {
            let clock = DefaultClock::default();
            Arc::new(Limit::new(per_minute, scope, max_clients, clock))
        };
        let of_all = NonZeroU32::new(per_minute);
        let networks = networks.iter().filter(|_| of_all.is_some());
        Self {
            limit: of_all.map(|per_minute| limit(per_minute, LimitScope::Default)),
            networks: networks
                .map(|network| (*network, limit(network.per_minute, LimitScope::Network)))
                .collect(),
            clients: gauge!(clients),
        }
    }

    /// Returns the limit of a caller; `None` without a rate limit.
    fn limit_of(&self, caller: &Caller) -> Option<&Arc<Limit<DefaultClock>>> {
        let in_network = |address| {
            let mut networks = self.networks.iter();
            networks.find(|(network, _)| network.contains(address))
        };
        match caller {
            Caller::Address(address) => in_network(*address).map(|(_, limit)| limit),
            Caller::Principal(_) => None,
        }
        .or(self.limit.as_ref())
    }

    fn limits(&self) -> impl Iterator<Item = &Arc<Limit<DefaultClock>>> {
        let of_networks = self.networks.iter().map(|(_, limit)| limit);
        self.limit.iter().chain(of_networks)
    }

    /// Counts a request without a valid key towards the limit of its address, if it has one, to
    /// limit the guessing of keys. It is the same for all networks.
    pub(super) fn count_failure(&self, request: &Request) -> Result<(), Box<Response>> {
        let Some(limit) = &self.limit else {
            return Ok(());
        };
        let address = request.extensions().get().copied();
        address.map_or(Ok(()), |address| {
            limit.check(&address_of(address)).map(drop)
        })
    }

    /// Counts a request, and returns the state of its caller's limit.
    pub(super) fn check(
        &self,
        access: Access,
        request: &mut Request,
    ) -> Result<Option<StateSnapshot>, Box<Response>> {
        if self.limit.is_none() || access == Access::Open {
            return Ok(None);
        }
        let extensions = request.extensions();
        let principal = extensions.get().cloned().map(Caller::Principal);
        let address = || extensions.get().copied().map(address_of);
        let Some(caller) = principal.or_else(address) else {
            return Ok(None);
        };
        let Some(limit) = self.limit_of(&caller) else {
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

    /// Evicts callers whose limit is fully replenished.
    pub(super) fn evict_idle(&self) {
        let tracked = self.limits().map(|limit| limit.evict_idle());
        self.clients.set(tracked.sum::<usize>() as f64);
    }
}

impl LimitScope {
    /// Returns the name of the setting that configures the limit.
    fn setting(self) -> &'static str {
        match self {
            Self::Default => "RATE_LIMIT_PER_MINUTE",
            Self::Network => "RATE_LIMIT_NETWORKS",
        }
    }
}

fn address_of(address: ClientAddress) -> Caller {
    Caller::Address(address.subscriber())
}

impl<C: Clock + Clone> Limit<C> {
    fn new(per_minute: NonZeroU32, scope: LimitScope, max_clients: usize, clock: C) -> Self {
        let store = CallerStore::new(max_clients);
        let quota = Quota::per_minute(per_minute);
        let start = clock.now();
        let limiter = Limiter::new(quota, store.clone(), clock.clone());
        Self {
            per_minute,
            scope,
            limiter,
            store,
            clock,
            start,
            limited: CounterVec::new(
                "aareguru_mcp_rate_limited_total",
                "Requests over the rate limit, by what it limits: key, address, or overflow (the \
                 bucket that new addresses share when RATE_LIMIT_MAX_CLIENTS is reached)",
                "by",
                ["key", "address", OVERFLOW],
            ),
            log: LogThrottle::new(1),
            pending: OnceLock::new(),
        }
    }

    fn check(&self, caller: &Caller) -> Result<StateSnapshot, Box<Response>> {
        self.try_acquire(caller)
            .map_err(|exceeded| Box::new(exceeded.to_response()))
    }

    fn try_acquire(&self, caller: &Caller) -> Result<StateSnapshot, RateLimitExceeded> {
        match self.limiter.check_key(caller) {
            Ok(state) => {
                self.record_pending(caller);
                Ok(state)
            }
            Err(until) => Err(self.refuse(caller, &until)),
        }
    }

    fn refuse(&self, caller: &Caller, until: &NotUntil<C::Instant>) -> RateLimitExceeded {
        let wait = until.wait_time_from(self.clock.now());
        let by = if self.store.uses_overflow_bucket(caller) {
            OVERFLOW
        } else {
            caller.label()
        };
        self.limited.increment(by);
        if self.log.pass().is_some() {
            tracing::warn!(by, client = %caller, "request refused: over the rate limit");
        } else {
            tracing::debug!(by, client = %caller, "request refused: over the rate limit");
        }
        RateLimitExceeded {
            per_minute: self.per_minute,
            scope: self.scope,
            retry_after_secs: round_up_to_secs(wait).max(1),
        }
    }
}

impl Allowance {
    /// Counts a request.
    ///
    /// # Errors
    ///
    /// The request exceeds the limit.
    pub fn try_acquire(&self) -> Result<(), RateLimitExceeded> {
        self.limit.try_acquire(&self.caller).map(drop)
    }
}

impl RateLimitExceeded {
    fn to_response(self) -> Response {
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
    /// Evicts callers whose limit is fully replenished, and returns the number of the others.
    fn evict_idle(&self) -> usize {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        self.limiter.len()
    }
}

/// Adds the state of the caller's limit to a response.
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

/// Rounds up, so that a client that waits this long is within the limit.
fn round_up_to_secs(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

impl<C: Clock> fmt::Debug for Limit<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limit")
            .field("per_minute", &self.per_minute)
            .field("clients", &self.limiter.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
