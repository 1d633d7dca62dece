//! The one path of a request: an answer that is still fresh, or else one
//! request upstream, shared by all who ask at the same time.
//!
//! Errors go to those who waited for them and are not kept.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use crate::Error;
use crate::upstream::{Request, Upstream};

/// Turns the body of an answer into what it says.
pub(crate) type Read<T> = fn(Request, &[u8]) -> Result<T, Error>;

/// The answers of one endpoint. Clones share them.
pub(crate) struct Fetch<T> {
    upstream: Arc<Upstream>,
    /// As many entries as there are places, at most.
    fresh: Cache<Request, Arc<T>>,
    read: Read<T>,
}

impl<T: Send + Sync + 'static> Fetch<T> {
    pub(crate) fn new(upstream: Arc<Upstream>, ttl: Duration, read: Read<T>) -> Self {
        // The cache panics over a longer time; nobody will miss the rest.
        const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        let fresh = Cache::builder().time_to_live(ttl.min(LONGEST)).build();
        Self {
            upstream,
            fresh,
            read,
        }
    }

    pub(crate) async fn get(&self, request: Request) -> Result<Arc<T>, Error> {
        if let Some(answer) = self.fresh.get(&request).await {
            return Ok(answer);
        }
        // The flight belongs to a task of its own: were it the first asker's,
        // each asker who gives up would start it again for the next.
        let fetch = self.clone();
        let flight = tokio::spawn(async move { fetch.share_flight(request).await });
        match flight.await {
            Ok(result) => result,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime is shutting down.
                Err(cancelled) => Err(Error::Unreachable {
                    path: request.path(),
                    source: Arc::new(cancelled),
                }),
            },
        }
    }

    async fn share_flight(&self, request: Request) -> Result<Arc<T>, Error> {
        let flight = async {
            let body = self.upstream.get(request).await?;
            (self.read)(request, &body).map(Arc::new)
        };
        self.fresh
            .try_get_with(request, flight)
            .await
            .map_err(|error: Arc<Error>| Error::clone(&error))
    }
}

impl<T> Clone for Fetch<T> {
    fn clone(&self) -> Self {
        Self {
            upstream: Arc::clone(&self.upstream),
            fresh: self.fresh.clone(),
            read: self.read,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A reader that panics the first time.
    fn read_at_second_try(_: Request, body: &[u8]) -> Result<usize, Error> {
        static TRIES: AtomicUsize = AtomicUsize::new(0);
        assert!(TRIES.fetch_add(1, Ordering::Relaxed) > 0, "the first try");
        Ok(body.len())
    }

    #[tokio::test]
    async fn a_panic_of_one_flight_does_not_end_the_next() {
        let fetch = Fetch::new(
            Arc::new(Upstream::Recorded),
            Duration::from_secs(60),
            read_at_second_try,
        );
        let first = tokio::spawn({
            let fetch = fetch.clone();
            async move { fetch.get(Request::Cities).await }
        });
        assert!(first.await.unwrap_err().is_panic());
        assert!(*fetch.get(Request::Cities).await.unwrap() > 0);
    }

    #[test]
    fn any_time_to_live_can_be_set() {
        for ttl in [Duration::ZERO, Duration::MAX] {
            let _ = Fetch::new(Arc::new(Upstream::Recorded), ttl, |_, _| Ok(()));
        }
    }
}
