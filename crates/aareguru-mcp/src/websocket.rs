//! MCP over WebSocket: `/ws`, sub-protocol `mcp`. For clients behind proxies that break event
//! streams.
//!
//! One socket is one session with a handler of its own; a text frame is one JSON-RPC message. The
//! revisions that begin with `initialize` are spoken, as over HTTP+SSE; the later ones do not
//! define this transport.
//!
//! A client that names sub-protocols has to name `mcp`, as those of the Python and TypeScript SDKs
//! do; one that names none is served as well.

mod end;
mod socket;

use std::{
    collections::HashMap,
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    extract::{FromRequestParts, Request, State, WebSocketUpgrade},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use parking_lot::Mutex;
use rmcp::ServerHandler;
use rmcp_transport::{
    ClientKey, Principal, Refusal, SessionLimiter, SessionPermit, SseServerConfig,
};
use tokio_util::sync::CancellationToken;

use edge::{KeyHandle, refusal};

use crate::{duplex::Conversation, session_metrics::SessionMetrics};

const PROTOCOL: &str = "mcp";

/// What a socket reads into; longer messages are put together from more.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Serves a [`ServerHandler`] over WebSocket, through [`connect`].
///
/// A clone is cheap and shares the sessions.
pub struct WebSocketService<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    factory: Box<dyn Fn() -> io::Result<S> + Send + Sync>,
    config: SseServerConfig,
    limiter: Arc<SessionLimiter>,
    metrics: SessionMetrics,
    open: Mutex<HashMap<u64, Open>>,
    opened: AtomicU64,
}

/// An open session.
struct Open {
    owner: Option<Principal>,
    revoked: CancellationToken,
}

impl<S: ServerHandler> WebSocketService<S> {
    /// A service that makes one handler for each socket with `factory`. The bounds are those of
    /// `config`, which this transport counts for itself.
    pub fn new(
        factory: impl Fn() -> io::Result<S> + Send + Sync + 'static,
        config: SseServerConfig,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                factory: Box::new(factory),
                limiter: SessionLimiter::new(config.max_sessions, config.max_sessions_per_client),
                metrics: SessionMetrics::new(
                    "websocket",
                    "WebSocket",
                    end::SocketEnd::ALL.map(end::SocketEnd::label),
                ),
                config,
                open: Mutex::default(),
                opened: AtomicU64::new(0),
            }),
        }
    }

    /// How many sessions are open now.
    pub fn session_count(&self) -> usize {
        self.shared.open.lock().len()
    }

    /// Ends every session of `principal`, and returns how many there were.
    pub fn end_sessions_of(&self, principal: &Principal) -> usize {
        let open = self.shared.open.lock();
        let of_principal = open
            .values()
            .filter(|session| session.owner.as_ref() == Some(principal));
        of_principal
            .inspect(|session| session.revoked.cancel())
            .count()
    }
}

/// Answers a `GET` that asks for a WebSocket; for an axum router whose state is the service.
pub async fn connect<S: ServerHandler>(
    State(service): State<WebSocketService<S>>,
    request: Request,
) -> Response {
    let shared = service.shared;
    let (mut parts, _) = request.into_parts();
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return upgrade_required();
    };
    let upgrade = upgrade.protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() && upgrade.requested_protocols().next().is_some() {
        let text = "none of the sub-protocols is spoken here: ask for `mcp`\n";
        return (StatusCode::BAD_REQUEST, text).into_response();
    }
    if shared.config.cancellation_token.is_cancelled() {
        return shared.refuse(Refusal::ShuttingDown);
    }
    let permit = match shared.limiter.try_acquire(ClientKey::of(&parts.extensions)) {
        Ok(permit) => permit,
        Err(exceeded) => return shared.refuse(exceeded.into()),
    };
    let handler = match (shared.factory)() {
        Ok(handler) => handler,
        Err(error) => {
            tracing::error!(%error, "no handler for a session");
            return shared.refuse(Refusal::NoHandler);
        }
    };
    let max_bytes = shared.config.max_request_body_bytes;
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(max_bytes)
        .max_frame_size(max_bytes)
        .on_failed_upgrade(|error| tracing::debug!(%error, "upgrade failed"))
        .on_upgrade(async move |socket| {
            let session = shared.begin(parts.extensions.get().cloned(), permit);
            // The sessions of its principal may have been ended just before.
            if parts.extensions.get().is_some_and(KeyHandle::is_revoked) {
                session.revoked.cancel();
            }
            let config = &session.shared.config;
            let metrics = &session.shared.metrics;
            let conversation = Conversation::new(
                config.max_in_flight,
                config.max_request_body_bytes,
                parts.extensions.get().cloned(),
                metrics.messages.clone(),
                metrics.in_flight.clone(),
            );
            let (end, connection) = socket::run(
                socket,
                handler,
                parts,
                conversation,
                config,
                &session.revoked,
            )
            .await;
            session.end(end);
            // After it was told: the program may end with its last connection.
            drop(connection);
        })
}

/// One open session, from its upgrade to its end.
struct Session<S> {
    shared: Arc<Shared<S>>,
    number: u64,
    revoked: CancellationToken,
    _permit: SessionPermit,
}

impl<S> Shared<S> {
    fn begin(self: Arc<Self>, owner: Option<Principal>, permit: SessionPermit) -> Session<S> {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let revoked = CancellationToken::new();
        let open = Open {
            owner,
            revoked: revoked.clone(),
        };
        self.open.lock().insert(number, open);
        self.metrics.opened();
        tracing::info!(transport = "websocket", "session opened");
        Session {
            shared: self,
            number,
            revoked,
            _permit: permit,
        }
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        self.metrics.refused(refusal);
        tracing::debug!(reason = refusal.label(), "request refused");
        refusal::of_transport(refusal)
    }
}

impl<S> Session<S> {
    fn end(&self, end: end::SocketEnd) {
        self.shared.open.lock().remove(&self.number);
        self.shared.metrics.closed(end.label());
        let reason = end.label();
        tracing::info!(transport = "websocket", reason, "session closed");
    }
}

fn upgrade_required() -> Response {
    let mut response = (
        StatusCode::UPGRADE_REQUIRED,
        "this is a WebSocket endpoint: connect to it with ws:// or wss://, sub-protocol `mcp`\n",
    )
        .into_response();
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    response
}

impl<S> Clone for WebSocketService<S> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<S> fmt::Debug for WebSocketService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketService")
            .field("sessions", &self.shared.open.lock().len())
            .finish_non_exhaustive()
    }
}
