//! Who says what, and that the API ails.

use aareguru::advice::Reason;
use async_graphql::SimpleObject;

use super::scalars::DateTime;

/// Who says something, where it can be read, and of when it is.
#[derive(Debug, SimpleObject)]
pub(super) struct Source {
    /// Who says it.
    name: &'static str,
    /// Where it can be read.
    url: &'static str,
    /// The day or month it speaks of, as in "2026-09-29" or "2024-07"; "read
    /// 2026-11-22" of a page without a date; "live" of an answer of the API.
    date: &'static str,
}

/// Something said, and who says so.
#[derive(Debug, SimpleObject)]
pub(super) struct Statement {
    /// What is said, as a clause in English.
    text: String,
    /// Who says so, or explains it.
    #[graphql(complexity = "1 + 2 * child_complexity")]
    sources: Vec<Source>,
}

/// Why an answer is an earlier one: the API could not give a new one. What was
/// measured keeps its own time and age.
#[derive(Debug, SimpleObject)]
pub(super) struct UpstreamTrouble {
    /// What went wrong when the API was asked again.
    because: String,
    /// When the API gave the answer that is shown.
    answered_at: DateTime,
}

impl From<&'static aareguru::Source> for Source {
    fn from(source: &'static aareguru::Source) -> Self {
        Self {
            name: &source.name,
            url: &source.url,
            date: &source.date,
        }
    }
}

impl From<&Reason> for Statement {
    fn from(reason: &Reason) -> Self {
        Self {
            text: reason.text.clone(),
            sources: reason.sources.iter().copied().map(Source::from).collect(),
        }
    }
}

impl UpstreamTrouble {
    pub(super) fn new(trouble: Option<&aareguru::UpstreamTrouble>) -> Option<Self> {
        trouble.map(|trouble| Self {
            because: trouble.error.with_causes(),
            answered_at: trouble.answered_at.into(),
        })
    }
}
