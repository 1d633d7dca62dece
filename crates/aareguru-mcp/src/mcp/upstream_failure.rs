//! That the API ails, as tools show it: a line for people, fields for programs.

use aareguru::{UpstreamTrouble, local_time};
use schemars::JsonSchema;
use serde::Serialize;

/// Why this is an earlier answer: the API could not give a new one. What was
/// measured keeps its own time and age.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Trouble")]
pub(crate) struct FailureDetails {
    /// What went wrong when the API was asked again.
    pub(crate) because: String,
    /// When the API gave the answer that is shown, in Unix seconds.
    pub(crate) answered_at: i64,
    /// The same in Swiss local time with its zone.
    pub(crate) answered_at_local: String,
}

impl FailureDetails {
    pub(crate) fn new(trouble: Option<&UpstreamTrouble>) -> Option<Self> {
        trouble.map(|trouble| Self {
            because: trouble.error.with_causes(),
            answered_at: trouble.answered_at.as_second(),
            answered_at_local: local_time(trouble.answered_at),
        })
    }
}

/// The line that tells of it; empty if there is nothing to tell.
pub(super) fn line(trouble: Option<&UpstreamTrouble>) -> String {
    trouble.map_or_else(String::new, |trouble| format!("Note: {trouble}.\n"))
}
