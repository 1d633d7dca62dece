//! The advice to swimmers, with reasons and sources.
//!
//! The most favourable verdict is that no warning is known. Every reason names its source, with
//! place and date; limits of one place are never used at another. What is missing, old or doubtful
//! is unknown.
//!
//! # The rules
//!
//! The inputs are the flow, the flood level, the water temperature and the trend of the flow. An
//! input is current if it is plausible, readable and at most [2 hours](crate::STALE_AFTER) old. The
//! flood level is the higher of upstream's and of the one that follows from the flow. The first
//! rule that matches wins:
//!
//! 1. [`Verdict::DoNotSwim`]: the current flood level is 2 or higher, or the current flow is at or
//!    above a limit at which local experts advise against swimming; without such a limit, at or
//!    above three quarters of flood level 2, which is a margin of this crate.
//! 2. [`Verdict::Unknown`]: an input is missing, unreadable, implausible, doubtful or not current.
//!    Reasons of rules 1 and 3 that can still be given are given, with their age.
//! 3. [`Verdict::Caution`]: the flow is at or above a lower limit of the place; without one, at or
//!    above half of flood level 2, a margin of this crate. Or the flow rises fast, or soon reaches
//!    the next limit; or the water is cold; or aare.guru sends a saying that it uses only at high
//!    water.
//! 4. [`Verdict::Unknown`]: no limit for swimmers is known for the place.
//! 5. [`Verdict::NoKnownWarning`]: none of the above.
//!
//! A recording is judged at the time of the recording, and the advice says so.

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

/// The verdict for swimmers. None of them is a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Local experts, or the flood level, advise against swimming.
    DoNotSwim,
    /// Special care is needed.
    Caution,
    /// All inputs are known and no known limit is reached. Many risks are not in the data:
    /// currents, driftwood, cold, the swimmer's ability.
    NoKnownWarning,
    /// An input or a limit that a verdict needs is unknown.
    Unknown,
}

impl Verdict {
    /// Returns `do_not_swim`, `caution`, `no_known_warning` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DoNotSwim => "do_not_swim",
            Self::Caution => "caution",
            Self::NoKnownWarning => "no_known_warning",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the verdict as a clause for people.
    pub fn headline(self) -> &'static str {
        match self {
            Self::DoNotSwim => "do not swim",
            Self::Caution => "caution",
            Self::NoKnownWarning => "no known warning, which is not a permission to swim",
            Self::Unknown => "no verdict",
        }
    }
}

/// The kind of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ground {
    /// An input is unknown, or too old.
    Missing,
    /// A reading is hard to believe.
    Doubt,
    /// BAFU's flood level.
    FloodLevel,
    /// A limit for swimmers at this place.
    LocalLimit,
    /// A margin of this crate, because no limit is known for this place.
    OwnMargin,
    /// The flow rises.
    Rising,
    /// The water is cold.
    Cold,
    /// No limit for swimmers is known here.
    NoLimit,
    /// A saying of aare.guru.
    Saying,
    /// Additional information that does not affect the verdict.
    Remark,
}

/// The time at which a reason applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonTime {
    /// Now, or at the time of the recording.
    Current,
    /// At the time of the reading on which it is based, which is too long ago to decide a verdict.
    Earlier(Timestamp),
    /// At an unknown time.
    Unknown,
}

/// A reason for a verdict.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reason {
    /// The verdict of this reason alone; a remark has none.
    pub speaks_for: Option<Verdict>,
    /// The kind of reason.
    pub ground: Ground,
    /// The finding as data, for callers with their own texts.
    pub finding: Finding,
    /// The time at which it applies. If that is not now, the text contains its age.
    pub time: ReasonTime,
    /// The reason, as a clause in lower case without a full stop.
    pub text: String,
    /// The sources. Never empty.
    pub sources: Vec<&'static Source>,
}

/// Writes `text (source, date, URL)`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources: Vec<_> = self.sources.iter().map(ToString::to_string).collect();
        write!(f, "{} ({})", self.text, sources.join("; "))
    }
}

/// The advice to swimmers at a place. Created by [`Situation::advise`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Advice {
    /// The place.
    pub place: &'static Place,
    /// The verdict.
    pub verdict: Verdict,
    /// The reasons, most important first. If the flow is too old, they include what it would have
    /// warned of at its time.
    pub reasons: Vec<Reason>,
    /// Additional information that does not affect the verdict.
    pub remarks: Vec<Reason>,
    /// The limits that the verdict compared with: those of the flow first, lowest first.
    pub limits: Vec<Limit>,
    /// The flood level and its basis, whatever its age.
    pub flood: FloodAssessment,
    /// The flood level that may be shown: level 2 or higher if it is at most
    /// [a day](crate::OLD_AFTER) old, level 1 only by a current flow that is not in doubt, and not
    /// if upstream reports a level that cannot be read. `None` is not level 1.
    pub level: Option<FloodLevel>,
    /// When the flow was measured, which is the time of the verdict; `None` without a flow.
    pub as_of: Option<Timestamp>,
    /// The day of the recording; `None` for live data.
    pub recorded_on: Option<Date>,
}

impl Advice {
    /// The risks that are not in the data. Show it with every verdict.
    pub const BOUNDARY: &str = "Currents, driftwood, murky water, cold and one's own ability are \
        not in these numbers: look at the river, and heed the signs and the lifeguards there.";

    /// Returns the verdict as one line, with the place, its time, and whether it is a recording.
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

/// Writes the whole advice, one line per reason and remark.
impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline())?;
        for reason in self.reasons.iter().chain(&self.remarks) {
            writeln!(f, "- {reason}")?;
        }
        f.write_str(Self::BOUNDARY)
    }
}

/// Formats a flow for people: to the tenth, without a trailing zero.
fn shown(m3_per_s: f64) -> String {
    let tenths = format!("{m3_per_s:.1}");
    match tenths.strip_suffix(".0") {
        Some(whole) => format!("{whole} m³/s"),
        None => format!("{tenths} m³/s"),
    }
}
