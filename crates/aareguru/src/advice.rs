//! What may be said to a swimmer, and on what ground.
//!
//! The strongest thing said in favour of swimming is that no warning is known.
//! Every reason names who says so, where and when; numbers of one place are
//! never used at another. What is missing, old or doubtful is unknown.
//!
//! # The rules
//!
//! The inputs are the flow, the flood level, the water temperature and the trend of the flow. An
//! input is current if it is plausible, readable and at most [2 hours](crate::STALE_AFTER) old. The
//! flood level is the higher of upstream's and of the one that follows from the flow. The first rule
//! that matches wins:
//!
//! 1. [`Verdict::DoNotSwim`]: the current flood level is 2 or higher, or the current flow is at or
//!    above a limit at which those who know the place advise against swimming; where nobody does, at
//!    or above three quarters of flood level 2, which is our own margin.
//! 2. [`Verdict::Unknown`]: an input is missing, unreadable, implausible, doubtful or not current.
//!    The reasons of rules 1 and 3 that can still be given are given, with their age.
//! 3. [`Verdict::Caution`]: the flow is at or above a lower limit of the place; where there is none,
//!    at or above half of flood level 2, our own margin. Or the flow rises fast, or soon reaches the
//!    next limit; or the water is cold; or aare.guru says what it says at high water only.
//! 4. [`Verdict::Unknown`]: no limit for swimmers is known for the place.
//! 5. [`Verdict::NoKnownWarning`]: none of the above.
//!
//! A recording is judged at the time of the recording, and says so.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::source::Source;
use crate::{FloodAssessment, FloodLevel, Place, local_time};

mod canal;
mod finding;
mod limits;
mod remarks;
mod rules;
mod situation;

pub use canal::BueberCanal;
pub use finding::Finding;
pub use limits::{Limit, LimitBasis, LimitQuantity, SwimmingLimit};
pub use situation::Situation;

/// What is said to a swimmer. None of them is a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Those who know the river, or its flood level, speak against it.
    DoNotSwim,
    /// Something speaks for special care.
    Caution,
    /// All inputs are known and no known limit is reached. Much that matters is
    /// not in the data: currents, driftwood, cold, one's own ability.
    NoKnownWarning,
    /// An input or a limit that a verdict needs is unknown.
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
            Self::Unknown => "no verdict",
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
    /// A margin of this program, for want of a limit at this place.
    OwnMargin,
    /// The flow rises.
    Rising,
    /// The water is cold.
    Cold,
    /// No limit for swimmers is known here.
    NoLimit,
    /// A saying of aare.guru.
    Saying,
    /// Worth knowing; decides nothing.
    Remark,
}

/// When a reason is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonTime {
    /// Now, or at the time of the recording.
    Current,
    /// When the reading was made on which it rests, which is too long ago to decide a verdict.
    Earlier(Timestamp),
    /// At an unknown time.
    Unknown,
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
    /// When it is so. If that is not now, the text says how long ago it was.
    pub time: ReasonTime,
    /// The reason, as a clause in lower case without a full stop.
    pub text: String,
    /// Who says so, where and when. Never empty.
    pub sources: Vec<&'static Source>,
}

/// `text (who, when, where)`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources: Vec<_> = self.sources.iter().map(ToString::to_string).collect();
        write!(f, "{} ({})", self.text, sources.join("; "))
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
    /// The limits that the verdict compared with, those of the flow first, lowest first.
    pub limits: Vec<Limit>,
    /// The flood level, and on what ground; of any age.
    pub flood: FloodAssessment,
    /// The flood level that may be shown: level 2 or higher if it is at most
    /// [a day](crate::OLD_AFTER) old, level 1 only by a current flow that is not in doubt, and not
    /// if upstream reports a level that cannot be read. `None` is not level 1.
    pub level: Option<FloodLevel>,
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
        let because = self
            .reasons
            .first()
            .filter(|_| self.verdict == Verdict::Unknown);
        let because = because.map_or_else(String::new, |it| format!(", because {}", it.text));
        let verdict = format!("{}{because}", self.verdict.headline());
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
