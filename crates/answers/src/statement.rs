//! Advice as tools show it: fields for programs. What it says is decided in `aareguru`.

use aareguru::{Source, advice::Reason};
use schemars::JsonSchema;
use serde::Serialize;

/// Something said, and who says so.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Statement {
    /// What is said.
    pub text: String,
    #[serde(flatten)]
    pub source: SourceFields,
    /// Others who say so, or explain it.
    pub further_sources: Vec<SourceFields>,
}

/// Who says so.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SourceFields {
    /// Who says so.
    pub source_name: Option<&'static str>,
    /// Where it can be read.
    pub source_url: Option<&'static str>,
    /// The day or month of which it speaks, or "live" for an answer of the API.
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
