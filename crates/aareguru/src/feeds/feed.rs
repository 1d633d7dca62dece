//! The responses of the API that can be watched, and how a new one differs from an old one.

use std::{collections::BTreeMap, future::Future, time::Duration};

use jiff::Timestamp;

use crate::Error;

/// A response of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feed {
    /// `current` of the place with this id.
    Current(&'static str),
    /// `today` of the place with this id.
    Today(&'static str),
    /// `cities`.
    Cities,
    /// `widget`.
    Widget,
}

/// When each place in a response was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MeasurementTimes(pub(crate) BTreeMap<String, Option<Timestamp>>);

/// What a response has that the one before it had not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct NewContent {
    pub(super) has_measurement: bool,
    pub(super) has_place: bool,
}

impl MeasurementTimes {
    pub(crate) fn of(id: &str, measured_at: Option<Timestamp>) -> Self {
        Self(BTreeMap::from([(id.to_owned(), measured_at)]))
    }

    /// The time of the newest measurement.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.0.values().copied().flatten().max()
    }

    pub(super) fn new_since(&self, earlier: &Self) -> NewContent {
        let is_new = |(place, at): (&String, &Option<Timestamp>)| {
            at.is_some() && earlier.0.get(place) != Some(at)
        };
        NewContent {
            has_measurement: self.0.iter().any(is_new),
            has_place: self.0.keys().any(|place| !earlier.0.contains_key(place)),
        }
    }
}

/// What a poller polls: the river, or a stand-in in tests.
pub(crate) trait FeedSource: Clone + Send + Sync + 'static {
    /// Fetches a response, or takes it from the cache.
    fn measurement_times(
        &self,
        feed: Feed,
    ) -> impl Future<Output = Result<MeasurementTimes, Error>> + Send;

    /// The current time.
    fn now(&self) -> Timestamp;

    /// How long responses are cached.
    fn cache_ttl(&self) -> Duration;
}
