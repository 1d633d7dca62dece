//! The GraphQL types of readings: a value with its time and freshness.
//!
//! [`answers::reading`] decides which values are too old to be shown.

use aareguru::{Place, Quantity, Reading, local_time};
use answers::reading::{unknown_because, value_unless_old};
use async_graphql::{Enum, SimpleObject};
use jiff::Timestamp;

use super::scalars::{Date, DateTime};

objects! {
    #![derive(Debug, SimpleObject)]

    /// A water temperature.
    struct WaterTemperatureType("WaterTemperature") from(
        place: &Place,
        reading: &Reading,
        now: Timestamp,
    ) {
        /// Water temperature in degrees Celsius, with one decimal. Null if it is unknown or was
        /// measured more than a day ago; `unknownBecause` contains the reason.
        celsius: Option<f64> = value_unless_old(reading, now),
        #[graphql(flatten)]
        measured: MeasuredType =
            MeasuredType::new(reading, place.measures(Quantity::Temperature), now),
    }

    /// A flow: how much water the river carries.
    struct FlowType("Flow") from(place: &Place, reading: &Reading, now: Timestamp) {
        /// Flow in cubic metres per second. Null if it is unknown or was measured more than a day
        /// ago; `unknownBecause` contains the reason. Null does not mean zero.
        m3_per_s: Option<f64> = value_unless_old(reading, now),
        #[graphql(flatten)]
        measured: MeasuredType = MeasuredType::new(reading, place.measures(Quantity::Flow), now),
    }

    /// An air temperature at the nearest weather station.
    struct AirTemperatureType("AirTemperature") from(reading: &Reading, now: Timestamp) {
        /// Air temperature in degrees Celsius. Null if it is unknown or was measured more than a
        /// day ago; `unknownBecause` contains the reason.
        celsius: Option<f64> = value_unless_old(reading, now),
        #[graphql(flatten)]
        measured: MeasuredType = MeasuredType::new(reading, true, now),
    }

    /// Rain at the nearest weather station.
    struct RainType("Rain") from(reading: &Reading, now: Timestamp) {
        /// Rain in the 10 minutes before the measurement, in millimetres. Null if it is unknown or
        /// was measured more than a day ago; `unknownBecause` contains the reason.
        mm_per10_minutes: Option<f64> = value_unless_old(reading, now),
        #[graphql(flatten)]
        measured: MeasuredType = MeasuredType::new(reading, true, now),
    }

    /// When a value was measured, and how reliable it is now.
    struct MeasuredType("Measured") from(
        reading: &Reading,
        is_measured_here: bool,
        now: Timestamp,
    ) {
        /// When it was measured; null if unknown or in the future.
        measured_at: Option<DateTime> = reading.measured_at(now).map(DateTime),
        /// The same time in Swiss local time, with the zone: "2023-05-09 13:20 CEST". Null if
        /// unknown.
        measured_at_local: Option<String> = reading.measured_at(now).map(local_time),
        /// The age of the measurement in seconds; null if unknown.
        age_seconds: Option<u64> = reading.age(now).map(|age| age.as_secs()),
        /// Whether the value still describes the river, by its age.
        freshness: FreshnessType = reading.freshness(now).into(),
        /// The day of the recording if this is recorded data; null for live data.
        recorded_on: Option<Date> = reading.recorded_on.map(Date),
        /// Why there is no value; otherwise null.
        unknown_because: Option<String> = unknown_because(reading, is_measured_here, now),
        /// Why the value may be wrong; null if there is no indication.
        doubt: Option<String> = reading.doubt().map(|doubt| doubt.to_string()),
    }
}

/// Whether a value still describes the river, by its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::Freshness", name = "Freshness")]
pub(super) enum FreshnessType {
    /// At most two hours old. Describes the river now.
    Fresh,
    /// More than two hours old. Show it with its age.
    Stale,
    /// More than a day old. Not shown as current.
    Old,
    /// There is no value, or no plausible time.
    Unknown,
    /// Recorded data, not the live river.
    Recorded,
}
