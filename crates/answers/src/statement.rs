//! Statements with their sources, as structured content.

use aareguru::{Source, advice::Reason};
use schemars::JsonSchema;
use serde::Serialize;

/// A statement with its sources.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Statement {
    /// The statement.
    pub text: String,
    #[serde(flatten)]
    pub source: SourceFields,
    /// Further sources of the statement or its explanation.
    pub further_sources: Vec<SourceFields>,
}

/// The source of a statement.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SourceFields {
    /// The name of the source.
    pub source_name: Option<&'static str>,
    /// The address of the source.
    pub source_url: Option<&'static str>,
    /// The day or month that the source describes, or "live" for an upstream API.
    pub source_date: Option<&'static str>,
}

impl Statement {
    pub fn from_reasons(reasons: &[Reason]) -> Vec<Self> {
        let statement = |reason: &Reason| Self::new(&reason.text, &reason.sources);
        reasons.iter().map(statement).collect()
    }

    pub fn new(text: &str, sources: &[&'static Source]) -> Self {
        let mut sources = sources.iter().copied();
        Self {
            text: text.to_owned(),
            source: SourceFields::new(sources.next()),
            further_sources: sources
                .map(|source| SourceFields::new(Some(source)))
                .collect(),
        }
    }
}

impl SourceFields {
    fn new(source: Option<&'static Source>) -> Self {
        Self {
            source_name: source.map(|source| source.name.as_str()),
            source_url: source.map(|source| source.url.as_str()),
            source_date: source.map(|source| source.date.as_str()),
        }
    }
}
