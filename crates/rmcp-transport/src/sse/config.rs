//! Configuration of the service. Reads no files and no environment: the embedding program decides
//! where its settings come from.

use std::{fmt, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    rebinding::RebindingProtection,
    sse::{relay::Relay, store::SessionStore},
};

/// Configuration of an [`SseService`](crate::SseService).
///
/// Start from [`SseServerConfig::default`] and change what you need:
///
/// ```
/// use std::time::Duration;
/// use rmcp_transport::SseServerConfig;
///
/// let config = SseServerConfig::default()
///     .with_path_prefix("/aare")
///     .with_sse_keep_alive(Some(Duration::from_secs(10)));
/// assert_eq!(config.sse_path, "/sse");
/// ```
///
/// The names follow rmcp's `StreamableHttpServerConfig` where both have the same setting. Time
/// limits are checked once a second.
#[derive(Clone)]
#[non_exhaustive]
pub struct SseServerConfig {
    /// The path of the event stream as the service sees it, `/sse` by default.
    ///
    /// It must start with a slash. If a router strips a prefix before it calls the service, set the
    /// path without that prefix.
    pub sse_path: String,

    /// The path of the message endpoint as the service sees it, `/messages` by default.
    ///
    /// Both paths are served with and without a trailing slash, without a redirect.
    pub message_path: String,

    /// The prefix of [`message_path`](Self::message_path) in the `endpoint` event, empty by
    /// default.
    ///
    /// Clients resolve the event's path against the server's origin. Set it if the service is
    /// mounted below a prefix (`Router::nest_service`, or a reverse proxy that strips a path).
    pub path_prefix: String,

    /// The accepted `Host` and `Origin` headers; by default the names of this machine with any
    /// port.
    ///
    /// Without this check, a web page could reach a server on the user's machine through a name
    /// that resolves to 127.0.0.1 (DNS rebinding).
    pub rebinding_protection: RebindingProtection,

    /// The time between two keep-alive comments on a stream, 15 s by default; `None` sends none.
    ///
    /// Proxies close an idle connection after 60 s (nginx) to 125 s (Cloudflare); Node's `fetch`
    /// gives up after 300 s.
    pub sse_keep_alive: Option<Duration>,

    /// The maximum size of a request body in bytes, 4 MiB by default, counted as it arrives. A
    /// larger body is rejected with 413.
    pub max_request_body_bytes: usize,

    /// The maximum number of open sessions, 10,000 by default. At the limit, the session that has
    /// been without a stream for longest is evicted. If all have a stream, a new one is rejected
    /// with 503.
    pub max_sessions: usize,

    /// The maximum number of open sessions per client, 100 by default. A client is one
    /// [`Principal`](crate::Principal), or else one [`ClientAddress`](crate::ClientAddress);
    /// requests with neither are not counted. At the limit, a session without a stream is evicted.
    /// If there is none, a new one is rejected with 429.
    pub max_sessions_per_client: usize,

    /// The maximum number of requests in flight per session, 64 by default. Further requests are
    /// rejected with 429.
    pub max_in_flight: usize,

    /// The maximum number of bytes of events queued for one client, 4 MiB by default. A session
    /// that would exceed it is closed, so that a client that does not read uses bounded memory.
    ///
    /// A single event larger than this is still sent if the queue is empty.
    pub max_queued_bytes: usize,

    /// How long an open stream may leave events unread before its session is closed, 30 s by
    /// default.
    pub write_timeout: Duration,

    /// How long a session may wait for `initialize`, 10 s by default.
    pub init_timeout: Duration,

    /// How long an initialized session may be idle, without a message in either direction, 1 h by
    /// default; `None` disables the limit.
    pub idle_timeout: Option<Duration>,

    /// How often to check for sessions that exceed [`idle_timeout`](Self::idle_timeout), 1 s by
    /// default, which is also the minimum. Other time limits are checked once a second.
    pub idle_check_interval: Duration,

    /// How long an initialized session is kept after its stream has closed, 30 s by default.
    ///
    /// Its requests continue to run meanwhile, and a client that reconnects with `Last-Event-ID`
    /// resumes the session and receives every event that it missed. Zero closes the session with
    /// its stream, as the reference servers do; events then have no ids.
    ///
    /// Sent events are kept for twice this time, because a connection may fail without either side
    /// noticing.
    pub resume_grace: Duration,

    /// How long requests in flight may run after [`cancellation_token`](Self::cancellation_token)
    /// is cancelled, 10 s by default.
    pub drain_timeout: Duration,

    /// Cancel it to shut the service down: new sessions and requests are rejected (503), requests
    /// in flight finish within [`drain_timeout`](Self::drain_timeout), and each stream is closed
    /// when nothing is left to send on it.
    ///
    /// An event stream does not end by itself, so a graceful server shutdown must cancel this
    /// token.
    pub cancellation_token: CancellationToken,

