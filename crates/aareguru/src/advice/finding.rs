//! What a reason rests on, as data: for those who tell it in another language.

use jiff::Timestamp;

use crate::{FloodLevel, Saying, Suspicion};

/// What was found. The numbers are those in the text of the
/// [`Reason`](super::Reason).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// No flow is measured at this place.
    FlowNotMeasured,
    /// The flow is not known.
    FlowUnknown,
    /// No flood levels are known at this place.
    NoFloodLevels,
    /// The last flow is too old to tell of the river now.
    FlowTooOld {
        /// The flow in m³/s.
        m3_per_s: f64,
        /// When it was measured.
        measured_at: Timestamp,
    },
    /// It is not known when the flow was measured.
    FlowUndated {
        /// The flow in m³/s.
        m3_per_s: f64,
    },
    /// The flow has stood still for so long that the station may be stuck.
    Stuck(Suspicion),
    /// BAFU's flood level.
    FloodLevel {
        /// The flow in m³/s; `None` if only the API tells the level.
        m3_per_s: Option<f64>,
        /// The level.
        level: FloodLevel,
    },
    /// A limit for swimmers at this very place is reached.
    LocalLimit {
        /// From which flow in m³/s it holds.
        from_m3_per_s: f64,
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
    /// aare.guru says what it says at high water only.
    HighWaterSaying(&'static Saying),
    /// Worth knowing; decides nothing.
    Remark,
}
