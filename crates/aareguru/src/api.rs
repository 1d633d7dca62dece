//! The upstream APIs as they are: one method per endpoint, and the response types with the APIs'
//! own names and units.
//!
//! The APIs' author warns that every value may be null at any time, so every field is an [`Option`]
//! or a list that may be empty. A field that is missing, null or of an unexpected type is unknown
//! and does not invalidate the rest of the response. A number that is present but unreadable is
//! NaN. Numbers are as upstream sent them; only a [`Reading`] is checked for plausibility.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

mod body;
mod cities;
mod current;
mod history;
mod hydro;
mod lenient;
mod named_place;
mod today;
mod widget;

pub use crate::endpoint::{Api, Endpoint};
pub use crate::fetch::{Answer, BreakerState};
pub use crate::shared_cache::{SharedAnswer, SharedCache, SharedCacheFuture};
pub use cities::{City, Coordinates};
pub use current::{
    Aare, AirPoint, Bueber, Current, DayPart, ForecastDay, Record, ScaleStep, Sun, SunDay,
    SunLocation, Today, WaterPoint, Weather, WeatherNow,
};
pub use history::{History, HistoryPoint};
pub use hydro::{HydroDaterange, HydroLatest, HydroPoint, HydroValue};
pub use today::WaterToday;
pub use widget::{Widget, WidgetCity, WidgetValues};

use crate::fetch::{FetchContext, Fetcher};
use crate::upstream::{Request, Upstream};
use crate::{Clock, Config, Error, Place, Reading};

/// Client of the Aareguru API and of the existenz.ch hydro API. Cheap to clone; clones share their
/// caches and circuit breakers.
///
/// An API receives at most one request per query and [`cache_ttl`](Config::cache_ttl), however many
/// callers there are and even if they stop waiting. Transient errors are retried, and the circuit
/// breaker rejects requests while an API keeps failing. Callers then get the last response, marked
/// as stale: see [`Answer`].
///
/// Its methods need a Tokio runtime with time and IO. Its metrics go to the recorder that is
/// installed when the client is created.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    is_clock_suspect: AtomicBool,
    context: Arc<FetchContext>,
    cities: Arc<Fetcher<Vec<City>>>,
    today: Arc<Fetcher<WaterToday>>,
    current: Arc<Fetcher<Current>>,
    widget: Arc<Fetcher<Widget>>,
    history: Arc<Fetcher<History>>,
    hydro_latest: Arc<Fetcher<HydroLatest>>,
    hydro_daterange: Arc<Fetcher<HydroDaterange>>,
}

