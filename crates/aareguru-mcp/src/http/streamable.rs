//! Streamable HTTP, the current transport: `/mcp`.
//!
//! rmcp's `StreamableHttpService` speaks it, in both eras: with sessions
//! (2025-03-26 to 2025-11-25) and without (2026-07-28). Around it stands what
//! it leaves open: sessions belong to a principal, everything is counted and
//! bounded before it is promised, every refusal is a JSON-RPC error, and a
//! shutdown lets running calls finish. `Host` and `Origin` are checked by the
//! layer in front of all routes.

mod answer;
mod held;
mod lost;
mod sessions;
mod shared;

use std::{
    borrow::Cow,
    cell::Cell,
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
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Body as HttpBody,
    header::{self, HeaderName},
    http::request::Parts,
};
use rmcp::{
    ServerHandler,
    model::{ProtocolVersion, RequestId},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::store::SessionState,
    },
};
use rmcp_sse::{Client, Principal, Refusal, SseServerConfig};
use serde::Deserialize;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    answer::{Stream, refused},
    held::Held,
    sessions::{End, NEW, New, Sessions},
    shared::{ASKING, Asking, Store},
};
use super::{
    places::{Place, Places},
    session_metrics::SessionMetrics,
};

pub use self::shared::{Shared as Kept, SharedSessions, Unreachable};

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Serves a [`ServerHandler`] over MCP's Streamable HTTP transport.
///
/// It is a tower service that never fails. A clone is cheap and shares the
/// sessions. It has to be called inside a tokio runtime.
pub struct StreamableService<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    rmcp: StreamableHttpService<S, Sessions>,
    sessions: Arc<Sessions>,
    places: Arc<Places>,
    /// The sessions of other instances.
    others: Option<Arc<dyn SharedSessions>>,
    metrics: Arc<SessionMetrics>,
    config: SseServerConfig,
    /// The calls that a shutdown waits for.
    calls: TaskTracker,
    /// Ends all that rmcp runs, once the calls have finished.
    end: CancellationToken,
    watching: Once,
    /// Held while a session of another instance is restored. rmcp fails where
    /// two requests restore one session.
    restoring: Arc<Mutex<()>>,
}

/// A session of another instance that this request restores.
struct Brought {
    state: SessionState,
    restoring: OwnedMutexGuard<()>,
}

/// What is to be known of a message before rmcp reads it.
#[derive(Debug, Default, Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(default)]
    id: Option<RequestId>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
}

impl Head<'_> {
    fn is_message(&self) -> bool {
        self.jsonrpc.as_deref() == Some("2.0") && (self.method.is_some() || self.id.is_some())
    }
}

impl<S: ServerHandler> StreamableService<S> {
    /// A service that makes one handler for each session, or each request of
    /// the revision without sessions, with `factory`. The bounds are those of
    /// `config`, which this transport counts for itself.
    pub fn new(
        factory: impl Fn() -> io::Result<S> + Send + Sync + 'static,
        config: SseServerConfig,
    ) -> Self {
        Self::with_others(factory, config, None)
    }

