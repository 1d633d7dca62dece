#![doc = include_str!("../README.md")]
//!
//! # Layout
//!
//! * [`River`]: the questions one can ask, and the only door for most callers.
//! * [`Feed`] and [`Watch`]: notifications of new measurements.
//! * [`Place`]: the eight places, and how people name them.
//! * [`Reading`]: a value with its time, and what its age allows one to say;
//!   [`Trend`] and [`Suspicion`]: what a series of them tells.
//! * `plausibility`: the one check of every value from upstream; a value that fails is unknown,
//!   with the reason ([`Implausible`]). A value that does not fit its series has a [`Doubt`].
//! * [`FloodLevel`]: BAFU's flood levels, by gauge.
//! * [`advice`]: what may be said to a swimmer, and on what ground.
//! * [`plain_reading`]: what the sayings in Bernese German mean.
//! * [`WeatherSymbol`]: what the symbols of the weather forecast mean.
//! * [`TimeSpan`]: a span of time as people write it; [`series`]: what was
//!   measured in one, in numbers.
//! * [`Source`]: who says so, of every fact in `data/`.
//! * [`api`]: the APIs as they are: [`Client`] with one method per endpoint,
//!   and the types of the answers.
//! * `fetch`: the path of a request: cache, single flight, stale fallback,
//!   shared cache, retries, circuit breaker, upstream.
//! * `upstream`: where answers come from: the live APIs or the recordings.
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

/// The sources, to be named wherever the numbers are shown: a condition of use.
pub const CREDIT: &str = "Data: Aare.guru (https://aare.guru), BAFU (https://www.hydrodaten.admin.ch); non-commercial use";
