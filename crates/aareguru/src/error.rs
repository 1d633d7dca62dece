//! What can go wrong between a question and its answer, named for what the
//! caller can do about it. A name that is no place is not among them: see
//! [`UnknownPlace`](crate::UnknownPlace).

use std::sync::Arc;

/// A cause from below, shared by all who waited for the same request.
type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why the river cannot be told.
///
/// Errors are never cached: the next ask tries again. Cloning is cheap.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The base URL cannot be used: correct the setting.
    #[error("cannot use `{value}` as base URL: {reason}")]
    BaseUrl {
        /// The setting as given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },

    /// The HTTP client could not be built, as when the system has no usable
    /// certificates: correct the system.
    #[error("cannot set up the HTTP client")]
    Setup {
        /// The cause.
        source: Source,
    },

    /// No connection, or one that broke: try later.
    #[error("cannot reach the Aareguru API at `{path}`")]
    Unreachable {
        /// The path of the request, without its query.
        path: &'static str,
        /// The cause.
        source: Source,
    },

    /// No complete answer in time: try later.
    #[error("the Aareguru API did not answer `{path}` in time")]
    Timeout {
        /// The path of the request, without its query.
        path: &'static str,
        /// The cause.
        source: Source,
    },

    /// An HTTP status that is not a success: try later if it is 429 or 5xx.
    #[error("the Aareguru API answered `{path}` with HTTP status {status}")]
    Status {
        /// The path of the request, without its query.
        path: &'static str,
        /// The status code.
        status: u16,
    },

    /// The API's host takes us for a robot: trying again at once does not
    /// help; the address has to be allowed by the API's operator.
    #[error("the Aareguru API refused `{path}`: {message}")]
    Blocked {
        /// The path of the request, without its query.
        path: &'static str,
        /// What the host said, cut to 200 characters.
        message: String,
    },

    /// An answer that this crate cannot read: the API has changed, or
    /// something in between has spoilt it.
    #[error("the Aareguru API answered `{path}` with something unreadable: {reason}")]
    Malformed {
        /// The path of the request, without its query.
        path: &'static str,
        /// What is wrong with the answer.
        reason: String,
        /// The cause, if there is one below.
        source: Option<Source>,
    },

    /// An answer about another place: the API answers a city it does not know
    /// with the data of Bern. Never shown as the place that was asked for.
    #[error("asked the Aareguru API for `{asked}`, got `{got}`")]
    WrongPlace {
        /// The id of the place that was asked for.
        asked: &'static str,
        /// The place that the answer names, cut to 60 characters.
        got: String,
    },
}
