//! Replaces a failed fetch by the previous response.

use std::time::Duration;

use super::answer::Answer;
use super::response_cache::ApiResponseCache;
use crate::Error;
use crate::upstream::Request;

/// Keeps the last response to each request for `stale_for`.
///
/// The cache is separate from that of fresh responses. In a common cache, callers that join a fetch
/// would find the stale response and fetch one by one.
pub(super) struct StaleFallback<T>(ApiResponseCache<T>);

impl<T: Send + Sync + 'static> StaleFallback<T> {
    pub(super) fn new(stale_for: Duration) -> Self {
        Self(ApiResponseCache::new(stale_for))
    }

    pub(super) async fn store(&self, request: &Request, answer: Answer<T>) {
        self.0.insert(request, answer).await;
    }

    pub(super) async fn store_if_newer(&self, request: &Request, answer: Answer<T>) {
        let own = self.0.get(request).await;
        if own.is_none_or(|own| own.fetched_at < answer.fetched_at) {
            self.store(request, answer).await;
        }
    }

    /// Returns the last response, with `error` attached, or else `error`.
    pub(super) async fn recover(
        &self,
        request: &Request,
        error: Error,
        is_logged: bool,
    ) -> Result<Answer<T>, Error> {
        let Some(answer) = self.0.get(request).await else {
            return Err(error);
        };
        // The breaker has logged that it opened; it rejects many fetches.
        if is_logged && !matches!(error, Error::CircuitOpen { .. }) {
            tracing::warn!(
                endpoint = request.endpoint().label(),
                fetched_at = %answer.fetched_at,
                error = error.with_causes(),
                "fetch failed, serving a stale response"
            );
        }
        Ok(answer.stale_because(error))
    }
}
