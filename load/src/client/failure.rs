//! Failures of a call.

use std::fmt::Display;

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("cannot connect: {0}")]
    Connect(std::io::Error),
    #[error("connection lost: {0:#}")]
    Broken(anyhow::Error),
    #[error("the server closed the connection")]
    Closed,
    #[error("status {status} in response to {request}: {text}")]
    Status {
        status: u16,
        request: &'static str,
        text: String,
    },
    #[error("JSON-RPC error: {message}")]
    Error { code: i64, message: String },
    #[error("tool error: {0}")]
    Tool(String),
    #[error("no answer within the timeout")]
    Timeout,
    #[error("unexpected message: {0}")]
    Unexpected(String),
}

impl Failure {
    pub(super) fn unexpected(error: impl Display) -> Self {
        Self::Unexpected(error.to_string())
    }

    /// Returns the kind of failure, for counting.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Connect(_) => "cannot connect".to_owned(),
            Self::Broken(_) => "broken connection".to_owned(),
            Self::Closed => "closed connection".to_owned(),
            Self::Status { status, .. } => format!("HTTP status {status}"),
            Self::Error { code, .. } => format!("JSON-RPC error {code}"),
            Self::Tool(_) => "tool error".to_owned(),
            Self::Timeout => "no answer in time".to_owned(),
            Self::Unexpected(_) => "unexpected message".to_owned(),
        }
    }

    /// Returns whether the session can still be used.
    pub(crate) fn leaves_session(&self) -> bool {
        match self {
            Self::Error { .. } | Self::Tool(_) => true,
            // Refused because of a limit.
            Self::Status { status, .. } => matches!(status, 429 | 503),
            _ => false,
        }
    }
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        if error.is_parse() {
            Self::unexpected(error)
        } else if error.is_canceled() || error.is_closed() || error.is_incomplete_message() {
            Self::Closed
        } else {
            Self::Broken(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_survives_errors_and_limits_only() {
        let refused = |status| Failure::Status {
            status,
            request: "a POST",
            text: String::new(),
        };
        assert!(refused(429).leaves_session());
        assert!(Failure::Tool(String::new()).leaves_session());
        assert!(!refused(404).leaves_session());
        assert!(!Failure::Closed.leaves_session());
        assert_eq!(refused(503).kind(), "HTTP status 503");
    }
}
