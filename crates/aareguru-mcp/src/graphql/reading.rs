//! A measured value, its time, and what its age allows one to say.
//!
//! What is shown for which age is decided where the tools have it decided, in
//! [`mcp::reading`](crate::mcp::reading).

use aareguru::{Place, Quantity, Reading, local_time};
use async_graphql::{Enum, SimpleObject};
use jiff::Timestamp;

use super::scalars::{Date, DateTime};
use crate::mcp::reading::{unknown_because, unless_old};

/// A water temperature.
#[derive(Debug, SimpleObject)]
pub(super) struct WaterTemperature {
    /// Water temperature in degrees Celsius, to the tenth. Null if it is
    /// unknown or was measured more than a day ago: see `unknownBecause`.
    celsius: Option<f64>,
    #[graphql(flatten)]
    measured: Measured,
}

/// A flow: how much water the river carries.
#[derive(Debug, SimpleObject)]
pub(super) struct Flow {
    /// Flow in cubic metres per second. Null if it is unknown or was measured
    /// more than a day ago, which is not zero: see `unknownBecause`.
    m3_per_s: Option<f64>,
    #[graphql(flatten)]
    measured: Measured,
}

/// An air temperature, at the weather station that goes with the place.
#[derive(Debug, SimpleObject)]
pub(super) struct AirTemperature {
    /// Air temperature in degrees Celsius. Null if it is unknown or was
    /// measured more than a day ago: see `unknownBecause`.
    celsius: Option<f64>,
    #[graphql(flatten)]
    measured: Measured,
}

/// Rain, at the weather station that goes with the place.
#[derive(Debug, SimpleObject)]
pub(super) struct Rain {
    /// Rain in millimetres in the 10 minutes before. Null if it is unknown or
    /// was measured more than a day ago: see `unknownBecause`.
    mm_per10_minutes: Option<f64>,
    #[graphql(flatten)]
    measured: Measured,
}

/// When a value was measured, and what its age allows one to say.
#[derive(Debug, SimpleObject)]
struct Measured {
    /// When it was measured; null if unknown or in the future.
    measured_at: Option<DateTime>,
    /// The same in Swiss local time with its zone, as in "2023-05-09 13:20
    /// CEST"; null if unknown.
    measured_at_local: Option<String>,
    /// How long ago it was measured, in seconds; null if the time is unknown.
    age_seconds: Option<i32>,
    /// How far the value can be trusted to describe the river now.
    freshness: Freshness,
    /// The day on which this was recorded, if it is a recording and not the
    /// live river; else null.
    recorded_on: Option<Date>,
    /// Why there is no value; null if there is one.
    unknown_because: Option<String>,
    /// Why the value may be wrong; null if nothing suggests it.
    doubt: Option<String>,
}

/// What may be said of a value, by its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::Freshness")]
pub(super) enum Freshness {
    /// At most two hours old: the river now.
    Fresh,
    /// More than two hours old: to be shown with its age.
    Stale,
    /// More than a day old: not given as current.
    Old,
    /// No value, or no believable time.
    Unknown,
    /// From a recording, not the live river.
    Recorded,
}

impl WaterTemperature {
    pub(super) fn new(place: &Place, reading: &Reading, now: Timestamp) -> Self {
        Self {
            celsius: unless_old(reading, now),
            measured: Measured::new(reading, place.measures(Quantity::Temperature), now),
        }
    }
}

impl Flow {
    pub(super) fn new(place: &Place, reading: &Reading, now: Timestamp) -> Self {
        Self {
            m3_per_s: unless_old(reading, now),
            measured: Measured::new(reading, place.measures(Quantity::Flow), now),
        }
    }
}

impl AirTemperature {
    pub(super) fn new(reading: &Reading, now: Timestamp) -> Self {
        Self {
            celsius: unless_old(reading, now),
            measured: Measured::new(reading, true, now),
        }
    }
}

impl Rain {
    pub(super) fn new(reading: &Reading, now: Timestamp) -> Self {
        Self {
            mm_per10_minutes: unless_old(reading, now),
            measured: Measured::new(reading, true, now),
        }
    }
}

impl Measured {
    fn new(reading: &Reading, is_measured_here: bool, now: Timestamp) -> Self {
        let seconds = |age: std::time::Duration| i32::try_from(age.as_secs()).unwrap_or(i32::MAX);
        let measured_at = reading.measured_at(now);
        Self {
            measured_at: measured_at.map(DateTime::from),
            measured_at_local: measured_at.map(local_time),
            age_seconds: reading.age(now).map(seconds),
            freshness: reading.freshness(now).into(),
            recorded_on: reading.recorded_on.map(Date::from),
            unknown_because: unknown_because(reading, is_measured_here, now),
            doubt: reading.doubt().map(|doubt| doubt.to_string()),
        }
    }
}
