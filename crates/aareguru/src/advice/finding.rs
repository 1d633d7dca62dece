//! The basis of a reason as data, for texts in other languages.

use jiff::Timestamp;

use crate::{Doubt, FloodLevel, Quantity, Saying, UnknownReason};

/// The basis of a reason. The numbers are those in the text of the [`Reason`](super::Reason).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// No flow is measured at this place.
    FlowNotMeasured,
    /// The flow or the water temperature is unknown.
    Unknown {
        /// The quantity.
        quantity: Quantity,
        /// The cause.
        because: UnknownReason,
    },
    /// The last flow or water temperature is too old to describe the river now.
    TooOld {
        /// The quantity.
        quantity: Quantity,
        /// The value, in m³/s or °C.
        value: f64,
        /// When it was measured.
        measured_at: Timestamp,
    },
    /// It is not known when the flow or the water temperature was measured.
    Undated {
        /// The quantity.
        quantity: Quantity,
        /// The value, in m³/s or °C.
        value: f64,
    },
    /// The flow or the water temperature is doubtful.
    Doubtful {
        /// The quantity.
        quantity: Quantity,
        /// The cause.
        doubt: Doubt,
    },
    /// Whether the flow rises is unknown.
    TrendUnknown,
    /// Neither the flow nor upstream gives a flood level.
    FloodLevelUnknown,
    /// Upstream sent an invalid flood level.
    FloodLevelUnreadable {
        /// The value that it sent, on one line.
        text: String,
    },
    /// BAFU's flood level.
    FloodLevel {
        /// The flow in m³/s; `None` if only upstream reports the level.
        m3_per_s: Option<f64>,
        /// The level.
        level: FloodLevel,
    },
    /// A limit for swimmers at this place is reached.
    LocalLimit {
        /// The flow in m³/s from which it applies.
        from_m3_per_s: f64,
    },
    /// A margin of this crate is reached, because no local limit is known.
    OwnMargin {
        /// The flow in m³/s from which it applies.
        from_m3_per_s: f64,
        /// The share of flood level 2: 0.5 is half of it.
        share_of_level_2: f64,
    },
    /// The flow rises and will soon reach the next limit or flood level.
    RisingTowards {
        /// The rate in m³/s per hour.
        per_hour_m3_per_s: f64,
        /// The flow in m³/s that it will reach.
        reaches_m3_per_s: f64,
        /// The hours until then at this rate.
        in_hours: f64,
    },
    /// The flow rises at a rate that the canton calls fast.
    RisingFast {
        /// The rate in m³/s per hour.
        per_hour_m3_per_s: f64,
    },
    /// The water is cold.
    ColdWater {
        /// Its temperature in °C.
        celsius: f64,
        /// The temperature in °C at or below which water is called cold.
        limit_celsius: f64,
    },
    /// aare.guru sends a saying that it uses only at high water.
    HighWaterSaying(&'static Saying),
    /// No limit for swimmers is known for this place.
    NoSwimmingLimit,
    /// Additional information that does not affect the verdict.
    Remark,
}
