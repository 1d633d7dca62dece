//! The timeouts of a connection.

use std::time::Duration;

/// Timeouts of a connection.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionTimeouts {
    /// For the head of a request, from its first byte; for the first request, from the start of the
    /// connection.
    pub head: Duration,
    /// For the body of a request, from when the handler first waits for it.
    pub body: Duration,
    /// Between two requests.
    pub keep_alive: Duration,
}
