//! Decides whether this process fetches a response or uses one from the [`SharedCache`].

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::answer::Answer;
use crate::Config;
use crate::shared_cache::{SharedAnswer, SharedCache};
use crate::upstream::Request;

/// The longest wait for a fetch of another process. That process may have died, so its right to
/// fetch expires after the same time.
const MAX_WAIT: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// Coordinates fetches with other processes, if there is a shared cache.
pub(super) struct SharedFetch {
    cache: Option<Arc<dyn SharedCache>>,
    cache_ttl: Duration,
    stale_for: Duration,
    max_wait: Duration,
}

/// How a process obtains a response.
pub(super) enum Turn<T> {
    /// Use this response, which another process has just fetched.
    UseShared(Answer<T>),
    /// Fetch, then [publish](SharedFetch::publish) the response or [release](SharedFetch::release)
    /// the turn. Contains the previous response.
    Fetch(Option<Answer<T>>),
}

impl SharedFetch {
    pub(super) fn new(config: &Config, is_live: bool) -> Self {
        // Recordings are the same everywhere; without a time to cache responses for, there is
        // nothing to share.
        let is_shared = is_live && !config.cache_ttl.is_zero();
        Self {
            cache: config.shared_cache.clone().filter(|_| is_shared),
            cache_ttl: config.cache_ttl,
            stale_for: config.stale_for,
            max_wait: MAX_WAIT.min(config.total_timeout),
        }
    }

    /// Waits for a fresh response of another process, or for the turn to fetch. Responses that
    /// `parse` rejects are ignored.
    pub(super) async fn wait_for_turn<T>(
        &self,
        request: &Request,
        parse: impl Fn(SharedAnswer) -> Option<Answer<T>>,
    ) -> Turn<T> {
        let Some(cache) = &self.cache else {
            return Turn::Fetch(None);
        };
        let key = &request.cache_key();
        let deadline = Instant::now() + self.max_wait;
        let look_up = async || match cache.get(key).await.and_then(&parse) {
            Some(answer) if answer.age < self.cache_ttl => Turn::UseShared(answer),
            older => Turn::Fetch(older),
        };
        loop {
            let turn = look_up().await;
            if matches!(turn, Turn::UseShared(_)) {
                return turn;
            }
            if cache.try_acquire(key, self.max_wait).await {
                // Another process may have published in between.
                let turn = look_up().await;
                if matches!(turn, Turn::UseShared(_)) {
                    cache.release(key).await;
                }
                return turn;
            }
            if Instant::now() >= deadline {
                return turn;
            }
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Stores a response for other processes, in the background.
    pub(super) fn publish<T>(
        &self,
        request: &Request,
        answer: &Answer<T>,
        body: Cow<'static, [u8]>,
    ) {
        let Some(cache) = self.cache.clone() else {
            return;
        };
        let key = request.cache_key();
        let answer = SharedAnswer {
            fetched_at: answer.fetched_at,
            age: answer.age,
            body: body.into_owned(),
        };
        // The number of time spans is unlimited, so they are kept for less long.
        let keep_for = if request.has_time_span() {
            self.cache_ttl
        } else {
            self.cache_ttl.max(self.stale_for)
        };
        tokio::spawn(async move { cache.put(&key, answer, keep_for).await });
    }

    /// Lets another process fetch, in the background.
    pub(super) fn release(&self, request: &Request) {
        if let Some(cache) = self.cache.clone() {
            let key = request.cache_key();
            tokio::spawn(async move { cache.release(&key).await });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    use jiff::Timestamp;

    use super::*;
    use crate::shared_cache::SharedCacheFuture;

    /// Another process publishes just before this one acquires its turn.
    #[derive(Debug, Default)]
    struct JustPublished {
        is_published: AtomicBool,
        is_released: AtomicBool,
    }

    impl SharedCache for JustPublished {
        fn get<'a>(&'a self, _: &'a str) -> SharedCacheFuture<'a, Option<SharedAnswer>> {
            let answer = SharedAnswer {
                fetched_at: Timestamp::UNIX_EPOCH,
                age: Duration::ZERO,
                body: Vec::new(),
            };
            Box::pin(async { self.is_published.load(SeqCst).then_some(answer) })
        }

        fn try_acquire<'a>(&'a self, _: &'a str, _: Duration) -> SharedCacheFuture<'a, bool> {
            self.is_published.store(true, SeqCst);
            Box::pin(async { true })
        }

        fn put<'a>(
            &'a self,
            _: &'a str,
            _: SharedAnswer,
            _: Duration,
        ) -> SharedCacheFuture<'a, ()> {
            Box::pin(async {})
        }

        fn release<'a>(&'a self, _: &'a str) -> SharedCacheFuture<'a, ()> {
            self.is_released.store(true, SeqCst);
            Box::pin(async {})
        }
    }

    #[tokio::test]
    async fn response_of_another_process_found_after_acquiring_is_used() {
        let cache = Arc::new(JustPublished::default());
        let config = Config {
            shared_cache: Some(cache.clone()),
            ..Config::default()
        };
        let shared = SharedFetch::new(&config, true);
        let parse = |answer: SharedAnswer| Some(Answer::new((), answer.fetched_at));
        let turn = shared.wait_for_turn(&Request::Cities, parse).await;
        assert!(matches!(turn, Turn::UseShared(_)));
        assert!(
            cache.is_released.load(SeqCst),
            "other processes wait in vain"
        );
    }
}
