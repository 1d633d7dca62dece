//! Streamable HTTP, the current transport: `/mcp`.
//!
//! rmcp's `StreamableHttpService` speaks it, in both eras: with sessions (2025-03-26 to 2025-11-25)
//! and without (2026-07-28). Around it stands what it leaves open: sessions belong to a principal,
//! everything is counted and bounded before it is promised, every refusal is a JSON-RPC error, and
//! a shutdown lets running calls finish. `Host` and `Origin` are checked by the layer in front of
//! all routes.

mod answer;
mod calls;
mod events;
mod get;

mod panic_watchdog;
mod post;
mod request_guard;
mod restore;
mod session;
mod session_error;
mod sessions;
mod shared_sessions;

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Once},
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Request, Response, body::Body as HttpBody, header::HeaderName,
    http::request::Parts,
};
use rmcp::{
    ServerHandler,
    model::RequestId,
    transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService},
};
use rmcp_transport::{Principal, Refusal, SessionLimiter, SseServerConfig};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    answer::refused, restore::Restoring, session::SessionEnd, sessions::StreamableSessions,
    shared_sessions::Store,
};
use crate::session_metrics::SessionMetrics;

pub use self::shared_sessions::{
    Progress, RemoteEventSource, SharedFuture, SharedSessions, Unreachable,
};

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Serves a [`ServerHandler`] over MCP's Streamable HTTP transport.
///
/// It is a tower service that never fails. A clone is cheap and shares the sessions. It has to be
/// called inside a tokio runtime.
pub struct StreamableService<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    rmcp: StreamableHttpService<S, StreamableSessions>,
    sessions: Arc<StreamableSessions>,
    limiter: Arc<SessionLimiter>,
    /// The sessions of other instances.
    others: Option<Arc<dyn SharedSessions>>,
    metrics: Arc<SessionMetrics>,
    config: SseServerConfig,
    /// The calls that a shutdown waits for.
    calls: TaskTracker,
    /// Ends all that rmcp runs, once the calls have finished.
    end: CancellationToken,
    watching: Once,
    restoring: Restoring,
}

impl<S: ServerHandler> StreamableService<S> {
    /// A service that makes one handler for each session, or each request of the revision without
    /// sessions, with `factory`. The bounds are those of `config`, which this transport counts for
    /// itself.
    pub fn new(
        factory: impl Fn() -> io::Result<S> + Send + Sync + 'static,
        config: SseServerConfig,
    ) -> Self {
        Self::with_others(factory, config, None)
    }

    /// The same as one of several instances, of which `others` keeps the sessions.
    pub fn with_others(
        factory: impl Fn() -> io::Result<S> + Send + Sync + 'static,
        config: SseServerConfig,
        others: Option<Arc<dyn SharedSessions>>,
    ) -> Self {
        let metrics = Arc::new(SessionMetrics::new(
            "streamable",
            "Streamable HTTP",
            SessionEnd::ALL.map(SessionEnd::label),
        ));
        let sessions = Arc::new(StreamableSessions::new(
            config.idle_timeout,
            config.init_timeout,
            metrics.clone(),
            others.clone(),
        ));
        let end = CancellationToken::new();
        let mut of_rmcp = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_sse_keep_alive(config.sse_keep_alive)
            // The sessions see to it, for clients that know it.
            .with_sse_retry(None)
            .with_max_request_body_bytes(config.max_request_body_bytes)
            .with_cancellation_token(end.clone());
        if let Some(others) = &others {
            of_rmcp.session_store = Some(Arc::new(Store(others.clone())));
        }
        Self {
            shared: Arc::new(Shared {
                rmcp: StreamableHttpService::new(factory, sessions.clone(), of_rmcp),
                sessions,
                limiter: SessionLimiter::new(config.max_sessions, config.max_sessions_per_client),
                others,
                metrics,
                config,
                calls: TaskTracker::new(),
                end,
                watching: Once::new(),
                restoring: Restoring::default(),
            }),
        }
    }

