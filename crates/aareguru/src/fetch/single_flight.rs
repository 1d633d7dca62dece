//! Runs one fetch for all concurrent callers with the same request.

use std::panic::resume_unwind;
use std::sync::Arc;

use tracing::{Instrument, Span};

use super::answer::Answer;
use super::metrics::CacheResult;
use super::response_cache::ApiResponseCache;
use crate::Error;
use crate::upstream::Request;

/// Fills a [`ApiResponseCache`], with at most one fetch per request at a time.
pub(super) struct SingleFlight<T> {
    cache: ApiResponseCache<T>,
}

impl<T: Send + Sync + 'static> SingleFlight<T> {
    pub(super) fn new(cache: ApiResponseCache<T>) -> Self {
        Self { cache }
    }

    /// Joins the fetch of `request` that is under way, or runs `fetch`, and reports which of the
    /// two. An error goes to all callers that wait, and the next caller fetches again.
    pub(super) async fn run<F>(
        &self,
        request: Request,
        span: Span,
        fetch: F,
    ) -> (Result<Answer<T>, Error>, CacheResult)
    where
        F: Future<Output = Result<(Answer<T>, CacheResult), Error>> + Send + 'static,
    {
        let endpoint = request.endpoint();
        let cache = self.cache.clone();
        let flight = async move {
            let mut lookup = CacheResult::Shared;
            let fetch = async {
                lookup = CacheResult::Miss;
                let (answer, source) = fetch.await?;
                lookup = source;
                Ok(answer)
            };
            let result = cache.get_or_fetch(&request, fetch).await;
            (result, lookup)
        };
        // A separate task: in the first caller's, the fetch would end with that caller, and the
        // next one in line would start it again. It keeps the caller's span, also where `span` is
        // disabled.
        let flight = flight.instrument(span).instrument(Span::current());
        let outcome = tokio::spawn(flight).await;
        outcome.unwrap_or_else(|stopped| match stopped.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is shutting down.
            Err(cancelled) => {
                let source = Arc::new(cancelled);
                let error = Error::Unreachable { endpoint, source };
                (Err(error), CacheResult::Miss)
            }
        })
    }
}