impl Client {
    /// Creates a client of the live APIs. Sends nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::BaseUrl`] and [`Error::Setup`].
    pub fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self::with_upstream(Upstream::http(config)?, config))
    }

    /// Creates a client that answers from recordings compiled into this crate. They pass through
    /// the same cache, parsing and checks as live responses.
    ///
    /// It contains all of `/v2018/cities`, and `/v2018/current` of Bern, both of 2023-05-09.
    /// `/v2018/current` of the other places, `/v2018/today` and `/v2018/widget` are derived from
    /// those two. The hydro API was recorded for Bern on 2026-09-02; every time span returns that
    /// day's values. Everything else is [`Error::NoRecording`]: `/v2018/history`, and the hydro API
    /// without Bern.
    pub fn recorded() -> Self {
        Self::recorded_with(&Config::default())
    }

    /// Creates the same client with a configured clock and cache times.
    pub fn recorded_with(config: &Config) -> Self {
        Self::with_upstream(Upstream::Recorded, config)
    }

    /// Returns the day of the Aareguru API's recordings, or `None` for a live client.
    ///
    /// The hydro API was recorded on another day; see [`Answer::recorded_on`].
    pub fn recorded_on(&self) -> Option<Date> {
        self.shared.context.upstream.recorded_on()
    }

    /// Returns [`Config::cache_ttl`].
    pub fn cache_ttl(&self) -> Duration {
        self.shared.context.cache_ttl
    }

    /// Returns [`Config::clock`].
    pub fn clock(&self) -> &Clock {
        &self.shared.context.clock
    }

    /// Returns whether the last response about all places dated every measurement in the future.
    /// The clock of this machine is then probably slow, and every reading is unknown.
    pub fn is_clock_suspect(&self) -> bool {
        self.shared.is_clock_suspect.load(Ordering::Relaxed)
    }

    /// Compares the clock with the times in a response about all places.
    pub(crate) fn check_clock<'a>(&self, readings: impl Iterator<Item = &'a Reading>) {
        let now = self.clock().now();
        let mut dated = readings
            .filter(|reading| reading.is_dated())
            .map(|reading| reading.is_future_dated(now))
            .peekable();
        if dated.peek().is_none() {
            return;
        }
        let is_suspect = dated.all(|is_future| is_future);
        let was_suspect = &self.shared.is_clock_suspect;
        if is_suspect && !was_suspect.load(Ordering::Relaxed) {
            tracing::warn!("every measurement is dated in the future; check this machine's clock");
        }
        was_suspect.store(is_suspect, Ordering::Relaxed);
    }

    /// Returns the state of the circuit breaker of `api`.
    pub fn breaker_state(&self, api: Api) -> BreakerState {
        self.shared.context.breaker(api).state()
    }

    /// Fetches `/v2018/cities`: all places with their key figures, without the flow.
    pub async fn cities(&self) -> Result<Answer<Vec<City>>, Error> {
        self.shared.cities.get(Request::Cities).await
    }

    /// Fetches `/v2018/today`: temperature and saying at one place.
    ///
    /// A response about another place is [`Error::WrongPlace`].
    pub async fn today(&self, place: &'static Place) -> Result<Answer<WaterToday>, Error> {
        let request = Request::Today(place);
        self.shared.today.get(request).await
    }

    /// Fetches `/v2018/current`: everything about one place.
    ///
    /// A response about another place is [`Error::WrongPlace`].
    pub async fn current(&self, place: &'static Place) -> Result<Answer<Current>, Error> {
        let request = Request::Current(place);
        self.shared.current.get(request).await
    }

    /// Returns the cached response of [`current`](Self::current) if it is fresh. Does not wait.
    pub fn current_if_fresh(&self, place: &'static Place) -> Option<Answer<Current>> {
        let request = Request::Current(place);
        self.shared.current.get_if_fresh(&request)
    }

    /// Fetches `/v2018/widget`: temperature, flow and flood danger level of all places at once.
    pub async fn widget(&self) -> Result<Answer<Widget>, Error> {
        self.shared.widget.get(Request::Widget).await
    }

    /// Fetches `/v2018/history`: the river at one place over a time span, in steps that the API
    /// chooses.
    ///
    /// **Unproven**: no real response is public. [`History`] lists the shapes that can be parsed;
    /// any other is [`Error::Malformed`]. A response that names another place is
    /// [`Error::WrongPlace`].
    ///
    /// Each time span, to the second, has its own cache entry. Round spans to 10 minutes or more so
    /// that callers share responses.
    pub async fn history(
        &self,
        place: &'static Place,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Answer<History>, Error> {
        let request = Request::History(place, start.as_second()..=end.as_second());
        self.shared.history.get(request).await
    }

    /// Fetches `/latest` of the hydro API: flow, height and temperature at the gauges of these
    /// places, or of all places with a gauge if `places` is empty.
    ///
    /// A response with another gauge is [`Error::WrongPlace`]. A place without a gauge (Olten) is
    /// [`Error::NotMeasured`], without a request.
    pub async fn hydro_latest(
        &self,
        places: &[&'static Place],
    ) -> Result<Answer<HydroLatest>, Error> {
        let request = Request::hydro_latest(places)?;
        self.shared.hydro_latest.get(request).await
    }

    /// Fetches `/daterange` of the hydro API: flow, height and temperature at the gauge of a place
    /// over a time span, which may begin 32 days ago at most.
    ///
    /// A response of another gauge is [`Error::WrongPlace`]. A place without a gauge (Olten) is
    /// [`Error::NotMeasured`], without a request.
    ///
    /// Each time span, to the second, has its own cache entry. Round spans to 10 minutes or more so
    /// that callers share responses.
    pub async fn hydro_daterange(
        &self,
        place: &'static Place,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Answer<HydroDaterange>, Error> {
        let request = Request::hydro_daterange(place, start.as_second()..=end.as_second())?;
        self.shared.hydro_daterange.get(request).await
    }

    fn with_upstream(upstream: Upstream, config: &Config) -> Self {
        let context = Arc::new(FetchContext::new(upstream, config));
        let shared = Shared {
            cities: Fetcher::new(&context, Endpoint::Cities, config, cities::read),
            today: Fetcher::new(&context, Endpoint::Today, config, today::read),
            current: Fetcher::new(&context, Endpoint::Current, config, current::read),
            widget: Fetcher::new(&context, Endpoint::Widget, config, widget::read),
            history: Fetcher::new(&context, Endpoint::History, config, history::read),
            hydro_latest: Fetcher::new(&context, Endpoint::HydroLatest, config, hydro::read_latest),
            hydro_daterange: Fetcher::new(
                &context,
                Endpoint::HydroDaterange,
                config,
                hydro::read_daterange,
            ),
            is_clock_suspect: AtomicBool::new(false),
            context,
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

/// Shows where the responses come from, not the responses.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("upstream", &self.shared.context.upstream)
            .finish_non_exhaustive()
    }
}
