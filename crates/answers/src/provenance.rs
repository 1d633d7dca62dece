//! What answers have in common: the place, the failure of the API, the credit.

use aareguru::{CREDIT, Place, UpstreamTrouble, local_time, plain_reading, quoted};
use schemars::JsonSchema;
use serde::Serialize;

/// The place that an answer is about.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlaceNames {
    /// The place's identifier.
    pub city: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Where the gauge stands.
    pub station: &'static str,
}

/// Where an answer comes from.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Provenance {
    /// That the API ails and this is an earlier answer; null if it is new.
    upstream_trouble: Option<FailureDetails>,
    /// Whom to credit.
    credit: &'static str,
}

/// Why this is an earlier answer: the API could not give a new one. What was
/// measured keeps its own time and age.
#[derive(Debug, Serialize, JsonSchema)]
struct FailureDetails {
    /// What went wrong when the API was asked again.
    because: String,
    /// When the API gave the answer that is shown, in Unix seconds.
    answered_at: i64,
    /// The same in Swiss local time with its zone.
    answered_at_local: String,
}

impl PlaceNames {
    pub fn new(place: &'static Place) -> Self {
        Self {
            city: place.id(),
            name: place.name(),
            station: place.station(),
        }
    }
}

impl Provenance {
    pub fn new(failure: Option<&UpstreamTrouble>) -> Self {
        Self {
            upstream_trouble: failure.map(|failure| FailureDetails {
                because: failure.error.with_causes(),
                answered_at: failure.answered_at.as_second(),
                answered_at_local: local_time(failure.answered_at),
            }),
            credit: CREDIT,
        }
    }
}

/// The last lines of a text: the note on the place, the failure of the API, the credit.
pub fn format_closing_lines(note: Option<&str>, failure: Option<&UpstreamTrouble>) -> String {
    let note = note.map(|note| format!("Note: {note}\n"));
    let failure = failure.map(|failure| format!("Note: {failure}.\n"));
    note.unwrap_or_default() + &failure.unwrap_or_default() + CREDIT
}

/// A line with a saying and its plain reading.
pub fn format_saying(about: &str, saying: &str) -> String {
    let plain = plain_reading(saying).unwrap_or("no plain reading known");
    format!("In Bern they say{about}: {} ({plain})\n", quoted(saying))
}
