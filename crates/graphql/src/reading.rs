//! A measured value, its time, and what its age allows one to say.
//!
//! Which value is shown at which age is decided in [`answers::reading`].

use aareguru::{Place, Quantity, Reading, local_time};
use answers::reading::{unknown_because, value_unless_old};
use async_graphql::{Enum, SimpleObject};
use jiff::Timestamp;

use super::scalars::{Date, DateTime};

objects! {
    #![derive(Debug, SimpleObject)]

    /// A water temperature.
    struct WaterTemperatureType("WaterTemperature") from(place: &Place, reading: &Reading, now: Timestamp) {
        /// Water temperature in degrees Celsius, to the tenth. Null if it is
        /// unknown or was measured more than a day ago: see `unknownBecause`.
        celsius: Option<f64> = value_unless_old(reading, now),
        #[graphql(flatten)]
        measured: MeasuredType = MeasuredType::new(reading, place.measures(Quantity::Temperature), now),
    }

    /// A flow: how much water the river carries.
    struct FlowType("Flow") from(place: &Place, reading: &Reading, now: Timestamp) {
        /// Flow in cubic metres per second. Null if it is unknown or was measured
        /// more than a day ago, which is not zero: see `unknownBecause`.
        m3_per_s: Option<f64> = value_unless_old(reading, now),
        #[graphql(flatten)]
        measured: MeasuredType = MeasuredType::new(reading, place.measures(Quantity::Flow), now),
    }

    /// An air temperature, at the weather station that goes with the place.
    struct AirTemperatureType("AirTemperature") from(reading: &Reading, now: Timestamp) {
        /// Air temperature in degrees Celsius. Null if it is unknown or was
        /// measured more than a day ago: see `unknownBecause`.
        celsius: Option<f64> = value_unless_old(reading, now),
        #[graphql(flatten)]
        measured: MeasuredType = MeasuredType::new(reading, true, now),
    }

    /// Rain, at the weather station that goes with the place.
    struct RainType("Rain") from(reading: &Reading, now: Timestamp) {
        /// Rain in millimetres in the 10 minutes before. Null if it is unknown or
        /// was measured more than a day ago: see `unknownBecause`.
        mm_per10_minutes: Option<f64> = value_unless_old(reading, now),
        #[graphql(flatten)]
        measured: MeasuredType = MeasuredType::new(reading, true, now),
    }

    /// When a value was measured, and what its age allows one to say.
    struct MeasuredType("Measured") from(reading: &Reading, is_measured_here: bool, now: Timestamp) {
        /// When it was measured; null if unknown or in the future.
        measured_at: Option<DateTime> = reading.measured_at(now).map(DateTime),
        /// The same in Swiss local time with its zone, as in "2023-05-09 13:20
        /// CEST"; null if unknown.
        measured_at_local: Option<String> = reading.measured_at(now).map(local_time),
        /// How long ago it was measured, in seconds; null if the time is unknown.
        age_seconds: Option<u64> = reading.age(now).map(|age| age.as_secs()),
        /// How far the value can be trusted to describe the river now.
        freshness: FreshnessType = reading.freshness(now).into(),
        /// The day on which this was recorded, if it is a recording and not the
        /// live river; else null.
        recorded_on: Option<Date> = reading.recorded_on.map(Date),
        /// Why there is no value; null if there is one.
        unknown_because: Option<String> = unknown_because(reading, is_measured_here, now),
        /// Why the value may be wrong; null if nothing suggests it.
        doubt: Option<String> = reading.doubt().map(|doubt| doubt.to_string()),
    }
}

/// What may be said of a value, by its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::Freshness", name = "Freshness")]
pub(super) enum FreshnessType {
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
