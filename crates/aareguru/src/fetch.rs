//! Fetches responses. The path of one request, outermost step first:
//!
//! 1. [`ApiResponseCache`] returns a response that is younger than `cache_ttl`.
//! 2. [`SingleFlight`] runs one fetch for all concurrent callers with the same request.
//! 3. [`StaleFallback`] replaces a failed fetch by the previous response.
//! 4. [`SharedFetch`] uses a response that another process has just fetched.
//! 5. [`RetryPolicy`] repeats the request after transient errors.
//! 6. [`SharedBreaker`] rejects requests while the API keeps failing.
//! 7. [`Upstream`] sends the request, or reads a recording.
//!
//! [`Fetcher`] calls them in this order. Errors are never cached.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tracing::Instrument;

use crate::endpoint::{Api, Endpoint};
use crate::shared_cache::SharedAnswer;
use crate::upstream::{Request, Upstream};
use crate::{Clock, Config, Error};

mod answer;
mod breaker;
mod metrics;
mod response_cache;
mod retry;
mod shared_breaker;
mod shared_fetch;
mod single_flight;
mod stale_fallback;

pub use answer::Answer;
pub use breaker::BreakerState;

use metrics::{CacheResult, Metrics};
use response_cache::ApiResponseCache;
use retry::RetryPolicy;
use shared_breaker::SharedBreaker;
use shared_fetch::{SharedFetch, Turn};
use single_flight::SingleFlight;
use stale_fallback::StaleFallback;

type Flight<T> = BoxFuture<'static, Result<Answer<T>, Error>>;

/// Parses the body of a response, and checks that it answers the request.
pub(crate) type Parse<T> = fn(&Request, &[u8]) -> Result<T, Error>;

/// Longer durations are clamped to this one, so that sums of durations do not overflow.
const MAX_DURATION: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Fetches the responses of one endpoint.
pub(crate) struct Fetcher<T> {
    context: Arc<FetchContext>,
    endpoint: Endpoint,
    parse: Parse<T>,
    metrics: Metrics,
    fresh: ApiResponseCache<T>,
    flights: SingleFlight<T>,
    stale: StaleFallback<T>,
    /// [`Self::run`] behind a pointer, to compile it once. Async and generic functions are compiled
    /// in each crate that awaits or calls them, here together with moka.
    run: fn(Arc<Self>, Request) -> Flight<T>,
}

/// State shared by all endpoints.
pub(crate) struct FetchContext {
    shared: SharedFetch,
    retry: RetryPolicy,
    /// In the order of [`Api::ALL`].
    breakers: [SharedBreaker; 2],
    pub(crate) upstream: Upstream,
    pub(crate) clock: Clock,
    pub(crate) cache_ttl: Duration,
}

impl FetchContext {
    pub(crate) fn new(upstream: Upstream, config: &Config) -> Self {
        Self {
            shared: SharedFetch::new(config, upstream.is_live()),
            retry: RetryPolicy::new(config),
            breakers: Api::ALL.map(|api| SharedBreaker::new(api, config)),
            upstream,
            clock: config.clock.clone(),
            cache_ttl: config.cache_ttl,
        }
    }

    pub(crate) fn breaker(&self, api: Api) -> &SharedBreaker {
        &self.breakers[api as usize]
    }
}

