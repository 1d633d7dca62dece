//! The one path of a request: an answer that is still fresh, or else one
//! flight for all who ask at the same time, which has to pass the API's breaker
//! and may try more than once. When all of that yields nothing, an earlier
//! answer, marked as such.
//!
//! Errors go to those who waited for them and are not kept.

use std::any::Any;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use moka::future::Cache;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::api::{Api, Endpoint};
use crate::upstream::{Request, Upstream};
use crate::{Clock, Config, Error};

mod answer;
mod breaker;
mod metrics;
mod retry;
mod shared_breaker;
mod shared_cache;

pub use answer::Answer;
pub use breaker::BreakerState;
pub use shared_cache::{SharedAnswer, SharedCache, SharedCacheFuture};

use answer::{CachedResponse, Found, MaxAge};
use metrics::{CacheResult, Metrics};
use retry::RetryPolicy;
use shared_breaker::SharedBreaker;
use shared_cache::Turn;

/// Turns the body of an answer into what it says.
pub(crate) type Read<T> = fn(&Request, &[u8]) -> Result<T, Error>;

/// How many answers of an endpoint are kept. There are eight places; only
/// spans of time make more questions.
const MOST_ANSWERS: u64 = 64;

/// The answers of one endpoint, which say a `T`.
pub(crate) struct Fetcher<T> {
    fetch: Arc<Fetch>,
    says: PhantomData<fn() -> T>,
}

/// What an answer says, whatever that is.
type Value = Arc<dyn Any + Send + Sync>;

type ReadAny = Box<dyn Fn(&Request, &[u8]) -> Result<Value, Error> + Send + Sync>;

/// What an asker waits for.
type Asked<'a> = Pin<Box<dyn Future<Output = Result<Found, Error>> + Send + 'a>>;

/// What all endpoints share on the way to their APIs.
pub(crate) struct FetchContext {
    upstream: Upstream,
    aareguru: SharedBreaker,
    hydro: SharedBreaker,
    retry: RetryPolicy,
    clock: Clock,
    cache_ttl: Duration,
    stale_for: Duration,
    /// How long an ask may take.
    total_timeout: Duration,
    shared: Option<Arc<dyn SharedCache>>,
    caller_span: fn() -> Span,
}

/// Cached responses, and fetches for those that are missing.
///
/// It does not know what they say: the caches and flights are large, and would
/// be compiled anew for each endpoint.
struct Fetch {
    context: Arc<FetchContext>,
    endpoint: Endpoint,
    read: ReadAny,
    metrics: Metrics,
    /// What is used without asking. It holds the flights too.
    fresh: Cache<Request, CachedResponse>,
    /// What is shown when asking has failed. A cache of its own: a flight in
    /// one cache with both would make those who wait ask one after another.
    stale: Cache<Request, CachedResponse>,
}

impl FetchContext {
    pub(crate) fn new(upstream: Upstream, config: &Config) -> Self {
        Self {
            upstream,
            aareguru: SharedBreaker::new(Api::Aareguru, config),
            hydro: SharedBreaker::new(Api::Hydro, config),
            retry: RetryPolicy::new(config),
            clock: config.clock.clone(),
            cache_ttl: config.cache_ttl,
            stale_for: config.stale_for,
            total_timeout: config.total_timeout,
            shared: config.shared_cache.clone(),
            caller_span: config.caller_span,
        }
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn cache_ttl(&self) -> Duration {
        self.cache_ttl
    }

    pub(crate) fn breaker_state(&self, api: Api) -> BreakerState {
        self.breaker(api).state()
    }

    fn breaker(&self, api: Api) -> &SharedBreaker {
        match api {
            Api::Aareguru => &self.aareguru,
            Api::Hydro => &self.hydro,
        }
    }
}

impl<T: Send + Sync + 'static> Fetcher<T> {
    pub(crate) fn new(
        context: &Arc<FetchContext>,
        endpoint: Endpoint,
        config: &Config,
        read: Read<T>,
    ) -> Self {
        let read = move |request: &Request, body: &[u8]| -> Result<Value, Error> {
            Ok(Arc::new(read(request, body)?))
        };
        let fetch = Fetch {
            context: Arc::clone(context),
            endpoint,
            read: Box::new(read),
            metrics: Metrics::new(endpoint),
            fresh: cache(config.cache_ttl),
            stale: cache(config.stale_for),
        };
        Self {
            fetch: Arc::new(fetch),
            says: PhantomData,
        }
    }

