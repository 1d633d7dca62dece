//! The answers of the API that resources depend on, and what tells a new one
//! from an old one.

use std::{collections::BTreeMap, future::Future, time::Duration};

use aareguru::{Error, Place, River};
use jiff::Timestamp;

/// An answer of the API. Two resources that are made of the same one share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Feed {
    /// What `current` tells of a place, by its id.
    Current(&'static str),
    /// What `today` tells of a place, by its id.
    Today(&'static str),
    /// What `cities` tells.
    Cities,
    /// What `widget` tells.
    Widget,
}

/// When each place of an answer was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MeasurementTimes(pub(super) BTreeMap<String, Option<Timestamp>>);

/// What has changed from one answer to the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct News {
    /// A value was measured anew.
    pub(super) is_updated: bool,
    /// A place has appeared.
    pub(super) is_listed: bool,
}

impl MeasurementTimes {
    fn of(id: &str, measured_at: Option<Timestamp>) -> Self {
        Self(BTreeMap::from([(id.to_owned(), measured_at)]))
    }

    /// The time of the newest measurement.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.0.values().copied().flatten().max()
    }

    pub(super) fn news_since(&self, earlier: &Self) -> News {
        let is_new = |(place, at): (&String, &Option<Timestamp>)| {
            at.is_some() && earlier.0.get(place) != Some(at)
        };
        News {
            is_updated: self.0.iter().any(is_new),
            is_listed: self.0.keys().any(|place| !earlier.0.contains_key(place)),
        }
    }
}

/// Whoever can be asked.
pub(crate) trait FeedSource: Clone + Send + Sync + 'static {
    /// Asks; what is kept is not asked again.
    fn measurement_times(
        &self,
        feed: Feed,
    ) -> impl Future<Output = Result<MeasurementTimes, Error>> + Send;

    /// The present.
    fn now(&self) -> Timestamp;

    /// How long answers are kept.
    fn cache_ttl(&self) -> Duration;
}

impl FeedSource for River {
    async fn measurement_times(&self, feed: Feed) -> Result<MeasurementTimes, Error> {
        let now = Self::now(self);
        Ok(match feed {
            Feed::Current(id) => {
                let conditions = self.conditions(place(id)).await?;
                let readings = [conditions.water, conditions.danger.flow];
                let newest = readings.iter().filter_map(|it| it.measured_at(now)).max();
                MeasurementTimes::of(id, newest)
            }
            Feed::Today(id) => {
                let today = self.today_in_short(place(id)).await?;
                MeasurementTimes::of(id, today.water.measured_at(now))
            }
            Feed::Cities => {
                let places = self.places().await?.into_iter();
                let times = places.map(|at| (at.id, at.water.measured_at(now)));
                MeasurementTimes(times.collect())
            }
            Feed::Widget => {
                let places = self.compare(&[]).await?.places.into_iter();
                let times = places.map(|at| {
                    let measured_at = at.water.measured_at(now);
                    (at.place.id().to_owned(), measured_at)
                });
                MeasurementTimes(times.collect())
            }
        })
    }

    fn now(&self) -> Timestamp {
        Self::now(self)
    }

    fn cache_ttl(&self) -> Duration {
        Self::cache_ttl(self)
    }
}

fn place(id: &'static str) -> &'static Place {
    Place::find(id).expect("the id comes from the table")
}
