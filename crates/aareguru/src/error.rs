//! Errors of fetching data from the APIs, grouped by what the caller can do about them.
//!
//! An unknown place name is not among them: see [`UnknownPlace`](crate::UnknownPlace).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::endpoint::{Api, Endpoint};
use crate::excerpt::{MAX_UPSTREAM_CHARS, excerpt, quoted};
use crate::local_time;

/// The underlying error, shared by all callers that waited for the same request.
type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why data could not be fetched.
///
/// Errors are never cached: the next call tries again, unless the circuit breaker is open. Cloning
/// is cheap.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The base URL is invalid: correct the setting.
    #[error("cannot use `{value}` as base URL: {reason}")]
    BaseUrl {
        /// The value of the setting.
        value: String,
        /// What is wrong with it.
        reason: String,
    },

    /// The HTTP client could not be created, for example because the system has no usable
    /// certificates: correct the system.
    #[error("cannot set up the HTTP client")]
    Setup {
        /// The cause.
        source: Source,
    },

    /// The connection failed or broke: try later.
    #[error("cannot reach {} at `{}`", .endpoint.api(), .endpoint.path())]
    Unreachable {
        /// The requested endpoint.
        endpoint: Endpoint,
        /// The cause.
        source: Source,
    },

    /// The response was not complete in time: try later.
    #[error("{} did not answer `{}` in time", .endpoint.api(), .endpoint.path())]
    Timeout {
        /// The requested endpoint.
        endpoint: Endpoint,
        /// The cause.
        source: Source,
    },

    /// An unsuccessful HTTP status: try later if it is 429 or 5xx.
    #[error("{} answered `{}` with HTTP status {status}", .endpoint.api(), .endpoint.path())]
    Status {
        /// The requested endpoint.
        endpoint: Endpoint,
        /// The status code.
        status: u16,
        /// The pause that the API requests (`Retry-After`).
        retry_after: Option<Duration>,
    },

    /// The API's host has classified this client as a robot. Retrying does not help; the API's
    /// operator must allow the address.
    #[error("{} has blocked `{}`: {}", .endpoint.api(), .endpoint.path(), quoted(.message))]
    Blocked {
        /// The requested endpoint.
        endpoint: Endpoint,
        /// The message of the host, cut to 200 characters.
        message: String,
    },

    /// A successful status with an error object in place of data: read the message.
    #[error("{} refused `{}`: {}", .endpoint.api(), .endpoint.path(), quoted(.message))]
    Refused {
        /// The requested endpoint.
        endpoint: Endpoint,
        /// The message of the API, cut to 200 characters.
        message: String,
    },

    /// A web page or other text in place of data, for example from a host under maintenance or a
    /// captive portal: open the URL in a browser.
    #[error(
        "{} answered `{}` with no JSON but {}",
        .endpoint.api(), .endpoint.path(), quoted(.beginning)
    )]
    Page {
        /// The requested endpoint.
        endpoint: Endpoint,
        /// The beginning of the body, cut to 60 characters.
        beginning: String,
    },

    /// A response that this crate cannot parse: truncated or corrupted, or the API has changed.
    #[error(
        "{} answered `{}` with something unreadable: {reason}",
        .endpoint.api(), .endpoint.path()
    )]
    Malformed {
        /// The requested endpoint.
        endpoint: Endpoint,
        /// What is wrong with the response.
        reason: String,
        /// The cause, if there is one.
        source: Option<Source>,
    },

    /// A response about another place: the Aareguru API answers an unknown city with the data of
    /// Bern. Never returned as data of the requested place.
    #[error("asked {} for `{asked}`, got `{got}`", .endpoint.api())]
    WrongPlace {
        /// The requested endpoint.
        endpoint: Endpoint,
        /// The id of the requested place; several are separated by `, `.
        asked: String,
        /// The place named in the response, cut to 60 characters.
        got: String,
    },

    /// BAFU has no gauge at the place, so the hydro API has no data for it: use the Aareguru API.
    #[error("BAFU has no gauge at `{place}`: flow and height are not measured there")]
    NotMeasured {
        /// The id of the place.
        place: &'static str,
    },

    /// The client uses recordings, and this request was not recorded: use the live API.
    #[error("no recording of `{}` of {} has this", .endpoint.path(), .endpoint.api())]
    NoRecording {
        /// The requested endpoint.
        endpoint: Endpoint,
    },

    /// The circuit breaker is open because the API has failed repeatedly, so no request was sent:
    /// try again after the pause.
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
    /// Returns whether a retry may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } => true,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }

    /// Returns the error and its causes on one line. A cause may quote upstream, so each is cut to
    /// 200 characters.
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

    /// Returns the pause that the API requests.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Why a response is stale: the API did not return a newer one.
///
/// The values in the response remain valid, with their own times. Displayed as a clause that names
/// the time and the error with its causes.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "this is an earlier answer, of {}, for want of a new one: {}",
    local_time(*.answered_at), .error.with_causes()
)]
#[non_exhaustive]
pub struct UpstreamTrouble {
    /// The error of the last fetch.
    pub error: Error,
    /// When the API sent the stale response.
    pub answered_at: Timestamp,
}
