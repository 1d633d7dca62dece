//! What can go wrong between a question and its answer, named for what the
//! caller can do about it. A name that is no place is not among them: see
//! [`UnknownPlace`](crate::UnknownPlace).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::endpoint::{Api, Endpoint};
use crate::excerpt::{MAX_UPSTREAM_CHARS, excerpt, quoted};
use crate::local_time;

/// A cause from below, shared by all who waited for the same request.
type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why the river cannot be told.
///
/// Errors are never cached: the next ask tries again, as far as the breaker
/// lets it. Cloning is cheap.
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
    #[error("cannot reach {} at `{}`", .endpoint.api(), .endpoint.path())]
    Unreachable {
        /// What was asked.
        endpoint: Endpoint,
        /// The cause.
        source: Source,
    },

    /// No complete answer in time: try later.
    #[error("{} did not answer `{}` in time", .endpoint.api(), .endpoint.path())]
    Timeout {
        /// What was asked.
        endpoint: Endpoint,
        /// The cause.
        source: Source,
    },

    /// An HTTP status that is not a success: try later if it is 429 or 5xx.
    #[error("{} answered `{}` with HTTP status {status}", .endpoint.api(), .endpoint.path())]
    Status {
        /// What was asked.
        endpoint: Endpoint,
        /// The status code.
        status: u16,
        /// How long the API asks to be left alone (`Retry-After`).
        retry_after: Option<Duration>,
    },

    /// The API's host takes us for a robot: trying again at once does not
    /// help; the address has to be allowed by the API's operator.
    #[error("{} has blocked `{}`: {}", .endpoint.api(), .endpoint.path(), quoted(.message))]
    Blocked {
        /// What was asked.
        endpoint: Endpoint,
        /// What the host said, cut to 200 characters.
        message: String,
    },

    /// Success, but with an object that says what is wrong in place of data:
    /// read the message.
    #[error("{} refused `{}`: {}", .endpoint.api(), .endpoint.path(), quoted(.message))]
    Refused {
        /// What was asked.
        endpoint: Endpoint,
        /// What the API said, cut to 200 characters.
        message: String,
    },

    /// A web page or other text in place of data, as from a host under
    /// maintenance or a network that wants a login: look at it in a browser.
    #[error(
        "{} answered `{}` with no JSON but {}",
        .endpoint.api(), .endpoint.path(), quoted(.beginning)
    )]
    Page {
        /// What was asked.
        endpoint: Endpoint,
        /// How it begins, cut to 60 characters.
        beginning: String,
    },

    /// An answer that this crate cannot read: cut short or spoilt on its way,
    /// or the API has changed.
    #[error(
        "{} answered `{}` with something unreadable: {reason}",
        .endpoint.api(), .endpoint.path()
    )]
    Malformed {
        /// What was asked.
        endpoint: Endpoint,
        /// What is wrong with the answer.
        reason: String,
        /// The cause, if there is one below.
        source: Option<Source>,
    },

    /// An answer about another place: the Aareguru API answers a city it does
    /// not know with the data of Bern. Never shown as the place that was asked
    /// for.
    #[error("asked {} for `{asked}`, got `{got}`", .endpoint.api())]
    WrongPlace {
        /// What was asked.
        endpoint: Endpoint,
        /// The id of the place that was asked for; several with `, ` between.
        asked: String,
        /// The place that the answer names, cut to 60 characters.
        got: String,
    },

    /// BAFU has no gauge at the place, so the hydro API knows nothing of it:
    /// ask the Aareguru API.
    #[error("BAFU has no gauge at `{place}`: flow and height are not measured there")]
    NotMeasured {
        /// The id of the place.
        place: &'static str,
    },

    /// The client answers from recordings, and there is none of this: ask the
    /// live API.
    #[error("no recording of `{}` of {} has this", .endpoint.path(), .endpoint.api())]
    NoRecording {
        /// What was asked.
        endpoint: Endpoint,
    },

    /// The circuit breaker is open because the API has failed repeatedly, so
    /// no request was sent: try again after the pause.
    #[error(
        "{api} is failing; next attempt in {} s",
        .retry_after.as_secs_f64().ceil()
    )]
    CircuitOpen {
        /// The API that is failing.
        api: Api,
        /// The time until the next request may be sent.
        retry_after: Duration,
    },
}

impl Error {
    /// Whether a retry may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } => true,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }

    /// The error and its causes, in one line. A cause may quote upstream, so each is cut to 200
    /// characters.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&excerpt(&cause.to_string(), MAX_UPSTREAM_CHARS));
            source = cause.source();
        }
        text
    }

    /// How long the API asks to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Why an earlier answer is shown: the API could not give a new one.
///
/// The values in the answer stay true, and have their own times. Displayed as a clause
/// that names the time and the error with its causes.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "this is an earlier answer, of {}, for want of a new one: {}",
    local_time(*.answered_at), .error.with_causes()
)]
#[non_exhaustive]
pub struct UpstreamTrouble {
    /// What went wrong when the API was asked again.
    pub error: Error,
    /// When the API gave the answer that is shown.
    pub answered_at: Timestamp,
}