    /// Delivers messages for sessions of other processes; none by default.
    pub relay: Option<Arc<dyn Relay>>,

    /// Stores sessions so that another process can take them over; none by default.
    ///
    /// Requests that were in flight when a session is taken over run again in the other process, so
    /// every tool must allow that. Without a [`resume_grace`](Self::resume_grace), nothing is
    /// stored.
    pub store: Option<Arc<dyn SessionStore>>,

    /// How long events and 202 responses wait for [`store`](Self::store), 2 s by default. After
    /// that the session continues without it, and cannot be taken over until the store is available
    /// again.
    pub store_timeout: Duration,
}

impl Default for SseServerConfig {
    fn default() -> Self {
        Self {
            sse_path: "/sse".to_owned(),
            message_path: "/messages".to_owned(),
            path_prefix: String::new(),
            rebinding_protection: RebindingProtection::loopback(),
            sse_keep_alive: Some(Duration::from_secs(15)),
            max_request_body_bytes: 4 * 1024 * 1024,
            max_sessions: 10_000,
            max_sessions_per_client: 100,
            max_in_flight: 64,
            max_queued_bytes: 4 * 1024 * 1024,
            write_timeout: Duration::from_secs(30),
            init_timeout: Duration::from_secs(10),
            idle_timeout: Some(Duration::from_secs(3600)),
            idle_check_interval: Duration::from_secs(1),
            resume_grace: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
            cancellation_token: CancellationToken::new(),
            relay: None,
            store: None,
            store_timeout: Duration::from_secs(2),
        }
    }
}

/// Defines a `with_` method for a field.
macro_rules! with {
    ($($method:ident: $field:ident: $type:ty,)*) => {
        $(
            #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
            #[must_use]
            pub fn $method(mut self, $field: $type) -> Self {
                self.$field = $field;
                self
            }
        )*
    };
}

impl SseServerConfig {
    /// Sets [`sse_path`](Self::sse_path).
    #[must_use]
    pub fn with_sse_path(mut self, sse_path: impl Into<String>) -> Self {
        self.sse_path = sse_path.into();
        self
    }

    /// Sets [`message_path`](Self::message_path).
    #[must_use]
    pub fn with_message_path(mut self, message_path: impl Into<String>) -> Self {
        self.message_path = message_path.into();
        self
    }

    /// Sets [`path_prefix`](Self::path_prefix).
    #[must_use]
    pub fn with_path_prefix(mut self, path_prefix: impl Into<String>) -> Self {
        self.path_prefix = path_prefix.into();
        self
    }

    with! {
        with_rebinding_protection: rebinding_protection: RebindingProtection,
        with_sse_keep_alive: sse_keep_alive: Option<Duration>,
        with_max_request_body_bytes: max_request_body_bytes: usize,
        with_max_sessions: max_sessions: usize,
        with_max_sessions_per_client: max_sessions_per_client: usize,
        with_max_in_flight: max_in_flight: usize,
        with_max_queued_bytes: max_queued_bytes: usize,
        with_write_timeout: write_timeout: Duration,
        with_init_timeout: init_timeout: Duration,
        with_idle_timeout: idle_timeout: Option<Duration>,
        with_idle_check_interval: idle_check_interval: Duration,
        with_resume_grace: resume_grace: Duration,
        with_drain_timeout: drain_timeout: Duration,
        with_cancellation_token: cancellation_token: CancellationToken,
        with_relay: relay: Option<Arc<dyn Relay>>,
        with_store: store: Option<Arc<dyn SessionStore>>,
        with_store_timeout: store_timeout: Duration,
    }

    /// Returns how often a [`store`](Self::store) receives the list of open sessions: every two
    /// [`resume_grace`](Self::resume_grace) periods, but between 5 s and 1 min.
    pub fn keep_interval(&self) -> Duration {
        (self.resume_grace * 2).clamp(Duration::from_secs(5), Duration::from_secs(60))
    }
}

impl fmt::Debug for SseServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseServerConfig")
            .field("sse_path", &self.sse_path)
            .field("message_path", &self.message_path)
            .field("path_prefix", &self.path_prefix)
            .field("rebinding_protection", &self.rebinding_protection)
            .field("sse_keep_alive", &self.sse_keep_alive)
            .field("max_request_body_bytes", &self.max_request_body_bytes)
            .field("max_sessions", &self.max_sessions)
            .field("max_sessions_per_client", &self.max_sessions_per_client)
            .field("max_in_flight", &self.max_in_flight)
            .field("max_queued_bytes", &self.max_queued_bytes)
            .field("write_timeout", &self.write_timeout)
            .field("init_timeout", &self.init_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("idle_check_interval", &self.idle_check_interval)
            .field("resume_grace", &self.resume_grace)
            .field("drain_timeout", &self.drain_timeout)
            .field("relay", &self.relay.is_some())
            .field("store", &self.store.is_some())
            .field("store_timeout", &self.store_timeout)
            .finish_non_exhaustive()
    }
}
