//! The APIs as they are: one method per endpoint, and the types of the answers
//! with the APIs' own names and units.
//!
//! Their author warns that every value may be null at any time, so every one
//! is an [`Option`] or a list that may be empty. What is missing, null or of an
//! unexpected type is unknown; it never spoils the rest of an answer. A number that
//! is present but unreadable is NaN. The numbers here are as upstream sent them: a
//! [`Reading`] holds only plausible ones.

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

/// A client of the Aareguru API, and of the hydro API beside it. Cheap to
/// clone; clones share their caches and breakers.
///
/// However many ask, and even if those who asked first go away, an API gets
/// one request per question and [`cache_ttl`](Config::cache_ttl); a few more if
/// it fails in a way that may pass, and none for a while if it keeps failing.
/// Then the last answer is given, marked as such: see [`Answer`].
///
/// Its methods need a Tokio runtime with time and IO. Its metrics go to the
/// recorder that is installed when the client is made.
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
    /// A client of the live APIs. Sends nothing yet.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self::of(Upstream::http(config)?, config))
    }

    /// A client that answers from recordings compiled into this crate, by the
    /// same way as the live answers: cache, parsing and checks.
    ///
    /// It knows all of `/v2018/cities`, and `/v2018/current` of Bern, both of
    /// 2023-05-09. `/v2018/current` of the other places, `/v2018/today` and
    /// `/v2018/widget` tell what is known from those two. The hydro API was
    /// recorded for Bern on 2026-09-02; whatever span is asked for, that day's
    /// values come. All else is [`Error::NoRecording`]: `/v2018/history`, and
    /// the hydro API without Bern.
    pub fn recorded() -> Self {
        Self::recorded_with(&Config::default())
    }

    /// The same, of which the present and the times of the cache are set.
    pub fn recorded_with(config: &Config) -> Self {
        Self::of(Upstream::Recorded, config)
    }

    /// The day of the Aareguru API's recordings, or `None` if the answers are
    /// live.
    ///
    /// The hydro API was recorded on another day; each answer knows its own:
    /// [`Answer::recorded_on`].
    pub fn recorded_on(&self) -> Option<Date> {
        self.shared.context.upstream.recorded_on()
    }

    /// How long an answer is used before the API is asked again, as
    /// [`Config::cache_ttl`] has it.
    pub fn cache_ttl(&self) -> Duration {
        self.shared.context.cache_ttl
    }

    /// The present, as [`Config::clock`] has it.
    pub fn clock(&self) -> &Clock {
        &self.shared.context.clock
    }

    /// Whether the last answer about all places dated every measurement in the future. Then the
    /// clock of this machine is probably slow, and every reading is unknown.
    pub fn is_clock_suspect(&self) -> bool {
        self.shared.is_clock_suspect.load(Ordering::Relaxed)
    }

    /// Compares the clock with the times in an answer about all places.
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

    /// Whether an API is asked at the moment, or left alone because it fails.
    pub fn breaker_state(&self, api: Api) -> BreakerState {
        self.shared.context.breaker(api).state()
    }

    /// `/v2018/cities`: all places with their key figures, but no flow.
    pub async fn cities(&self) -> Result<Answer<Vec<City>>, Error> {
        self.shared.cities.get(Request::Cities).await
    }

    /// `/v2018/today`: temperature and saying at one place.
    ///
    /// The answer is checked to be about `place`.
    pub async fn today(&self, place: &'static Place) -> Result<Answer<WaterToday>, Error> {
        let request = Request::Today(place);
        self.shared.today.get(request).await
    }

    /// `/v2018/current`: everything about one place.
    ///
    /// The answer is checked to be about `place`.
    pub async fn current(&self, place: &'static Place) -> Result<Answer<Current>, Error> {
        let request = Request::Current(place);
        self.shared.current.get(request).await
    }

    /// The answer of [`current`](Self::current) if there is one that is used
    /// without asking; does not wait.
    pub fn current_if_fresh(&self, place: &'static Place) -> Option<Answer<Current>> {
        let request = Request::Current(place);
        self.shared.current.get_if_fresh(&request)
    }

    /// `/v2018/widget`: temperature, flow and flood danger level of all places
    /// at once.
    pub async fn widget(&self) -> Result<Answer<Widget>, Error> {
        self.shared.widget.get(Request::Widget).await
    }

    /// `/v2018/history`: the river at one place over a span of time, in steps
    /// that the API picks.
    ///
    /// **Unproven**: no real answer is public. See [`History`] for what is
    /// read; anything else is [`Error::Malformed`]. Where the answer names its
    /// place, it is checked to be `place`.
    ///
    /// Each span is a question of its own to the cache, to the second: round
    /// it, to 10 minutes or more, where askers should share answers.
    pub async fn history(
        &self,
        place: &'static Place,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Answer<History>, Error> {
        let request = Request::History(place, start.as_second()..=end.as_second());
        self.shared.history.get(request).await
    }

    /// `/latest` of the hydro API: flow, height and temperature at the gauges
    /// of these places; of all places that have one if `places` is empty.
    ///
    /// The answer is checked to hold no other gauge. A place that has none
    /// (Olten) is [`Error::NotMeasured`], and nothing is asked.
    pub async fn hydro_latest(
        &self,
        places: &[&'static Place],
    ) -> Result<Answer<HydroLatest>, Error> {
        let request = Request::hydro_latest(places)?;
        self.shared.hydro_latest.get(request).await
    }

    /// `/daterange` of the hydro API: flow, height and temperature at the gauge
    /// of a place over a span of time, which may begin 32 days ago at most.
    ///
    /// The answer is checked to be of that gauge. A place that has none (Olten)
    /// is [`Error::NotMeasured`], and nothing is asked.
    ///
    /// Each span is a question of its own to the cache, to the second: round
    /// it, to 10 minutes or more, where askers should share answers.
    pub async fn hydro_daterange(
        &self,
        place: &'static Place,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Answer<HydroDaterange>, Error> {
        let request = Request::hydro_daterange(place, start.as_second()..=end.as_second())?;
        self.shared.hydro_daterange.get(request).await
    }

    fn of(upstream: Upstream, config: &Config) -> Self {
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

/// Shows where the answers come from, not the answers.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("upstream", &self.shared.context.upstream)
            .finish_non_exhaustive()
    }
}
