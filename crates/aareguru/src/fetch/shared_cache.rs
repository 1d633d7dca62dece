//! The seam for several processes: answers that one has asked for and all use.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

/// What a [`SharedCache`] answers with, in time.
pub type SharedCacheFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The longest that an answer is waited for which another process asks for; so
/// long that process has the turn, also if it has died.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// The pause between two looks whether it is there.
const PAUSE: Duration = Duration::from_millis(25);

/// Responses that several processes share, so that only one of them fetches each.
///
/// A client without it asks for itself. It may fail at any time: then it says
/// that there is nothing, or that the asker may ask, and each process asks for
/// itself again. No answer of it is believed without being read anew.
pub trait SharedCache: Debug + Send + Sync + 'static {
    /// The last answer to `key`, however old.
    fn get<'a>(&'a self, key: &'a str) -> SharedCacheFuture<'a, Option<SharedAnswer>>;

    /// Whether the caller is to ask the API, and nobody else for the time of
    /// `longest` or until it [puts](Self::put) an answer or
    /// [gives up](Self::release).
    fn try_acquire<'a>(&'a self, key: &'a str, longest: Duration) -> SharedCacheFuture<'a, bool>;

    /// Keeps an answer for `keep_for`.
    fn put<'a>(
        &'a self,
        key: &'a str,
        answer: SharedAnswer,
        keep_for: Duration,
    ) -> SharedCacheFuture<'a, ()>;

    /// The caller, who was to ask, has no answer.
    fn release<'a>(&'a self, key: &'a str) -> SharedCacheFuture<'a, ()>;
}

/// What an API has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedAnswer {
    /// When, by the clock of the process that asked.
    pub fetched_at: Timestamp,
    /// How long ago, by the clock of the cache.
    pub age: Duration,
    /// The body.
    pub body: Vec<u8>,
}

/// What is to be done for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Use the one that was found last.
    UseCached,
    /// Ask, and tell the others.
    Fetch,
}

/// Waits for a fresh answer of another process, or for the turn to ask. Each
/// answer that is found goes to `found`, which says whether it is fresh.
pub(super) async fn wait_for_turn(
    cache: &Arc<dyn SharedCache>,
    key: &str,
    longest: Duration,
    mut is_fresh: impl FnMut(&SharedAnswer) -> bool,
) -> Turn {
    let longest = LONGEST_WAIT.min(longest);
    let until = Instant::now() + longest;
    let mut is_there = async || match cache.get(key).await {
        Some(answer) => is_fresh(&answer),
        None => false,
    };
    loop {
        if is_there().await {
            return Turn::UseCached;
        }
        if cache.try_acquire(key, longest).await {
            // Another may have been answered between the two.
            if is_there().await {
                cache.release(key).await;
                return Turn::UseCached;
            }
            return Turn::Fetch;
        }
        if Instant::now() >= until {
            return Turn::Fetch;
        }
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    use super::*;

    /// Another process is answered just before this one may ask.
    #[derive(Debug, Default)]
    struct JustAnswered {
        is_answered: AtomicBool,
        is_given_up: AtomicBool,
    }

    impl SharedCache for JustAnswered {
        fn get<'a>(&'a self, _: &'a str) -> SharedCacheFuture<'a, Option<SharedAnswer>> {
            let answer = SharedAnswer {
                fetched_at: Timestamp::UNIX_EPOCH,
                age: Duration::ZERO,
                body: Vec::new(),
            };
            Box::pin(async { self.is_answered.load(SeqCst).then_some(answer) })
        }

        fn try_acquire<'a>(&'a self, _: &'a str, _: Duration) -> SharedCacheFuture<'a, bool> {
            self.is_answered.store(true, SeqCst);
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
            self.is_given_up.store(true, SeqCst);
            Box::pin(async {})
        }
    }

    #[tokio::test]
    async fn response_of_another_process_found_after_acquiring_is_used() {
        let cache = Arc::new(JustAnswered::default());
        let shared: Arc<dyn SharedCache> = cache.clone();
        let turn = wait_for_turn(&shared, "current", Duration::from_secs(1), |_| true).await;
        assert_eq!(turn, Turn::UseCached);
        assert!(cache.is_given_up.load(SeqCst), "others wait for nothing");
    }
}
