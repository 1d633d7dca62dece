//! Why a request was not served: one place that knows status, text and label.

use std::fmt;

use http::StatusCode;

use crate::rebinding::RefusedHeader;

/// Why a request was refused, before anything was promised. What was refused
/// is not run, but for [`Undecided`](Self::Undecided).
///
/// Its `Display` form is the text of the answer. The texts are the Python
/// SDK's where it has one; none repeats what the client sent.
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
    /// What the query names is no session id.
    InvalidSessionId,
    /// There is no such session, or it belongs to somebody else.
    UnknownSession,
    /// The body is longer than allowed.
    BodyTooLarge,
    /// The body ended before it was complete.
    BodyCutShort,
    /// The body is not one JSON-RPC message.
    InvalidMessage,
    /// A request with this id is still running.
    DuplicateRequest,
    /// As many requests of this session are running as are allowed.
    TooManyRequests,
    /// As many sessions of this client are open as are allowed.
    TooManySessionsOfClient,
    /// As many sessions are open as are allowed.
    TooManySessions,
    /// The server is shutting down.
    ShuttingDown,
    /// The process that has the session cannot be reached now.
    Unreachable,
    /// The process that has the session may have taken the message or not: the
    /// way there broke before it could say so. It is the one refusal after
    /// which the message may still be run.
    Undecided,
    /// The factory made no handler.
    NoHandler,
}

impl Refusal {
    /// All of them, in the order in which they are declared.
    pub(crate) const ALL: [Self; 17] = [
        Self::InvalidHost,
        Self::InvalidOrigin,
        Self::ContentType,
        Self::NoSessionId,
        Self::InvalidSessionId,
        Self::UnknownSession,
        Self::BodyTooLarge,
        Self::BodyCutShort,
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

    /// Every reason there is, for whoever counts them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }

    /// The status of the answer.
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
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests | Self::TooManySessionsOfClient => StatusCode::TOO_MANY_REQUESTS,
            Self::TooManySessions | Self::ShuttingDown | Self::Unreachable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Undecided => StatusCode::GATEWAY_TIMEOUT,
            Self::NoHandler => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Seconds after which it is worth trying again, if it is at all.
    pub fn retry_after_secs(self) -> Option<u32> {
        match self {
            Self::TooManyRequests | Self::Unreachable | Self::Undecided => Some(1),
            Self::TooManySessions | Self::TooManySessionsOfClient | Self::ShuttingDown => Some(5),
            _ => None,
        }
    }

    /// The text of the answer.
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

    /// A word for logs and for the label `reason` of metrics.
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
