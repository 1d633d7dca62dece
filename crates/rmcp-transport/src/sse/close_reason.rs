//! The reasons for closing a session.

/// Why a session was closed. Its label is in a log line and in a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// The client disconnected and did not reconnect in time.
    ClientGone,
    /// The session was idle for too long.
    Idle,
    /// The client left events unread for too long, or too many.
    SlowReader,
    /// The client did not send `initialize` in time.
    NeverInitialized,
    /// The server is shutting down.
    Shutdown,
    /// The session had no stream, and another session needed its permit.
    Evicted,
    /// A message could not be serialized.
    Unwritable,
    /// Its principal was revoked.
    Revoked,
    /// Another process has taken over the session.
    TakenOver,
}

impl CloseReason {
    /// All reasons, in declaration order.
    pub(crate) const ALL: [Self; 9] = [
        Self::ClientGone,
        Self::Idle,
        Self::SlowReader,
        Self::NeverInitialized,
        Self::Shutdown,
        Self::Evicted,
        Self::Unwritable,
        Self::Revoked,
        Self::TakenOver,
    ];

    /// Returns the value of the label `reason`.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::ClientGone => "client_gone",
            Self::Idle => "idle",
            Self::SlowReader => "slow_reader",
            Self::NeverInitialized => "never_initialized",
            Self::Shutdown => "shutdown",
            Self::Evicted => "evicted",
            Self::Unwritable => "unwritable",
            Self::Revoked => "revoked",
            Self::TakenOver => "taken_over",
        }
    }
}
