//! Answers questions about the river; the main entry point of the crate.
//!
//! Interprets the responses of the APIs. Fetching them is the responsibility of
//! [`Client`](crate::Client). Each question has its own file.

mod compare;
mod conditions;
mod current_temperature;
mod danger;
mod forecast;
mod history;
mod places;
mod today;
mod watch;

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

/// Answers questions about the Aare. Cheap to clone; clones share one cache and one poller per
/// [`Feed`](crate::Feed).
#[derive(Debug, Clone)]
pub struct River {
    client: Client,
    feeds: Arc<Feeds>,
}

impl River {
    /// Creates a river with the data of `client`.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            feeds: Arc::default(),
        }
    }

    /// Returns the time against which readings are judged: that of the client's
    /// [clock](crate::Config::clock).
    pub fn now(&self) -> Timestamp {
        self.client.clock().now()
    }

    /// Returns the client that fetches the data.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns how long a response is fresh: the client's [`cache_ttl`](crate::Config::cache_ttl).
    pub fn cache_ttl(&self) -> Duration {
        self.client.cache_ttl()
    }

    /// Returns the current water temperature at `place`.
    pub async fn current_temperature(
        &self,
        place: &'static Place,
    ) -> Result<CurrentTemperature, Error> {
        let answer = self.client.current(place).await?;
        Ok(CurrentTemperature::new(place, &answer, self.now()))
    }

    /// Returns the water temperature at `place` with a short saying.
    pub async fn today_in_short(&self, place: &'static Place) -> Result<TodayInShort, Error> {
        let answer = self.client.today(place).await?;
        Ok(TodayInShort::new(place, &answer, self.now()))
    }

    /// Returns the current conditions at `place`: water, flow, air, sun and canal.
    pub async fn conditions(&self, place: &'static Place) -> Result<Conditions, Error> {
        let answer = self.client.current(place).await?;
        Ok(Conditions::new(place, &answer, self.now()))
    }

    /// Returns what the flow at `place` means for swimmers and the land near the river.
    pub async fn danger(&self, place: &'static Place) -> Result<Danger, Error> {
        let answer = self.client.current(place).await?;
        Ok(Danger::new(place, &answer, self.now()))
    }

    /// Returns the water temperature at each place.
    ///
    /// The places are in downstream order. A place that the API omits has an unknown reading;
    /// places that only the API knows come last.
    pub async fn places(&self) -> Result<Vec<PlaceTemperature>, Error> {
        let cities = self.client.cities().await?;
        let places = places::from_cities(&cities);
        self.client.check_clock(places.iter().map(|at| &at.water));
        Ok(places)
    }

    /// Compares these places, or all places if the list is empty.
    ///
    /// One request returns all places. A place that the API omits is unknown.
    pub async fn compare(&self, places: &[&'static Place]) -> Result<Comparison, Error> {
        let answer = self.client.widget().await?;
        let comparison = Comparison::new(places, &answer);
        if places.is_empty() {
            let places = comparison.places.iter();
            self.client.check_clock(places.map(|at| &at.water));
        }
        Ok(comparison)
    }

    /// Returns the forecast for `place`: the water in two hours, the weather of today and of the
    /// next days.
    pub async fn forecast(&self, place: &'static Place) -> Result<Forecast, Error> {
        let answer = self.client.current(place).await?;
        Ok(Forecast::new(place, &answer, self.now()))
    }

    /// Returns the measurements at `place` of the two days before its last reading, oldest first.
    /// They are part of the response for [`conditions`](Self::conditions) and need no separate
    /// request. For other spans see [`history`](Self::history).
    pub async fn past_two_days(&self, place: &'static Place) -> Result<Vec<RiverPoint>, Error> {
        let answer = self.client.current(place).await?;
        let (recorded_on, now) = (answer.recorded_on(), self.now());
        let points = current_readings::past_two_days(place, &answer, recorded_on, now);
        Ok(points)
    }

    /// Returns the measurements at `place` from `start` to `end`, as
    /// [`TimeSpan::read`](crate::TimeSpan::read) parses them at the time `now`.
    ///
    /// Uses the first source that covers the span: the last two days, the hydro API, the history;
    /// the next one if that fails. Calls `on_stage` before each request. For recordings, `now` is
    /// the time of the last reading.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
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
