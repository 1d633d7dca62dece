//! The GraphQL types of sources, statements and upstream failures.

use aareguru::advice::Reason;
use async_graphql::SimpleObject;

use super::scalars::DateTime;

objects! {
    #![derive(Debug, SimpleObject)]

    /// The source of a statement.
    struct SourceType("Source") from(source: &'static aareguru::Source) {
        /// The name of the source.
        name: &'static str = &source.name,
        /// The address of the source.
        url: &'static str = &source.url,
        /// The day or month that the source describes: "2026-09-29" or "2024-07". For a page
        /// without a date, "read 2026-11-22"; for an upstream API, "live".
        date: &'static str = &source.date,
    }

    /// A statement with its sources.
    struct StatementType("Statement") from(reason: &Reason) {
        /// The statement, as a clause in English.
        text: String = reason.text.clone(),
        /// The sources of the statement or its explanation.
        #[graphql(complexity = "1 + 2 * child_complexity")]
        sources: Vec<SourceType> = reason.sources.iter().copied().map(SourceType::new).collect(),
    }

    /// Why an answer is an older one from the cache. Measured values keep their own time and age.
    struct UpstreamTroubleType("UpstreamTrouble") from(trouble: &aareguru::UpstreamTrouble) {
        /// The error of the last request to the upstream API.
        because: String = trouble.error.with_causes(),
        /// When the upstream API returned this answer.
        answered_at: DateTime = DateTime(trouble.answered_at),
    }
}