    pub(crate) async fn get(&self, request: Request) -> Result<Answer<T>, Error> {
        self.fetch.get(request).await.map(Answer::new)
    }

    /// The answer to `request` if it is fresh; asks for nothing.
    pub(crate) fn get_if_fresh(&self, request: &Request) -> Option<Answer<T>> {
        self.fetch.get_if_fresh(request).map(Answer::new)
    }
}

impl Fetch {
    /// An async function is compiled anew in each crate that awaits it, with
    /// all that it calls; behind a pointer it is compiled once.
    fn get(self: &Arc<Self>, request: Request) -> Asked<'_> {
        Box::pin(self.answer(request))
    }

    /// An answer that is used without asking, if the cache has it at hand: at
    /// times it has to be waited for, while it tidies up.
    fn get_if_fresh(&self, request: &Request) -> Option<Found> {
        let kept = self.fresh.get(request).now_or_never()??;
        self.metrics.record_lookup(CacheResult::Hit);
        Some(Found::new(kept))
    }

    async fn answer(self: &Arc<Self>, request: Request) -> Result<Found, Error> {
        if let Some(kept) = self.fresh.get(&request).await {
            self.metrics.record_lookup(CacheResult::Hit);
            return Ok(Found::new(kept));
        }
        // The flight belongs to a task of its own: were it the first asker's,
        // each asker who gives up would start it again for the next.
        let fetch = Arc::clone(self);
        let span = tracing::info_span!(
            "fetch",
            otel.name = format!("fetch {}", self.endpoint.label()),
            endpoint = self.endpoint.label(),
            cache.result = tracing::field::Empty,
        );
        let flight = async move { fetch.share_flight(request).await };
        // A program may have a span of its own for whoever asks, even if this
        // one is of no interest to it.
        let caller_span = (self.context.caller_span)();
        let flight = tokio::spawn(flight.instrument(span).instrument(caller_span));
        match flight.await {
            Ok(result) => result,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime is shutting down.
                Err(cancelled) => Err(Error::Unreachable {
                    endpoint: self.endpoint,
                    source: Arc::new(cancelled),
                }),
            },
        }
    }

    async fn share_flight(&self, request: Request) -> Result<Found, Error> {
        let mut is_mine = false;
        let flight = async {
            is_mine = true;
            let (kept, asked) = self.fetch_or_share(&request).await?;
            is_mine = asked;
            self.stale.insert(request.clone(), kept.clone()).await;
            Ok(kept)
        };
        let result = self.fresh.try_get_with_by_ref(&request, flight).await;
        let unserved = if is_mine {
            CacheResult::Miss
        } else {
            CacheResult::Shared
        };
        let error: Arc<Error> = match result {
            Ok(kept) => {
                self.record_lookup(unserved);
                return Ok(Found::new(kept));
            }
            Err(error) => error,
        };
        let error = Error::clone(&error);
        let Some(kept) = self.stale.get(&request).await else {
            self.record_lookup(unserved);
            return Err(error);
        };
        self.record_lookup(CacheResult::Stale);
        // The breaker has told of its opening; the asks that it stops are many.
        if is_mine && !matches!(error, Error::CircuitOpen { .. }) {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(
                endpoint = self.endpoint.label(),
                fetched_at = %kept.fetched_at,
                error,
                "fetch failed, serving a stale response"
            );
        }
        Ok(Found::in_trouble(kept, error))
    }

    /// Tells what the caches had for an asker who had to wait.
    fn record_lookup(&self, result: CacheResult) {
        self.metrics.record_lookup(result);
        Span::current().record("cache.result", result.label());
    }

    /// Asks the API, unless another process has just done so; says which.
    async fn fetch_or_share(&self, request: &Request) -> Result<(CachedResponse, bool), Error> {
        let context = &self.context;
        // Who keeps nothing finds nothing that was kept.
        let is_shared = context.upstream.is_live() && !context.cache_ttl.is_zero();
        let Some(shared) = context.shared.as_ref().filter(|_| is_shared) else {
            return self
                .send_with_retry(request)
                .await
                .map(|(kept, _)| (kept, true));
        };
        let question = request.cache_key();
        let mut earlier = None;
        let turn =
            shared_cache::wait_for_turn(shared, &question, context.total_timeout, |answer| {
                earlier = self.read_shared(request, answer);
                earlier
                    .as_ref()
                    .is_some_and(|kept| kept.age < context.cache_ttl)
            });
        let turn = turn.await;
        if let Some(kept) = earlier {
            if turn == Turn::UseCached {
                return Ok((kept, false));
            }
            // For the case that asking fails.
            let own = self.stale.get(request).await;
            if own.is_none_or(|own| own.fetched_at < kept.fetched_at) {
                self.stale.insert(request.clone(), kept).await;
            }
        }
        let asked = self.send_with_retry(request).await;
        let shared = Arc::clone(shared);
        // Spans of time make any number of questions.
        let keep_for = if request.has_time_span() {
            context.cache_ttl
        } else {
            context.cache_ttl.max(context.stale_for)
        };
        match asked {
            Ok((kept, body)) => {
                let answer = SharedAnswer {
                    fetched_at: kept.fetched_at,
                    age: kept.age,
                    body: body.into_owned(),
                };
                // The asker need not wait for it.
                tokio::spawn(async move { shared.put(&question, answer, keep_for).await });
                Ok((kept, true))
            }
            Err(error) => {
                tokio::spawn(async move { shared.release(&question).await });
                Err(error)
            }
        }
    }

    /// What another process was answered, if it can be read.
    fn read_shared(&self, request: &Request, answer: &SharedAnswer) -> Option<CachedResponse> {
        let value = (self.read)(request, &answer.body).ok()?;
        Some(CachedResponse {
            value,
            fetched_at: answer.fetched_at,
            is_recording: false,
            age: answer.age,
        })
    }

    /// Asks the API, as often as it makes sense.
    async fn send_with_retry(
        &self,
        request: &Request,
    ) -> Result<(CachedResponse, Cow<'static, [u8]>), Error> {
        let breaker = self.context.breaker(self.endpoint.api());
        let retry = &self.context.retry;
        retry
            .run(breaker, self.endpoint, |time| self.send(request, time))
            .await
    }

    async fn send(
        &self,
        request: &Request,
        time: Duration,
    ) -> Result<(CachedResponse, Cow<'static, [u8]>), Error> {
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
        let result = match upstream.get(request, time).instrument(span.clone()).await {
            Ok(body) => (self.read)(request, &body.bytes).map(|value| {
                let kept = CachedResponse {
                    value,
                    fetched_at: body.recorded_at.unwrap_or_else(|| self.context.clock.now()),
                    is_recording: body.recorded_at.is_some(),
                    age: Duration::ZERO,
                };
                (kept, body.bytes)
            }),
            Err(error) => Err(error),
        };
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

fn cache(ttl: Duration) -> Cache<Request, CachedResponse> {
    // The cache panics over a longer time; nobody will miss the rest.
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    Cache::builder()
        .max_capacity(MOST_ANSWERS)
        .expire_after(MaxAge(ttl.min(LONGEST)))
        .build()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn recorded<T: Send + Sync + 'static>(config: &Config, read: Read<T>) -> Fetcher<T> {
        let context = Arc::new(FetchContext::new(Upstream::Recorded, config));
        Fetcher::new(&context, Endpoint::Cities, config, read)
    }

    /// A reader that panics the first time.
    fn read_at_second_try(_: &Request, body: &[u8]) -> Result<usize, Error> {
        static TRIES: AtomicUsize = AtomicUsize::new(0);
        assert!(TRIES.fetch_add(1, Ordering::Relaxed) > 0, "the first try");
        Ok(body.len())
    }

    #[tokio::test]
    async fn flight_after_a_panic_succeeds() {
        let answers = Arc::new(recorded(&Config::default(), read_at_second_try));
        let first = tokio::spawn({
            let answers = Arc::clone(&answers);
            async move { answers.get(Request::Cities).await }
        });
        assert!(first.await.unwrap_err().is_panic());
        assert!(*answers.get(Request::Cities).await.unwrap() > 0);
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
            let answers = recorded(&config, |_, _| Ok(()));
            answers.get(Request::Cities).await.unwrap();
        }
    }
}
