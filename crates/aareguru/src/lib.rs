#![doc = include_str!("../README.md")]
//!
//! # Layout
//!
//! * [`River`]: the questions one can ask, and the only door for most callers.
//! * [`Place`]: the eight places, and how people name them.
//! * [`Reading`]: a value with its time, and what its age allows one to say.
//! * [`api`]: the API as it is: [`Client`] with one method per endpoint, and
//!   the types of the answers.
//! * `fetch`: the one path of a request: cache, one flight per key, upstream.
//! * `upstream`: where answers come from: the live API or the recordings.
#![warn(missing_docs)]

mod river;
pub use river::{CurrentTemperature, PlaceTemperature, River};

mod place;
pub use place::{Place, UnknownPlace};

mod reading;
pub use reading::{Freshness, OLD_AFTER, Reading, STALE_AFTER};

mod local_time;
pub use local_time::local_time;

pub mod api;
pub use api::Client;

mod config;
pub use config::Config;

mod error;
pub use error::Error;

mod excerpt;
mod fetch;
mod upstream;

/// The sources, to be named wherever the numbers are shown: a condition of use.
pub const CREDIT: &str = "Data: Aare.guru (https://aare.guru), BAFU (https://www.hydrodaten.admin.ch); non-commercial use";
