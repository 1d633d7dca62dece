//! A response of an API: its value, and where it comes from.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::{Error, UpstreamTrouble};

/// A response of an API. Dereferences to its value.
///
/// While an API is failing, callers get its last response instead, up to
/// [`stale_for`](crate::Config::stale_for) old: see [`upstream_trouble`](Self::upstream_trouble).
/// The times inside the value are those of the measurements and stay true. Cloning is cheap.
#[derive(Debug)]
pub struct Answer<T> {
    pub(super) value: Arc<T>,
    pub(super) fetched_at: Timestamp,
    pub(super) is_recording: bool,
    /// How old it was on arrival: another process may have fetched it.
    pub(super) age: Duration,
    pub(super) trouble: Option<UpstreamTrouble>,
}

impl<T> Answer<T> {
    /// Creates a live response that has just arrived.
    pub(crate) fn new(value: T, fetched_at: Timestamp) -> Self {
        Self {
            value: Arc::new(value),
            fetched_at,
            is_recording: false,
            age: Duration::ZERO,
            trouble: None,
        }
    }

    /// Marks the response as stale, because a newer one is unavailable.
    pub(super) fn stale_because(self, error: Error) -> Self {
        let answered_at = self.fetched_at;
        Self {
            trouble: Some(UpstreamTrouble { error, answered_at }),
            ..self
        }
    }

    /// Returns the value, shared with the cache and other callers.
    pub fn value(&self) -> &Arc<T> {
        &self.value
    }

    /// Returns when the API sent this response; for a recording, when it was made.
    pub fn fetched_at(&self) -> Timestamp {
        self.fetched_at
    }

    /// Returns the day of the recording (UTC), or `None` for a live response.
    pub fn recorded_on(&self) -> Option<Date> {
        let at = self.fetched_at.to_zoned(TimeZone::UTC);
        self.is_recording.then(|| at.date())
    }

    /// Returns whether both are the same fresh response, so that their output at the same time is
    /// identical.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let is_stale = self.is_stale() || other.is_stale();
        Arc::ptr_eq(&self.value, &other.value) && !is_stale
    }

    /// Returns why this response is stale: the error of the failed fetch. `None` if the response is
    /// fresh.
    pub fn upstream_trouble(&self) -> Option<&UpstreamTrouble> {
        self.trouble.as_ref()
    }

    /// Returns whether this is an older response because the fetch of a newer one failed.
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
            age: self.age,
            trouble: self.trouble.clone(),
        }
    }
}
