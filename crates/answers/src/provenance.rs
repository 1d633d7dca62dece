//! The parts that all answers share: the place, upstream failures, the credit.

use aareguru::{CREDIT, Place, UpstreamTrouble, local_time, plain_reading, quoted};
use schemars::JsonSchema;
use serde::Serialize;

/// The place that an answer describes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlaceNames {
    /// The place's identifier.
    pub city: &'static str,
    /// The name of the place.
    pub name: &'static str,
    /// The location of the gauge.
    pub station: &'static str,
}

/// The origin of an answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Provenance {
    /// Set when the upstream API failed and this answer is an older one from the cache; otherwise
    /// null.
    upstream_trouble: Option<FailureDetails>,
    /// The sources to credit.
    credit: &'static str,
}

/// Why this answer is an older one from the cache. Measured values keep their own time and age.
#[derive(Debug, Serialize, JsonSchema)]
struct FailureDetails {
    /// The error of the last request to the upstream API.
    because: String,
    /// When the upstream API returned this answer, in Unix seconds.
    answered_at: i64,
    /// The same time in Swiss local time, with the zone.
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

/// Returns the last lines of a text: the note about the place, the upstream failure, the credit.
pub fn format_closing_lines(note: Option<&str>, failure: Option<&UpstreamTrouble>) -> String {
    let note = note.map(|note| format!("Note: {note}\n"));
    let failure = failure.map(|failure| format!("Note: {failure}.\n"));
    note.unwrap_or_default() + &failure.unwrap_or_default() + CREDIT
}

/// Returns a line with a saying and its meaning.
pub fn format_saying(about: &str, saying: &str) -> String {
    let plain = plain_reading(saying).unwrap_or("no plain reading known");
    format!("In Bern they say{about}: {} ({plain})\n", quoted(saying))
}