    /// The same as one of several instances, of which `others` keeps the
    /// sessions.
    pub fn with_others(
        factory: impl Fn() -> io::Result<S> + Send + Sync + 'static,
        config: SseServerConfig,
        others: Option<Arc<dyn SharedSessions>>,
    ) -> Self {
        let metrics = Arc::new(SessionMetrics::new(
            "streamable",
            "Streamable HTTP",
            End::ALL.map(End::label),
        ));
        let sessions = Sessions::new(config.idle_timeout, config.init_timeout, metrics.clone());
        let sessions = Arc::new(sessions);
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
                places: Places::new(config.max_sessions, config.max_sessions_per_client),
                others,
                metrics,
                config,
                calls: TaskTracker::new(),
                end,
                watching: Once::new(),
                restoring: Arc::default(),
            }),
        }
    }

    /// How many sessions are open now.
    pub fn session_count(&self) -> usize {
        self.shared.sessions.len()
    }

    /// Ends the session with this id, whosever it is: its client has ended it
    /// at another instance.
    pub fn end_session(&self, id: &str) {
        self.shared.sessions.end(id.into(), End::Deleted);
    }

    /// Ends every session of `principal` at once, and returns how many there
    /// were.
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

    async fn post<B>(&self, mut parts: Parts, body: B) -> Response<Body>
    where
        B: HttpBody + Send,
        B::Data: Send,
        B::Error: Into<axum::BoxError>,
    {
        if is_stateless(&parts.headers) {
            // That revision has no sessions. Without the header rmcp cannot
            // find one either.
            parts.headers.remove(SESSION_ID);
        }
        let body = match read(body, self.config.max_request_body_bytes).await {
            Ok(body) => body,
            Err(refusal) => return self.refuse(refusal, None),
        };
        let head: Head<'_> = serde_json::from_slice(&body).unwrap_or_default();
        if head.is_message() {
            self.metrics.messages.count_method(head.method.as_deref());
        }
        // Before it is looked whether the server shuts down: who gets past that
        // is waited for.
        let call = self.calls.token();
        let brought = match self.bring(&parts).await {
            Ok(brought) => brought,
            Err(refusal) => return self.refuse(refusal, head.id.as_ref()),
        };
        let (held, new) = match self.admit(&parts, &head) {
            Ok(admitted) => admitted,
            Err(refusal) => return self.refuse(refusal, head.id.as_ref()),
        };
        if let Some(held) = &held {
            // rmcp hands the head of the request to the handler, so it is
            // dropped with the last of handler and answer.
            parts.extensions.insert(held.clone());
        }
        let listens = head.method.as_deref() == Some("subscriptions/listen");
        let lost = head.id.clone().filter(|_| !listens).map(|id| {
            let (watch, lost) = lost::watch(id);
            parts.extensions.insert(watch);
            lost
        });
        let is_json = is_json(&parts.headers);
        let session = parts.headers.get(SESSION_ID).cloned();
        let owner = parts.extensions.get().cloned();
        let answer = NEW.scope(
            Cell::new(new),
            self.ask_rmcp_for(brought, parts, body.clone(), Some(is_json)),
        );
        let (answer, lost) = match lost {
            Some(mut lost) => tokio::select! {
                answer = answer => (answer, Some(lost)),
                id = &mut lost => return answer::failed(&id),
            },
            None => (answer.await, None),
        };
        let gone = || {
            let id = session.as_ref()?.to_str().ok()?;
            self.sessions
                .find(id, owner.as_ref())
                .is_none()
                .then_some(())
        };
        if answer.status().is_server_error() && gone().is_some() {
            // It ended while the message was on its way.
            return self.refuse(Refusal::UnknownSession, head.id.as_ref());
        }
        let call = (!listens).then_some(call);
        let until = listens.then(|| self.config.cancellation_token.clone());
        answer.map(|body| Body::new(Stream::new(body, until, lost, (held, call))))
    }

    /// Makes a session of another instance one of this one too, if need be;
    /// returns what was agreed on with it.
    async fn bring(&self, parts: &Parts) -> Result<Option<Brought>, Refusal> {
        let (Some(others), Some(id)) = (&self.others, session_id(&parts.headers)) else {
            return Ok(None);
        };
        let asking = parts.extensions.get();
        if let Some(session) = self.sessions.running(id).await {
            if session.is_to_be_kept() {
                let (others, id) = (others.clone(), id.to_owned());
                let asking = asking.cloned();
                tokio::spawn(async move { others.load(&id, asking.as_ref()).await });
            }
            return Ok(None);
        }
        if self.config.cancellation_token.is_cancelled() {
            return Err(Refusal::ShuttingDown);
        }
        let state = others.load(id, asking).await;
        let state = state.map_err(|Unreachable| Refusal::Unreachable)?;
        let state = state.ok_or(Refusal::UnknownSession)?;
        let restoring = self.restoring.clone().lock_owned().await;
        if self.sessions.running(id).await.is_some() {
            // Another request was faster.
            return Ok(None);
        }
        let new = New {
            owner: asking.cloned(),
            lease: parts.extensions.get().cloned(),
            place: self.place(Client::of(&parts.extensions))?,
        };
        self.sessions.adopt(id, new)?;
        Ok(Some(Brought { state, restoring }))
    }

    /// Takes what a message needs to be served, or says why it cannot have it.
    fn admit(
        &self,
        parts: &Parts,
        head: &Head<'_>,
    ) -> Result<(Option<Arc<Held>>, Option<New>), Refusal> {
        let request_id = head.id.clone().filter(|_| head.method.is_some());
        if request_id.is_some() && self.config.cancellation_token.is_cancelled() {
            return Err(Refusal::ShuttingDown);
        }
        let asking: Option<&Principal> = parts.extensions.get();
        if let Some(id) = session_id(&parts.headers) {
            let session = self.sessions.find(id, asking);
            let session = session.ok_or(Refusal::UnknownSession)?;
            let Some(request_id) = request_id else {
                session.touch();
                return Ok((None, None));
            };
            let running = session.begin(request_id, self.config.max_in_flight)?;
            return Ok((Some(self.hold(running)), None));
        }
        if request_id.is_none() {
            return Ok((None, None));
        }
        let place = self.place(Client::of(&parts.extensions))?;
        if head.method.as_deref() == Some("initialize") {
            let new = New {
                owner: asking.cloned(),
                lease: parts.extensions.get().cloned(),
                place,
            };
            return Ok((None, Some(new)));
        }
        // A request of the revision without sessions is one for itself.
        Ok((Some(self.hold(place)), None))
    }

    /// A place for one more session, if need be that of one which its client
    /// seems to have left.
    fn place(&self, client: Option<Client>) -> Result<Place, Refusal> {
        let refusal = match self.places.take(client.clone()) {
            Ok(place) => return Ok(place),
            Err(refusal) => refusal,
        };
        let of_client = match refusal {
            Refusal::TooManySessionsOfClient => client.as_ref(),
            _ => None,
        };
        if self.sessions.evict(of_client, self.config.resume_grace) {
            return self.places.take(client);
        }
        Err(refusal)
    }

    fn hold(&self, thing: impl Into<held::Thing>) -> Arc<Held> {
        Arc::new(Held::new(thing, self.metrics.in_flight.clone()))
    }

    async fn get(&self, parts: Parts) -> Response<Body> {
        let call = self.calls.token();
        let shutdown = &self.config.cancellation_token;
        if shutdown.is_cancelled() {
            return self.refuse(Refusal::ShuttingDown, None);
        }
        let Some(id) = session_id(&parts.headers) else {
            return self.ask_rmcp(parts, Bytes::new(), None).await;
        };
        let brought = match self.bring(&parts).await {
            Ok(brought) => brought,
            Err(refusal) => return self.refuse(refusal, None),
        };
        let Some(session) = self.sessions.find(id, parts.extensions.get()) else {
            return self.refuse(Refusal::UnknownSession, None);
        };
        // An id with a slash is that of the answer to a call, which a shutdown
        // waits for; without one it is the stream that never ends by itself.
        let last_seen = parts.headers.get(LAST_EVENT_ID);
        let of_call = last_seen.is_some_and(|id| id.as_bytes().contains(&b'/'));
        let listening = session.listen();
        let answer = self.ask_rmcp_for(brought, parts, Bytes::new(), None).await;
        let call = of_call.then_some(call);
        let until = (!of_call).then(|| shutdown.clone());
        answer.map(|body| Body::new(Stream::new(body, until, None, (listening, call))))
    }

    async fn delete(&self, parts: Parts) -> Response<Body> {
        if let Some(id) = session_id(&parts.headers) {
            let asking = parts.extensions.get();
            match (self.sessions.find(id, asking), &self.others) {
                (Some(session), _) => session.ends_by(End::Deleted),
                (None, Some(others)) if self.sessions.get(id).is_none() => {
                    match others.load(id, asking).await {
                        Ok(Some(_)) => {}
                        Ok(None) => return self.refuse(Refusal::UnknownSession, None),
                        Err(Unreachable) => return self.refuse(Refusal::Unreachable, None),
                    }
                }
                (None, _) => return self.refuse(Refusal::UnknownSession, None),
            }
        }
        let mut answer = self.ask_rmcp(parts, Bytes::new(), None).await;
        if answer.status() == StatusCode::ACCEPTED {
            // It is done, and the Python SDK warns of anything else.
            *answer.status_mut() = StatusCode::OK;
        }
        answer
    }

    /// What rmcp answers; its refusals become JSON-RPC errors.
    ///
    /// A body that it cannot read is 415 for rmcp, as one of another type is;
    /// `is_json` tells the two apart.
    async fn ask_rmcp(&self, parts: Parts, body: Bytes, is_json: Option<bool>) -> Response<Body> {
        let request = Request::from_parts(parts, Full::new(body.clone()));
        let answer = self.rmcp.handle(request).await;
        answer::of_rmcp(answer, (is_json == Some(true)).then_some(&body)).await
    }

    /// The same for a session that is perhaps another instance's too.
    async fn ask_rmcp_for(
        &self,
        brought: Option<Brought>,
        parts: Parts,
        body: Bytes,
        is_json: Option<bool>,
    ) -> Response<Body> {
        if self.others.is_none() {
            return self.ask_rmcp(parts, body, is_json).await;
        }
        let (state, restoring) = match brought {
            Some(brought) => (Some(brought.state), Some(brought.restoring)),
            None => (None, None),
        };
        let id = parts.headers.get(SESSION_ID).cloned();
        let asking = Asking {
            principal: parts.extensions.get().cloned(),
            state: Cell::new(state),
        };
        let asked = self.ask_rmcp(parts, body, is_json);
        // One more future in this one would make both large.
        let answer = ASKING.scope(asking, Box::pin(asked)).await;
        if restoring.is_some()
            && let Some(id) = id.as_ref().and_then(|id| id.to_str().ok())
        {
            self.sessions.forget_unless_running(id).await;
        }
        answer
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

/// Whether a request says that it is of a revision without sessions.
fn is_stateless(headers: &HeaderMap) -> bool {
    let version = headers.get(PROTOCOL_VERSION).map(|value| value.as_bytes());
    let known = |known: &&ProtocolVersion| Some(known.as_str().as_bytes()) == version;
    let version = ProtocolVersion::KNOWN_VERSIONS.iter().find(known);
    version.is_some_and(|version| !version.has_initialize())
}

fn session_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION_ID)?.to_str().ok()
}

/// Whether the media type is `application/json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// The whole body, if it is no longer than `limit_bytes`.
async fn read<B>(body: B, limit_bytes: usize) -> Result<Bytes, Refusal>
where
    B: HttpBody + Send,
    B::Data: Send,
    B::Error: Into<axum::BoxError>,
{
    // A declared length is refused before a byte of the body is read.
    if body.size_hint().lower() > limit_bytes as u64 {
        return Err(Refusal::BodyTooLarge);
    }
    match Limited::new(body, limit_bytes).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge),
        Err(_) => Err(Refusal::BodyCutShort),
    }
}
