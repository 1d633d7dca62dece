//! What can become of a message, other than an answer.

/// Why there is no good answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no connection: {0}")]
    Connect(std::io::Error),
    #[error("the connection broke: {0}")]
    Broken(std::io::Error),
    #[error("the server closed the connection")]
    Closed,
    #[error("the server answers {status} to {request}: {text}")]
    Status {
        status: u16,
        request: &'static str,
        text: String,
    },
    #[error("an error: {message}")]
    Error { code: i64, message: String },
    #[error("a tool's error: {0}")]
    Tool(String),
    #[error("not understood: {0}")]
    Foreign(String),
}

impl Failure {
    /// The kind of it, for counting.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Connect(_) => "no connection".to_owned(),
            Self::Broken(_) => "broken connection".to_owned(),
            Self::Closed => "closed connection".to_owned(),
            Self::Status { status, .. } => format!("HTTP status {status}"),
            Self::Error { code, .. } => format!("JSON-RPC error {code}"),
            Self::Tool(_) => "tool error".to_owned(),
            Self::Foreign(_) => "not understood".to_owned(),
        }
    }

    /// Whether the session goes on.
    pub(crate) fn leaves_session(&self) -> bool {
        match self {
            Self::Error { .. } | Self::Tool(_) => true,
            // Refused for now, not for good.
            Self::Status { status, .. } => matches!(status, 429 | 503),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_survives_what_is_said_in_it_and_nothing_else() {
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
