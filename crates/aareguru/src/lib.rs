#![doc = include_str!("../README.md")]
//!
//! # Layout
//!
//! * [`River`]: answers questions about the river; the main entry point.
//! * [`Feed`] and [`Watch`]: notifications of new measurements.
//! * [`Place`]: the eight places, and the names by which they are found.
//! * [`Reading`]: a value with its time and freshness; [`Trend`] and [`Suspicion`]: what a series
//!   of readings shows.
//! * `plausibility`: checks every value from upstream; a value that fails is unknown,
//!   with the reason ([`Implausible`]). A value that does not fit its series has a [`Doubt`].
//! * [`FloodLevel`]: BAFU's flood levels, by gauge.
//! * [`advice`]: the verdict for swimmers, with reasons and sources.
//! * [`plain_reading`]: translates the sayings in Bernese German.
//! * [`WeatherSymbol`]: the symbols of the weather forecast and their meaning.
//! * [`TimeSpan`]: parses time spans; [`series`]: measurements over a time span, and their
//!   statistics.
//! * [`Source`]: the source of each fact in `data/`.
//! * [`api`]: the upstream APIs as they are: [`Client`] with one method per endpoint,
//!   and the response types.
//! * `fetch`: the path of a request: cache, single flight, stale fallback,
//!   shared cache, retries, circuit breaker, upstream.
//! * `upstream`: the source of responses: the live APIs or the recordings.
#![warn(missing_docs)]

mod river;
pub use river::{ComparedPlace, Comparison, Ranked};
pub use river::{
    Conditions, CurrentTemperature, Danger, Lawn, PlaceTemperature, River, TodayInShort,
};
pub use river::{
    DayForecast, Forecast, NoBestPart, PartForecast, PartOfDay, Sunshine, WaterForecast,
};
pub use river::{HistoryError, HistorySource, HistoryStage, RiverHistory, Shortfall};

mod feeds;
pub use feeds::{Feed, Watch};

mod place;
pub use place::{Place, Quantity, UnknownPlace, WeatherStation};

mod reading;
pub use reading::{
    Direction, Doubt, Freshness, OLD_AFTER, Reading, STALE_AFTER, Suspicion, Trend, UnknownReason,
};

mod plausibility;
pub use plausibility::{CLOCK_TOLERANCE, Implausible, PlausibleRange};

mod flood;
pub use flood::{FloodAssessment, FloodLevel, FloodThresholds, NextLevel, ReportedLevel};

pub mod advice;
pub use advice::{Advice, Situation, Verdict};

mod dialect;
pub use dialect::{Saying, Scale, plain_reading};

mod weather;
pub use weather::WeatherSymbol;

mod source;
pub use source::Source;

pub mod series;

mod span;
pub use span::{SpanError, TimeSpan};

mod local_time;
pub use local_time::{age_in_words, local_time, swiss_time};

pub mod api;
pub use api::Client;

mod bot_protection;

mod clock;
pub use clock::Clock;

mod config;
pub use config::Config;

mod current_readings;

mod endpoint;

mod error;
pub use error::{Error, UpstreamTrouble};

mod excerpt;
pub use excerpt::quoted;

mod fetch;
mod shared_cache;
mod upstream;

/// The sources to credit wherever their data is shown: a condition of use.
pub const CREDIT: &str = "Data: Aare.guru (https://aare.guru), BAFU (https://www.hydrodaten.admin.ch); non-commercial use";
