//! Why a socket was closed.

use axum::extract::ws::{CloseFrame, close_code};

/// Why a session ended; its label is in a log line and in a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SocketEnd {
    /// The client closed the socket, or its connection broke.
    ClientGone,
    /// Nothing was heard of the client, not even an answer to a ping.
    Silent,
    /// No `initialize` in time.
    NeverInitialized,
    /// No message for too long.
    Idle,
    /// The client left its messages waiting for too long, or too many.
    SlowReader,
    /// It sent a binary frame.
    Binary,
    /// It sent text that is not UTF-8.
    NotUtf8,
    /// It sent a message longer than may be.
    TooLong,
    /// It does not keep to the WebSocket protocol.
    Malformed,
    /// The session could not begin or go on.
    Failed,
    /// Its principal may not use the server any more.
    Revoked,
    /// The server is shutting down.
    Shutdown,
}

impl SocketEnd {
    /// All of them, in the order in which they are declared.
    pub(super) const ALL: [Self; 12] = [
        Self::ClientGone,
        Self::Silent,
        Self::NeverInitialized,
        Self::Idle,
        Self::SlowReader,
        Self::Binary,
        Self::NotUtf8,
        Self::TooLong,
        Self::Malformed,
        Self::Failed,
        Self::Revoked,
        Self::Shutdown,
    ];

    /// The value of the label `reason`.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::ClientGone => "client_gone",
            Self::Silent => "silent",
            Self::NeverInitialized => "never_initialized",
            Self::Idle => "idle",
            Self::SlowReader => "slow_reader",
            Self::Binary => "binary",
            Self::NotUtf8 => "not_utf8",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Failed => "failed",
            Self::Revoked => "revoked",
            Self::Shutdown => "shutdown",
        }
    }

    /// What the client is told, with the codes of RFC 6455, section 7.4.1. `None` if it is not
    /// there to be told.
    pub(super) fn close_frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::ClientGone | Self::Silent => return None,
            Self::NeverInitialized => (close_code::POLICY, "no initialize in time"),
            Self::Idle => (close_code::NORMAL, "no message for too long"),
            Self::SlowReader => (close_code::POLICY, "messages are not read"),
            Self::Binary => (close_code::UNSUPPORTED, "messages are text"),
            Self::NotUtf8 => (close_code::INVALID, "text is UTF-8"),
            Self::TooLong => (close_code::SIZE, "the message is too long"),
            Self::Malformed => (close_code::PROTOCOL, "not the WebSocket protocol"),
            Self::Failed => (close_code::ERROR, "the session failed"),
            Self::Revoked => (close_code::POLICY, "not allowed any more"),
            Self::Shutdown => (close_code::AWAY, "the server is shutting down"),
        };
        Some(CloseFrame {
            code,
            reason: reason.into(),
        })
    }
}
