//! The river: the questions one can ask. The only door for most callers.
//!
//! Turns what the API says into what it means; how the answers arrive is the
//! business of [`Client`](crate::Client). One question a file.

mod compare;
mod conditions;
mod current_temperature;
mod danger;
mod forecast;
mod history;
mod places;
mod today;

pub use compare::{ComparedPlace, Comparison, Ranked};
pub use conditions::{Conditions, Lawn};
pub use current_temperature::CurrentTemperature;
pub use danger::Danger;
pub use forecast::{
    DayForecast, Forecast, NoBestPart, PartForecast, PartOfDay, Sunshine, WaterForecast,
};
pub use history::{HistoryError, HistorySource, HistoryStage, RiverHistory, Shortfall};
pub use places::PlaceTemperature;
pub use today::TodayInShort;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::current_readings;
use crate::feeds::Feeds;
use crate::series::RiverPoint;
use crate::{Client, Error, Place};

/// The Aare, to be asked. Cheap to clone; clones share one cache and the pollers of [`Feed`](crate::Feed)s.
#[derive(Debug, Clone)]
pub struct River {
    client: Client,
    pub(crate) feeds: Arc<Feeds>,
}

impl River {
    /// The river as `client` tells it.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            feeds: Arc::default(),
        }
    }

    /// The present by which readings are to be judged: that of the client's
    /// [clock](crate::Config::clock).
    pub fn now(&self) -> Timestamp {
        self.client.clock().now()
    }

    /// What it is told by.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// How long an answer is used before the API is asked again: that of the
    /// client's [configuration](crate::Config::cache_ttl).
    pub fn cache_ttl(&self) -> Duration {
        self.client.cache_ttl()
    }

    /// How warm is the water at `place` now?
    pub async fn current_temperature(
        &self,
        place: &'static Place,
    ) -> Result<CurrentTemperature, Error> {
        let answer = self.client.current(place).await?;
        Ok(CurrentTemperature::new(place, &answer, self.now()))
    }

    /// How warm is the water at `place`, in short?
    pub async fn today_in_short(&self, place: &'static Place) -> Result<TodayInShort, Error> {
        let answer = self.client.today(place).await?;
        Ok(TodayInShort::new(place, &answer, self.now()))
    }

    /// How is it at `place` now: water, flow, air, sun and canal?
    pub async fn conditions(&self, place: &'static Place) -> Result<Conditions, Error> {
        let answer = self.client.current(place).await?;
        Ok(Conditions::new(place, &answer, self.now()))
    }

    /// What does the flow at `place` mean?
    pub async fn danger(&self, place: &'static Place) -> Result<Danger, Error> {
        let answer = self.client.current(place).await?;
        Ok(Danger::new(place, &answer, self.now()))
    }

    /// How warm is the water at each place?
    ///
    /// In downstream order. A place that the API leaves out has an unknown
    /// reading; places that only the API knows come last.
    pub async fn places(&self) -> Result<Vec<PlaceTemperature>, Error> {
        let cities = self.client.cities().await?;
        let places = places::from_cities(&cities);
        self.client.check_clock(places.iter().map(|at| &at.water));
        Ok(places)
    }

    /// How do these places compare? All of them, if none is named.
    ///
    /// One request tells of all. A place that the API leaves out is unknown.
    pub async fn compare(&self, places: &[&'static Place]) -> Result<Comparison, Error> {
        let answer = self.client.widget().await?;
        let comparison = Comparison::new(places, &answer);
        if places.is_empty() {
            let places = comparison.places.iter();
            self.client.check_clock(places.map(|at| &at.water));
        }
        Ok(comparison)
    }

    /// What comes at `place`: the water in two hours, the weather of today and
    /// of the next days?
    pub async fn forecast(&self, place: &'static Place) -> Result<Forecast, Error> {
        let answer = self.client.current(place).await?;
        Ok(Forecast::new(place, &answer, self.now()))
    }

    /// What was measured at `place` in the two days before its last reading,
    /// oldest first: what comes with [`conditions`](Self::conditions), without
    /// a request of its own. For other spans see [`history`](Self::history).
    pub async fn past_two_days(&self, place: &'static Place) -> Result<Vec<RiverPoint>, Error> {
        let answer = self.client.current(place).await?;
        let (recorded_on, now) = (answer.recorded_on(), self.now());
        let points = current_readings::past_two_days(place, &answer, recorded_on, now);
        Ok(points)
    }

    /// What was measured at `place` from `start` to `end`, as
    /// [`TimeSpan::read`](crate::TimeSpan::read) reads them at the time `now`?
    ///
    /// From the nearest source that has all of it: the last two days, the hydro
    /// API, the history; from the next one if that fails. `on_stage` hears who
    /// is being asked. Of recordings, `now` is the time of the last reading.
    pub async fn history(
        &self,
        place: &'static Place,
        start: &str,
        end: &str,
        now: Timestamp,
        on_stage: impl Fn(HistoryStage) + Send + Sync,
    ) -> Result<RiverHistory, HistoryError> {
        history::ask(&self.client, place, (start, end), now, &on_stage).await
    }
}
