//! How a service is set up. Nothing here reads files or the environment: the
//! program that embeds the transport decides where its settings come from.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// The settings of an [`SseService`](crate::SseService).
///
/// Start from [`SseServerConfig::default`] and change what you need:
///
/// ```
/// use std::time::Duration;
/// use rmcp_sse::SseServerConfig;
///
/// let config = SseServerConfig::default()
///     .with_path_prefix("/aare")
///     .with_sse_keep_alive(Some(Duration::from_secs(10)));
/// assert_eq!(config.sse_path, "/sse");
/// ```
///
/// The names follow rmcp's `StreamableHttpServerConfig` where both have the
/// same setting.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SseServerConfig {
    /// The path of the event stream as the service sees it, `/sse` by default.
    ///
    /// It must start with a slash. A router that strips a prefix before it
    /// calls the service hands over the rest, and the rest is what is compared.
    pub sse_path: String,

    /// The path of the message endpoint as the service sees it, `/messages` by
    /// default. The same path with a slash at its end is served too, without
    /// a redirect.
    pub message_path: String,

    /// What to put before [`message_path`](Self::message_path) in the
    /// `endpoint` event, empty by default.
    ///
    /// Clients resolve the event's path against the server's origin, so a
    /// service that is mounted below a prefix (`Router::nest_service`, a
    /// reverse proxy that strips a path) has to name that prefix here.
    pub path_prefix: String,

    /// The time between two keep-alive comments on a stream, 15 s by default;
    /// `None` sends none.
    ///
    /// Proxies close a silent connection after 60 s (nginx) to 125 s
    /// (Cloudflare), and Node's `fetch` gives up after 300 s.
    pub sse_keep_alive: Option<Duration>,

    /// The longest body of a POST in bytes, 4 MiB by default, counted as it
    /// arrives. A longer one is answered with 413.
    pub max_request_body_bytes: usize,

    /// The most bytes of events that wait for one slow reader, 4 MiB by
    /// default. A session that would exceed it ends, so that a client that
    /// does not read costs bounded memory.
    ///
    /// One event larger than this is still sent when nothing else waits.
    pub max_queued_bytes: usize,

    /// Ends every session and its stream when it is cancelled.
    ///
    /// An open event stream never ends by itself, so a server that shuts down
    /// gracefully has to cancel this token to be done.
    pub cancellation_token: CancellationToken,
}

impl Default for SseServerConfig {
    fn default() -> Self {
        Self {
            sse_path: "/sse".to_owned(),
            message_path: "/messages".to_owned(),
            path_prefix: String::new(),
            sse_keep_alive: Some(Duration::from_secs(15)),
            max_request_body_bytes: 4 * 1024 * 1024,
            max_queued_bytes: 4 * 1024 * 1024,
            cancellation_token: CancellationToken::new(),
        }
    }
}

impl SseServerConfig {
    /// Sets [`sse_path`](Self::sse_path).
    #[must_use]
    pub fn with_sse_path(mut self, path: impl Into<String>) -> Self {
        self.sse_path = path.into();
        self
    }

    /// Sets [`message_path`](Self::message_path).
    #[must_use]
    pub fn with_message_path(mut self, path: impl Into<String>) -> Self {
        self.message_path = path.into();
        self
    }

    /// Sets [`path_prefix`](Self::path_prefix).
    #[must_use]
    pub fn with_path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.path_prefix = prefix.into();
        self
    }

    /// Sets [`sse_keep_alive`](Self::sse_keep_alive).
    #[must_use]
    pub fn with_sse_keep_alive(mut self, period: Option<Duration>) -> Self {
        self.sse_keep_alive = period;
        self
    }

    /// Sets [`max_request_body_bytes`](Self::max_request_body_bytes).
    #[must_use]
    pub fn with_max_request_body_bytes(mut self, bytes: usize) -> Self {
        self.max_request_body_bytes = bytes;
        self
    }

    /// Sets [`max_queued_bytes`](Self::max_queued_bytes).
    #[must_use]
    pub fn with_max_queued_bytes(mut self, bytes: usize) -> Self {
        self.max_queued_bytes = bytes;
        self
    }

    /// Sets [`cancellation_token`](Self::cancellation_token).
    #[must_use]
    pub fn with_cancellation_token(mut self, token: CancellationToken) -> Self {
        self.cancellation_token = token;
        self
    }
}
