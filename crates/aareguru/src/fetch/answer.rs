//! What an asker gets: a value, and where it comes from.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use moka::Expiry;

use crate::{Error, UpstreamTrouble};

/// An answer of an API. It can be used as the value it holds.
///
/// While an API ails, its last answer is shown instead, up to
/// [`stale_for`](crate::Config::stale_for) old: see
/// [`upstream_trouble`](Self::upstream_trouble). The times inside the value are
/// those of the measurements and stay true. Cloning is cheap.
pub struct Answer<T> {
    kept: Kept<T>,
    trouble: Option<UpstreamTrouble>,
}

/// An answer as the caches keep it.
pub(crate) struct Kept<T> {
    pub(crate) value: Arc<T>,
    pub(crate) fetched_at: Timestamp,
    pub(crate) is_recording: bool,
    /// How old it was when it came here: another process may have asked.
    pub(crate) age: Duration,
}

/// Lets a cache keep an answer until it is so old.
pub(crate) struct UntilOld(pub(crate) Duration);

impl<K, T> Expiry<K, Kept<T>> for UntilOld {
    fn expire_after_create(&self, _: &K, kept: &Kept<T>, _: Instant) -> Option<Duration> {
        Some(self.0.saturating_sub(kept.age))
    }

    fn expire_after_update(
        &self,
        key: &K,
        kept: &Kept<T>,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, kept, now)
    }
}

impl<T> Answer<T> {
    pub(crate) fn new(kept: Kept<T>) -> Self {
        Self {
            kept,
            trouble: None,
        }
    }

    /// The answer of an earlier request in place of one that failed.
    pub(crate) fn in_trouble(kept: Kept<T>, error: Error) -> Self {
        let answered_at = kept.fetched_at;
        Self {
            kept,
            trouble: Some(UpstreamTrouble { error, answered_at }),
        }
    }

    /// The value, shared with the cache and with others who asked.
    pub fn value(&self) -> &Arc<T> {
        &self.kept.value
    }

    /// When the API gave this answer; of a recording, when it was made.
    pub fn fetched_at(&self) -> Timestamp {
        self.kept.fetched_at
    }

    /// The day on which the answer was recorded (UTC), or `None` if it is live.
    pub fn recorded_on(&self) -> Option<Date> {
        let at = self.kept.fetched_at.to_zoned(TimeZone::UTC);
        self.kept.is_recording.then(|| at.date())
    }

    /// Whether both are one answer of the API, and no trouble is to be told with
    /// it: then they say the same at the same time.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let in_trouble = self.is_stale() || other.is_stale();
        Arc::ptr_eq(&self.kept.value, &other.kept.value) && !in_trouble
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
        &self.kept.value
    }
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        Self {
            kept: self.kept.clone(),
            trouble: self.trouble.clone(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("value", &self.kept.value)
            .field("fetched_at", &self.fetched_at())
            .field("recorded_on", &self.recorded_on())
            .field("upstream_trouble", &self.trouble)
            .finish()
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            fetched_at: self.fetched_at,
            is_recording: self.is_recording,
            age: self.age,
        }
    }
}
