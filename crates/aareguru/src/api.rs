//! The Aareguru API as it is: one method per endpoint, and the types of the
//! answers with the API's own names and units.
//!
//! The API's author warns that every value may be null at any time, so every
//! one is an [`Option`] or a list that may be empty. What is missing, null or
//! of an unexpected type is unknown; it never spoils the rest of an answer.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

mod answer;
mod cities;
mod current;
mod lenient;

pub use cities::{City, Coordinates};
pub use current::{
    Aare, AirPoint, Bueber, Current, DayPart, ForecastDay, Record, ScaleStep, Sun, SunDay,
    SunLocation, Today, WaterPoint, Weather, WeatherNow,
};

use crate::fetch::Fetch;
use crate::upstream::{Request, Upstream};
use crate::{Config, Error, Place};

/// A client of the Aareguru API. Cheap to clone; clones share one cache.
///
/// However many ask, and even if those who asked first go away, the API gets
/// one request per question and [`cache_ttl`](Config::cache_ttl).
///
/// Its methods need a Tokio runtime.
#[derive(Clone)]
pub struct Client {
    upstream: Arc<Upstream>,
    cities: Fetch<Vec<City>>,
    current: Fetch<Current>,
}

impl Client {
    /// A client of the live API. Sends nothing yet.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self::of(Upstream::http(config)?, config))
    }

    /// A client that answers from recordings compiled into this crate, by the
    /// same way as the live answers: cache, parsing and checks.
    ///
    /// It knows all of `/v2018/cities`, and `/v2018/current` of Bern; of the
    /// other places' `/v2018/current` it knows only what `/v2018/cities` tells.
    pub fn recorded() -> Self {
        Self::of(Upstream::Recorded, &Config::default())
    }

    /// The day of the recordings, or `None` if the answers are live.
    pub fn recorded_on(&self) -> Option<Date> {
        self.upstream.recorded_on()
    }

    /// `/v2018/cities`: all places with their key figures.
    pub async fn cities(&self) -> Result<Arc<Vec<City>>, Error> {
        self.cities.get(Request::Cities).await
    }

    /// `/v2018/current`: everything about one place.
    ///
    /// The answer is checked to be about `place`.
    pub async fn current(&self, place: &Place) -> Result<Arc<Current>, Error> {
        self.current.get(Request::Current(place.in_table())).await
    }

    fn of(upstream: Upstream, config: &Config) -> Self {
        let upstream = Arc::new(upstream);
        Self {
            cities: Fetch::new(Arc::clone(&upstream), config.cache_ttl, cities::read),
            current: Fetch::new(Arc::clone(&upstream), config.cache_ttl, current::read),
            upstream,
        }
    }
}

/// Shows where the answers come from, not the answers.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("upstream", &self.upstream)
            .finish_non_exhaustive()
    }
}
