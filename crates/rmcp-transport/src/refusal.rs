//! The reasons for refusing a request, with status, text and label of each.

use std::fmt;

use http::StatusCode;

use crate::rebinding::RefusedHeader;

/// Why a request was refused. A refused request is not run, except possibly after
/// [`Undecided`](Self::Undecided).
///
/// Its `Display` form is the body of the response. The texts are those of the Python SDK where it
/// has one; none repeats what the client sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The `Host` header is not allowed.
    InvalidHost,
    /// The `Origin` header is not allowed.
    InvalidOrigin,
    /// The body is not declared as JSON.
    ContentType,
    /// The query names no session.
    NoSessionId,
    /// The session id in the query is invalid.
    InvalidSessionId,
    /// The session does not exist, or belongs to another principal.
    UnknownSession,
    /// The body is larger than allowed.
    BodyTooLarge,
    /// The body is incomplete.
    BodyCutShort,
    /// The message exceeds [`JsonLimits`](crate::JsonLimits).
    TooComplex,
    /// The body is not one JSON-RPC message.
    InvalidMessage,
    /// A request with this id is in flight.
    DuplicateRequest,
    /// The session has reached its limit of requests in flight.
    TooManyRequests,
    /// The client has reached its limit of sessions.
    TooManySessionsOfClient,
    /// The server has reached its limit of sessions.
    TooManySessions,
    /// The server is shutting down.
    ShuttingDown,
    /// The process that has the session is unreachable.
    Unreachable,
    /// The connection to the process that has the session broke before it confirmed the message.
    /// This is the only refusal after which the message may still run.
    Undecided,
    /// The factory failed to create a handler.
    NoHandler,
}

impl Refusal {
    /// All refusals, in declaration order.
    pub(crate) const ALL: [Self; 18] = [
        Self::InvalidHost,
        Self::InvalidOrigin,
        Self::ContentType,
        Self::NoSessionId,
        Self::InvalidSessionId,
        Self::UnknownSession,
        Self::BodyTooLarge,
        Self::BodyCutShort,
        Self::TooComplex,
        Self::InvalidMessage,
        Self::DuplicateRequest,
        Self::TooManyRequests,
        Self::TooManySessionsOfClient,
        Self::TooManySessions,
        Self::ShuttingDown,
        Self::Unreachable,
        Self::Undecided,
        Self::NoHandler,
    ];

    /// Returns all refusals, for metrics.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }

    /// Returns the status of the response.
    pub fn status(self) -> StatusCode {
        match self {
            Self::InvalidHost => RefusedHeader::Host.status(),
            Self::InvalidOrigin => RefusedHeader::Origin.status(),
            Self::ContentType
            | Self::NoSessionId
            | Self::InvalidSessionId
            | Self::BodyCutShort
            | Self::InvalidMessage
            | Self::DuplicateRequest => StatusCode::BAD_REQUEST,
            Self::UnknownSession => StatusCode::NOT_FOUND,
            Self::BodyTooLarge | Self::TooComplex => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests | Self::TooManySessionsOfClient => StatusCode::TOO_MANY_REQUESTS,
            Self::TooManySessions | Self::ShuttingDown | Self::Unreachable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Undecided => StatusCode::GATEWAY_TIMEOUT,
            Self::NoHandler => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the `Retry-After` in seconds, if a retry can help.
    pub fn retry_after_secs(self) -> Option<u32> {
        match self {
            Self::TooManyRequests | Self::Unreachable | Self::Undecided => Some(1),
            Self::TooManySessions | Self::TooManySessionsOfClient | Self::ShuttingDown => Some(5),
            _ => None,
        }
    }

    /// Returns the body of the response.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::InvalidHost => RefusedHeader::Host.text(),
            Self::InvalidOrigin => RefusedHeader::Origin.text(),
            Self::ContentType => "Invalid Content-Type header",
            Self::NoSessionId => "session_id is required",
            Self::InvalidSessionId => "Invalid session ID",
            Self::UnknownSession => "Could not find session",
            Self::BodyTooLarge => "Request body too large",
            Self::BodyCutShort => "Could not read request body",
            Self::TooComplex => "Message has too many values or levels",
            Self::InvalidMessage => "Could not parse message",
            Self::DuplicateRequest => "Request id is already in use",
            Self::TooManyRequests => "Too many requests in flight",
            Self::TooManySessionsOfClient => "Too many sessions of this client",
            Self::TooManySessions => "Too many sessions",
            Self::ShuttingDown => "Server is shutting down",
            Self::Unreachable => "Session cannot be reached",
            Self::Undecided => "Message may have been taken",
            Self::NoHandler => "Could not create session",
        }
    }

    /// Returns the value for logs and for the metric label `reason`.
    pub fn label(self) -> &'static str {
        match self {
            Self::InvalidHost => "invalid_host",
            Self::InvalidOrigin => "invalid_origin",
            Self::ContentType => "content_type",
            Self::NoSessionId => "no_session_id",
            Self::InvalidSessionId => "invalid_session_id",
            Self::UnknownSession => "unknown_session",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyCutShort => "body_cut_short",
            Self::TooComplex => "too_complex",
            Self::InvalidMessage => "invalid_message",
            Self::DuplicateRequest => "duplicate_request",
            Self::TooManyRequests => "too_many_requests",
            Self::TooManySessionsOfClient => "too_many_sessions_of_client",
            Self::TooManySessions => "too_many_sessions",
            Self::ShuttingDown => "shutting_down",
            Self::Unreachable => "unreachable",
            Self::Undecided => "undecided",
            Self::NoHandler => "no_handler",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Refusal {}

impl From<RefusedHeader> for Refusal {
    fn from(header: RefusedHeader) -> Self {
        match header {
            RefusedHeader::Host => Self::InvalidHost,
            RefusedHeader::Origin => Self::InvalidOrigin,
        }
    }
}