impl<T: Send + Sync + 'static> Fetcher<T> {
    pub(crate) fn new(
        context: &Arc<FetchContext>,
        endpoint: Endpoint,
        config: &Config,
        parse: Parse<T>,
    ) -> Arc<Self> {
        let fresh = ApiResponseCache::new(config.cache_ttl);
        Arc::new(Self {
            context: Arc::clone(context),
            endpoint,
            parse,
            metrics: Metrics::new(endpoint),
            flights: SingleFlight::new(fresh.clone()),
            fresh,
            stale: StaleFallback::new(config.stale_for),
            run: |fetcher, request| Box::pin(fetcher.run(request)),
        })
    }

    /// Returns the cached response, if it is fresh, without waiting.
    pub(crate) fn get_if_fresh(&self, request: &Request) -> Option<Answer<T>> {
        // The future is not always ready: the cache may be evicting entries.
        let answer = self.fresh.get(request).now_or_never()??;
        self.metrics.record_lookup(CacheResult::Hit);
        Some(answer)
    }

    /// Returns a fresh response, fetching it if necessary, or else a stale one.
    pub(crate) fn get(self: &Arc<Self>, request: Request) -> Flight<T> {
        (self.run)(Arc::clone(self), request)
    }

    /// Steps 1 to 3: a fresh response, one of a shared fetch, or a stale one.
    async fn run(self: Arc<Self>, request: Request) -> Result<Answer<T>, Error> {
        if let Some(answer) = self.fresh.get(&request).await {
            self.metrics.record_lookup(CacheResult::Hit);
            return Ok(answer);
        }
        let span = tracing::info_span!(
            "fetch",
            otel.name = format!("fetch {}", self.endpoint.label()),
            endpoint = self.endpoint.label(),
            cache.result = tracing::field::Empty,
        );
        let fetcher = Arc::clone(&self);
        let fetched = request.clone();
        let fetch = async move { fetcher.fetch(&fetched).await };
        let flight = self.flights.run(request.clone(), span.clone(), fetch);
        let (mut result, mut lookup) = flight.await;
        if let Err(error) = result {
            // Logged once for all callers that share the fetch.
            let is_logged = lookup == CacheResult::Miss;
            let stale = self.stale.recover(&request, error, is_logged);
            result = stale.instrument(span.clone()).await;
            if result.is_ok() {
                lookup = CacheResult::Stale;
            }
        }
        self.metrics.record_lookup(lookup);
        span.record("cache.result", lookup.label());
        result
    }

    /// Steps 4 to 6, once for all callers: a fresh response of another process, or one from as many
    /// requests as the retry policy and the breaker allow.
    async fn fetch(&self, request: &Request) -> Result<(Answer<T>, CacheResult), Error> {
        let context = &self.context;
        let parse = |shared: SharedAnswer| {
            let value = (self.parse)(request, &shared.body).ok()?;
            Some(Answer {
                age: shared.age,
                ..Answer::new(value, shared.fetched_at)
            })
        };
        match context.shared.wait_for_turn(request, parse).await {
            Turn::UseShared(answer) => {
                self.stale.store(request, answer.clone()).await;
                return Ok((answer, CacheResult::Shared));
            }
            Turn::Fetch(Some(older)) => self.stale.store_if_newer(request, older).await,
            Turn::Fetch(None) => {}
        }
        let breaker = context.breaker(self.endpoint.api());
        let send = |timeout| self.send(request, timeout);
        match context.retry.run(breaker, self.endpoint, send).await {
            Ok((answer, body)) => {
                context.shared.publish(request, &answer, body);
                self.stale.store(request, answer.clone()).await;
                Ok((answer, CacheResult::Miss))
            }
            Err(error) => {
                context.shared.release(request);
                Err(error)
            }
        }
    }

    /// Step 7: one request. Returns the parsed response and its body.
    async fn send(
        &self,
        request: &Request,
        timeout: Duration,
    ) -> Result<(Answer<T>, Cow<'static, [u8]>), Error> {
        let upstream = &self.context.upstream;
        let start = Instant::now();
        let span = tracing::info_span!(
            "upstream",
            otel.name = format!("GET {}", self.endpoint.label()),
            otel.kind = "client",
            http.request.method = "GET",
            url.path = self.endpoint.path(),
            outcome = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
        );
        let body = upstream.get(request, timeout).instrument(span.clone());
        let result = body.await.and_then(|body| {
            let value = (self.parse)(request, &body.bytes)?;
            let fetched_at = body.recorded_at.unwrap_or_else(|| self.context.clock.now());
            let answer = Answer {
                is_recording: body.recorded_at.is_some(),
                ..Answer::new(value, fetched_at)
            };
            Ok((answer, body.bytes))
        });
        span.record("outcome", metrics::outcome(&result));
        if result.is_err() {
            span.record("otel.status_code", "ERROR");
        }
        if upstream.is_live() {
            self.metrics.record_request(&result, start.elapsed());
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn recorded<T: Send + Sync + 'static>(config: &Config, parse: Parse<T>) -> Arc<Fetcher<T>> {
        let context = Arc::new(FetchContext::new(Upstream::Recorded, config));
        Fetcher::new(&context, Endpoint::Cities, config, parse)
    }

    /// Panics on the first call.
    fn panic_once(_: &Request, body: &[u8]) -> Result<usize, Error> {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        assert!(CALLS.fetch_add(1, Ordering::Relaxed) > 0, "first call");
        Ok(body.len())
    }

    #[tokio::test]
    async fn flight_after_a_panic_succeeds() {
        let fetcher = recorded(&Config::default(), panic_once);
        let first = tokio::spawn({
            let fetcher = Arc::clone(&fetcher);
            async move { fetcher.get(Request::Cities).await }
        });
        assert!(first.await.unwrap_err().is_panic());
        assert!(*fetcher.get(Request::Cities).await.unwrap() > 0);
    }

    #[tokio::test]
    async fn fetch_with_extreme_durations_succeeds() {
        for time in [Duration::ZERO, Duration::MAX] {
            let config = Config {
                timeout: time,
                total_timeout: time,
                retry_pause: time,
                cache_ttl: time,
                stale_for: time,
                retries: u32::MAX,
                ..Config::default()
            };
            let fetcher = recorded(&config, |_, _| Ok(()));
            fetcher.get(Request::Cities).await.unwrap();
        }
    }
}
