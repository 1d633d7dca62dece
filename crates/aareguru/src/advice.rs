//! What may be said to a swimmer, and on what ground.
//!
//! The strongest thing said in favour of swimming is that no warning is known.
//! Every reason names who says so, where and when; numbers of one place are
//! never used at another. What is missing, old or doubtful is unknown.
//!
//! # The rules
//!
//! 1. Flow missing, impossible, without a time, or over
//!    [2 hours](crate::STALE_AFTER) old: [`Verdict::Unknown`]. A flow that
//!    seems stuck counts as missing. Not known either where no flood levels
//!    are (Olten).
//! 2. BAFU's flood level 2 or more, by the flow or by the API (the higher
//!    counts): [`Verdict::DoNotSwim`]. BAFU says of level 2 that it can be
//!    dangerous merely to be near the river, and to keep enough distance.
//! 3. At or over a local limit for swimmers: what those who set it say.
//! 4. A flow that rises so fast that the next limit or flood level is reached
//!    within 3 hours, or by what the canton calls a rise, and a saying of
//!    aare.guru that is for high water only: [`Verdict::Caution`].
//! 5. Else, and only with a current flow in flood level 1:
//!    [`Verdict::NoKnownWarning`].
//!
//! A warning that is current goes before what is missing (so a level 4 sent by
//! the API without a flow is `DoNotSwim`), what is missing before a caution.
//! A recording is judged as of its own time, and says so.
//!
//! There is no rule on cold: no limit in degrees with a source is known. The
//! swimmers' rule that cold water allows a short stay only goes with every
//! advice as a remark.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::source::Source;
use crate::{FloodAssessment, Place, local_time};

mod canal;
mod finding;
mod limits;
mod remarks;
mod rules;
mod situation;

pub use canal::BueberCanal;
pub use finding::Finding;
pub use limits::SwimmingLimit;
pub use situation::Situation;

/// What is said to a swimmer. None of them is a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Those who know the river, or its flood level, speak against it.
    DoNotSwim,
    /// Something speaks for special care.
    Caution,
    /// The flow is known and no known limit is reached. Much that matters is
    /// not in the data: currents, driftwood, cold, one's own ability.
    NoKnownWarning,
    /// What would be needed to say more is missing.
    Unknown,
}

impl Verdict {
    /// `do_not_swim`, `caution`, `no_known_warning` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DoNotSwim => "do_not_swim",
            Self::Caution => "caution",
            Self::NoKnownWarning => "no_known_warning",
            Self::Unknown => "unknown",
        }
    }

    /// The verdict as a clause for people.
    pub fn headline(self) -> &'static str {
        match self {
            Self::DoNotSwim => "do not swim",
            Self::Caution => "caution",
            Self::NoKnownWarning => "no known warning, which is not a permission to swim",
            Self::Unknown => "unknown: what is needed to say more is missing",
        }
    }
}

/// What kind of ground a reason stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ground {
    /// Something is not known, or too old.
    Missing,
    /// A reading is hard to believe.
    Doubt,
    /// BAFU's flood level.
    FloodLevel,
    /// A limit for swimmers at this very place.
    LocalLimit,
    /// The flow rises.
    Rising,
    /// A saying of aare.guru.
    Saying,
    /// Worth knowing; decides nothing.
    Remark,
}

/// Why a verdict is what it is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reason {
    /// The verdict that this reason alone would make; a remark makes none.
    pub speaks_for: Option<Verdict>,
    /// What kind of reason it is.
    pub ground: Ground,
    /// What was found, for those who tell it in words of their own.
    pub finding: Finding,
    /// The reason, as a clause in lower case without a full stop.
    pub text: String,
    /// Who says so, where and when. Never empty.
    pub sources: Vec<&'static Source>,
}

/// `text (who, when, where)`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.text)?;
        for (n, source) in self.sources.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{source}")?;
        }
        f.write_str(")")
    }
}

/// What may be said to a swimmer at a place. Made by [`Situation::advise`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Advice {
    /// The place.
    pub place: &'static Place,
    /// What is said.
    pub verdict: Verdict,
    /// Why, the weightiest first. If the flow is too old, also what it would
    /// have warned of then.
    pub reasons: Vec<Reason>,
    /// What is worth knowing besides; decides nothing.
    pub remarks: Vec<Reason>,
    /// The flood level, and on what ground.
    pub flood: FloodAssessment,
    /// When the flow was measured, which is the time the verdict speaks of;
    /// `None` without a flow.
    pub as_of: Option<Timestamp>,
    /// The day of the recording, if this is one and not the live river.
    pub recorded_on: Option<Date>,
}

impl Advice {
    /// What no number here can tell; to be shown with every verdict.
    pub const BOUNDARY: &str = "Currents, driftwood, murky water, cold and one's own ability are \
        not in these numbers: look at the river, and heed the signs and the lifeguards there.";

    /// The verdict as one line: the place, the time it speaks of, and that it
    /// is a recording if it is one.
    pub fn headline(&self) -> String {
        let place = self.place.name();
        let verdict = self.verdict.headline();
        let at = self.as_of.map(local_time);
        match (self.recorded_on, at) {
            (Some(_), Some(at)) => {
                format!("{place}, as recorded at {at} and not now: {verdict}")
            }
            (Some(day), None) => format!("{place}, as recorded on {day} and not now: {verdict}"),
            (None, Some(at)) => format!("{place}, by the flow of {at}: {verdict}"),
            (None, None) => format!("{place}: {verdict}"),
        }
    }
}

/// The whole advice, a line for each reason and remark.
impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline())?;
        for reason in self.reasons.iter().chain(&self.remarks) {
            writeln!(f, "- {reason}")?;
        }
        f.write_str(Self::BOUNDARY)
    }
}

/// A flow for people: to the tenth, and without it if it is whole.
fn shown(m3_per_s: f64) -> String {
    let tenths = format!("{m3_per_s:.1}");
    match tenths.strip_suffix(".0") {
        Some(whole) => format!("{whole} m³/s"),
        None => format!("{tenths} m³/s"),
    }
}
