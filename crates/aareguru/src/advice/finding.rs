//! What a reason rests on, as data: for texts in other languages.

use jiff::Timestamp;

use crate::{Doubt, FloodLevel, Quantity, Saying, UnknownReason};

/// What was found. The numbers are those in the text of the
/// [`Reason`](super::Reason).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// No flow is measured at this place.
    FlowNotMeasured,
    /// The flow or the water temperature is unknown.
    Unknown {
        /// Which of the two.
        quantity: Quantity,
        /// Why.
        because: UnknownReason,
    },
    /// The last flow or water temperature is too old to describe the river now.
    TooOld {
        /// Which of the two.
        quantity: Quantity,
        /// The value, in m³/s or °C.
        value: f64,
        /// When it was measured.
        measured_at: Timestamp,
    },
    /// It is not known when the flow or the water temperature was measured.
    Undated {
        /// Which of the two.
        quantity: Quantity,
        /// The value, in m³/s or °C.
        value: f64,
    },
    /// The flow or the water temperature may be wrong.
    Doubtful {
        /// Which of the two.
        quantity: Quantity,
        /// Why.
        doubt: Doubt,
    },
    /// Whether the flow rises is unknown.
    TrendUnknown,
    /// Neither the flow nor upstream gives a flood level.
    FloodLevelUnknown,
    /// Upstream sent something that is no flood level.
    FloodLevelUnreadable {
        /// What it sent, on one line.
        text: String,
    },
    /// BAFU's flood level.
    FloodLevel {
        /// The flow in m³/s; `None` if only upstream reports the level.
        m3_per_s: Option<f64>,
        /// The level.
        level: FloodLevel,
    },
    /// A limit for swimmers at this very place is reached.
    LocalLimit {
        /// From which flow in m³/s it holds.
        from_m3_per_s: f64,
    },
    /// A margin of this program is reached, for want of a local limit.
    OwnMargin {
        /// From which flow in m³/s it holds.
        from_m3_per_s: f64,
        /// Which part of flood level 2 that is: 0.5 is half of it.
        share_of_level_2: f64,
    },
    /// The flow rises, and soon reaches the next limit or flood level.
    RisingTowards {
        /// By how much it rises, in m³/s in an hour.
        per_hour_m3_per_s: f64,
        /// Which flow in m³/s it reaches.
        reaches_m3_per_s: f64,
        /// After how many hours, if it goes on so.
        in_hours: f64,
    },
    /// The flow rises by what the canton calls a rise.
    RisingFast {
        /// By how much, in m³/s in an hour.
        per_hour_m3_per_s: f64,
    },
    /// The water is cold.
    ColdWater {
        /// Its temperature in °C.
        celsius: f64,
        /// At or below which temperature in °C it is called cold.
        limit_celsius: f64,
    },
    /// aare.guru says what it says at high water only.
    HighWaterSaying(&'static Saying),
    /// No limit for swimmers is known for this place.
    NoSwimmingLimit,
    /// Worth knowing; decides nothing.
    Remark,
}