    /// How many sessions are open now.
    pub fn session_count(&self) -> usize {
        self.shared.sessions.len()
    }

    /// Ends the session with this id, whosever it is: its client has ended it at another instance.
    pub fn end_session(&self, id: &str) {
        self.shared.sessions.end(id.into(), SessionEnd::Deleted);
    }

    /// Its client has subscribed to a resource at another instance, or not any more.
    pub fn subscribed_elsewhere(&self, session: &str, uri: &str, is_on: bool) {
        let sessions = self.shared.sessions.clone();
        let (session, uri) = (session.to_owned(), uri.to_owned());
        tokio::spawn(async move { sessions.subscribed_elsewhere(&session, &uri, is_on).await });
    }

    /// Its client has cancelled a request at another instance.
    pub fn cancelled_elsewhere(&self, session: &str, request: serde_json::Value) {
        let (sessions, session) = (self.shared.sessions.clone(), session.to_owned());
        tokio::spawn(async move { sessions.cancelled_elsewhere(&session, request).await });
    }

    /// Waits until all sessions have ended, after the token of the bounds was cancelled.
    pub async fn ended(&self) {
        if self.shared.watching.is_completed() {
            self.shared.end.cancelled().await;
        }
    }

    /// Ends every session of `principal` at once, and returns how many there were.
    pub fn end_sessions_of(&self, principal: &Principal) -> usize {
        self.shared.sessions.end_all_of(principal)
    }
}

impl<S: ServerHandler> Shared<S> {
    async fn answer<B>(self: &Arc<Self>, request: Request<B>) -> Response<Body>
    where
        B: HttpBody + Send,
        B::Data: Send,
        B::Error: Into<axum::BoxError>,
    {
        self.watching.call_once(|| self.watch());
        let (parts, body) = request.into_parts();
        match parts.method {
            Method::POST => self.post(parts, body).await,
            Method::GET => self.get(parts).await,
            Method::DELETE => self.delete(parts).await,
            _ => self.ask_rmcp(parts, Bytes::new(), None).await,
        }
    }

    /// What rmcp answers; its refusals become JSON-RPC errors.
    ///
    /// A body that it cannot read is 415 for rmcp, as one of another type is; `is_json` tells the
    /// two apart.
    async fn ask_rmcp(&self, parts: Parts, body: Bytes, is_json: Option<bool>) -> Response<Body> {
        let request = Request::from_parts(parts, Full::new(body.clone()));
        let answer = self.rmcp.handle(request).await;
        answer::of_rmcp(answer, (is_json == Some(true)).then_some(&body)).await
    }

    fn refuse(&self, refusal: Refusal, id: Option<&RequestId>) -> Response<Body> {
        self.metrics.refused(refusal);
        tracing::debug!(reason = refusal.label(), "request refused");
        refused(refusal, id)
    }

    /// Waits for the shutdown, and ends everything when the calls are done.
    fn watch(&self) {
        let (shutdown, timeout) = {
            let config = &self.config;
            (config.cancellation_token.clone(), config.drain_timeout)
        };
        let (sessions, calls, end) = (self.sessions.clone(), self.calls.clone(), self.end.clone());
        tokio::spawn(async move {
            shutdown.cancelled().await;
            calls.close();
            // What is left after that time is cut.
            let _ = tokio::time::timeout(timeout, calls.wait()).await;
            sessions.shutting_down();
            end.cancel();
        });
    }
}

impl<S> Clone for StreamableService<S> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<S> fmt::Debug for StreamableService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamableService")
            .field("sessions", &self.shared.sessions)
            .finish_non_exhaustive()
    }
}

impl<S, B> tower_service::Service<Request<B>> for StreamableService<S>
where
    S: ServerHandler,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let shared = self.shared.clone();
        Box::pin(async move { Ok(shared.answer(request).await) })
    }
}

fn session_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION_ID)?.to_str().ok()
}
