//! Caches the responses of one endpoint, by request, up to a maximum age.

use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;

use super::MAX_DURATION;
use super::answer::Answer;
use crate::Error;
use crate::upstream::Request;

/// How many responses an endpoint keeps. Requests about time spans are the only ones without a
/// natural limit.
const MAX_RESPONSES: u64 = 64;

/// Cheap to clone; clones share their responses.
pub(super) struct ApiResponseCache<T>(Cache<Request, Answer<T>>);

/// Expires responses at this age. The age counts from the fetch, which may have happened in another
/// process.
struct MaxAge(Duration);

impl<T: Send + Sync + 'static> ApiResponseCache<T> {
    pub(super) fn new(max_age: Duration) -> Self {
        let cache = Cache::builder()
            .max_capacity(MAX_RESPONSES)
            // moka panics on longer times.
            .expire_after(MaxAge(max_age.min(MAX_DURATION)));
        Self(cache.build())
    }

    pub(super) async fn get(&self, request: &Request) -> Option<Answer<T>> {
        self.0.get(request).await
    }

    pub(super) async fn insert(&self, request: &Request, answer: Answer<T>) {
        self.0.insert(request.clone(), answer).await;
    }

    /// Returns the cached response, or that of `fetch`, which runs once for all concurrent callers.
    /// Errors are not cached.
    pub(super) async fn get_or_fetch(
        &self,
        request: &Request,
        fetch: impl Future<Output = Result<Answer<T>, Error>>,
    ) -> Result<Answer<T>, Error> {
        let result = self.0.try_get_with_by_ref(request, fetch).await;
        result.map_err(|error| Error::clone(&error))
    }
}

impl<T> Clone for ApiResponseCache<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Expiry<Request, Answer<T>> for MaxAge {
    fn expire_after_create(&self, _: &Request, answer: &Answer<T>, _: Instant) -> Option<Duration> {
        Some(self.0.saturating_sub(answer.age))
    }

    fn expire_after_update(
        &self,
        request: &Request,
        answer: &Answer<T>,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(request, answer, now)
    }
}
