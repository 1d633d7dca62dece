//! What an asker gets: a value, and where it comes from.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use moka::Expiry;

use super::Value;
use crate::{Error, UpstreamTrouble};

/// An answer of an API. It can be used as the value it holds.
///
/// While an API ails, its last answer is shown instead, up to
/// [`stale_for`](crate::Config::stale_for) old: see
/// [`upstream_trouble`](Self::upstream_trouble). The times inside the value are
/// those of the measurements and stay true. Cloning is cheap.
pub struct Answer<T> {
    value: Arc<T>,
    fetched_at: Timestamp,
    is_recording: bool,
    trouble: Option<UpstreamTrouble>,
}

/// An answer, whatever it says.
pub(super) struct Found {
    kept: CachedResponse,
    trouble: Option<UpstreamTrouble>,
}

/// An answer as the caches keep it.
#[derive(Clone)]
pub(super) struct CachedResponse {
    pub(super) value: Value,
    pub(super) fetched_at: Timestamp,
    pub(super) is_recording: bool,
    /// How old it was when it came here: another process may have asked.
    pub(super) age: Duration,
}

/// Lets a cache keep an answer until it is so old.
pub(super) struct MaxAge(pub(super) Duration);

impl<K> Expiry<K, CachedResponse> for MaxAge {
    fn expire_after_create(&self, _: &K, kept: &CachedResponse, _: Instant) -> Option<Duration> {
        Some(self.0.saturating_sub(kept.age))
    }

    fn expire_after_update(
        &self,
        key: &K,
        kept: &CachedResponse,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, kept, now)
    }
}

impl Found {
    pub(super) fn new(kept: CachedResponse) -> Self {
        Self {
            kept,
            trouble: None,
        }
    }

    /// The answer of an earlier request in place of one that failed.
    pub(super) fn in_trouble(kept: CachedResponse, error: Error) -> Self {
        let answered_at = kept.fetched_at;
        Self {
            kept,
            trouble: Some(UpstreamTrouble { error, answered_at }),
        }
    }
}

impl<T: Send + Sync + 'static> Answer<T> {
    /// What was found, which says a `T`.
    pub(super) fn new(Found { kept, trouble }: Found) -> Self {
        let value = kept.value.downcast();
        Self {
            value: value.expect("an endpoint's answers are all of its type"),
            fetched_at: kept.fetched_at,
            is_recording: kept.is_recording,
            trouble,
        }
    }
}

impl<T> Answer<T> {
    /// The value, shared with the cache and with others who asked.
    pub fn value(&self) -> &Arc<T> {
        &self.value
    }

    /// When the API gave this answer; of a recording, when it was made.
    pub fn fetched_at(&self) -> Timestamp {
        self.fetched_at
    }

    /// The day on which the answer was recorded (UTC), or `None` if it is live.
    pub fn recorded_on(&self) -> Option<Date> {
        let at = self.fetched_at.to_zoned(TimeZone::UTC);
        self.is_recording.then(|| at.date())
    }

    /// Whether both are one answer of the API, and no trouble is to be told with
    /// it: then they say the same at the same time.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let in_trouble = self.is_stale() || other.is_stale();
        Arc::ptr_eq(&self.value, &other.value) && !in_trouble
    }

    /// Why this is an earlier answer: the API could not give a new one. `None`
    /// if it is as new as it should be.
    pub fn upstream_trouble(&self) -> Option<&UpstreamTrouble> {
        self.trouble.as_ref()
    }

    /// Whether this is an earlier answer, for want of a new one.
    pub fn is_stale(&self) -> bool {
        self.trouble.is_some()
    }
}

impl<T> Deref for Answer<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            fetched_at: self.fetched_at,
            is_recording: self.is_recording,
            trouble: self.trouble.clone(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("value", &self.value)
            .field("fetched_at", &self.fetched_at())
            .field("recorded_on", &self.recorded_on())
            .field("upstream_trouble", &self.trouble)
            .finish()
    }
}
