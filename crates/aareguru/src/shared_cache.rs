//! The seam for several processes: one fetches a response, and all use it.
//!
//! Defines the trait only; the crate contains no implementation of it.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

/// The future returned by the methods of a [`SharedCache`].
pub type SharedCacheFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Responses that several processes share, so that only one of them fetches each.
///
/// Implementations may fail at any time. They then return nothing or let the caller fetch, and each
/// process fetches for itself, as without a shared cache. Each process parses and checks the
/// responses again.
pub trait SharedCache: Debug + Send + Sync + 'static {
    /// Returns the last response stored under `key`, however old.
    fn get<'a>(&'a self, key: &'a str) -> SharedCacheFuture<'a, Option<SharedAnswer>>;

    /// Acquires the right to fetch the response of `key`, if no other caller has it. The right ends
    /// after `max_time`, or when the caller [stores](Self::put) a response or
    /// [releases](Self::release) it.
    fn try_acquire<'a>(&'a self, key: &'a str, max_time: Duration) -> SharedCacheFuture<'a, bool>;

    /// Stores a response for `keep_for`, and releases the right to fetch it.
    fn put<'a>(
        &'a self,
        key: &'a str,
        answer: SharedAnswer,
        keep_for: Duration,
    ) -> SharedCacheFuture<'a, ()>;

    /// Releases the right to fetch without a response.
    fn release<'a>(&'a self, key: &'a str) -> SharedCacheFuture<'a, ()>;
}

/// A response in a [`SharedCache`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedAnswer {
    /// When it was fetched, by the clock of the process that did.
    pub fetched_at: Timestamp,
    /// How long ago that was, by the clock of the cache.
    pub age: Duration,
    /// The body of the response.
    pub body: Vec<u8>,
}
