//! Notifications of new measurements.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::River;
use crate::feeds::{Awaited, Feed, FeedSource, MeasurementTimes, Watch, until_next};
use crate::{Error, Place};

impl River {
    /// Watches a feed for new measurements.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn watch(&self, feed: Feed) -> Watch {
        self.feeds.watch(self, feed, Awaited::Measurement)
    }

    /// Watches the list of places for new places.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn watch_places(&self) -> Watch {
        self.feeds.watch(self, Feed::Cities, Awaited::Place)
    }

    /// Waits until any watched feed changes. [`Watch::take_change`] returns whether it is that of a
    /// watch.
    ///
    /// Changes count from the call on, not from the first poll of the future.
    pub fn any_change(&self) -> impl Future<Output = ()> + use<> {
        self.feeds.any_change()
    }

    /// Returns how many watches are open.
    pub fn watch_count(&self) -> watch::Receiver<usize> {
        self.feeds.watch_count()
    }

    /// Returns the time until the API can have a measurement newer than the one of `measured_at`; at least
    /// as long as responses are cached.
    pub fn until_next_measurement(&self, measured_at: Option<Timestamp>) -> Duration {
        until_next(self.now(), measured_at, self.cache_ttl())
    }
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
