//! Who says what, and failures of the API.

use aareguru::advice::Reason;
use async_graphql::SimpleObject;

use super::scalars::DateTime;

objects! {
    #![derive(Debug, SimpleObject)]

    /// Who says something, where it can be read, and of when it is.
    struct SourceType("Source") from(source: &'static aareguru::Source) {
        /// Who says it.
        name: &'static str = &source.name,
        /// Where it can be read.
        url: &'static str = &source.url,
        /// The day or month it speaks of, as in "2026-09-29" or "2024-07"; "read
        /// 2026-11-22" of a page without a date; "live" of an answer of the API.
        date: &'static str = &source.date,
    }

    /// Something said, and who says so.
    struct StatementType("Statement") from(reason: &Reason) {
        /// What is said, as a clause in English.
        text: String = reason.text.clone(),
        /// Who says so, or explains it.
        #[graphql(complexity = "1 + 2 * child_complexity")]
        sources: Vec<SourceType> = reason.sources.iter().copied().map(SourceType::new).collect(),
    }

    /// Why an answer is an earlier one: the API could not give a new one. What was
    /// measured keeps its own time and age.
    struct UpstreamTroubleType("UpstreamTrouble") from(trouble: &aareguru::UpstreamTrouble) {
        /// What went wrong when the API was asked again.
        because: String = trouble.error.with_causes(),
        /// When the API gave the answer that is shown.
        answered_at: DateTime = DateTime(trouble.answered_at),
    }
}
