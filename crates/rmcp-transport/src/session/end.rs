//! Why a session ended.

/// Why a session ended; its label is in a log line and in a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The client dropped its stream and did not come back in time.
    ClientGone,
    /// No message for too long.
    Idle,
    /// The client left its events waiting for too long, or too many.
    SlowReader,
    /// No `initialize` in time.
    NeverInitialized,
    /// The server is shutting down.
    Shutdown,
    /// The session had no stream, and its place was needed by another.
    Evicted,
    /// A message could not be written.
    Unwritable,
    /// Its principal may not use the server any more.
    Revoked,
    /// Another process goes on with it.
    TakenOver,
}

impl End {
    /// All of them, in the order in which they are declared.
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

    /// The value of the label `reason`.
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
