//! One session, from the `GET` that opens it until it is closed.
//!
//! A session is attached to a stream or detached, and initialized or not. `State` contains its
//! requests in flight, behind one lock that is never held across an `await`.

mod dispatch;
mod journal;
mod journal_entry;
mod restore;
mod service_loop;
mod tool_call;

pub(crate) use journal_entry::JournalEntry;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use http::request::Parts;
use parking_lot::Mutex;
use rmcp::{
    ServerHandler,
    model::{InitializeRequestParams, RequestId},
};
use tokio::time::Instant;

use self::{dispatch::InFlightRequest, journal::Journal, service_loop::ServiceLoop};
use crate::{
    client_limiter::SessionPermit,
    principal::{ClientKey, Principal},
    sse::{
        close_reason::CloseReason,
        config::SseServerConfig,
        event::{self, Message},
        id::{ResumeToken, SessionId, SessionTag},
        metrics::Metrics,
        outbox::{Attachment, Outbox, PushError, ReplayGap, StreamNumber},
        registry::Registry,
        store::{SessionRecord, SessionRef},
    },
};

const FIRST_EPOCH: u64 = 1;

/// The parts of a service that its sessions share.
pub(crate) struct ServiceParts<S> {
    pub(crate) config: Arc<SseServerConfig>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) registry: Arc<Registry<Session<S>>>,
}

pub(crate) struct Session<S> {
    id: SessionId,
    tag: SessionTag,
    principal: Option<Principal>,
    handler: S,
    outbox: Outbox,
    /// `None` if sessions are not stored.
    journal: Option<Box<Journal>>,
    config: Arc<SseServerConfig>,
    metrics: Arc<Metrics>,
    registry: Arc<Registry<Self>>,
    state: Mutex<State>,
}

struct State {
    opened_at: Instant,
    /// The time of the last message, received or sent.
    active_at: Instant,
    initialized: bool,
    /// The number of the event that answers `initialize`; 0 before.
    first_answer: u64,
    /// The time since which it has no stream.
    detached_at: Option<Instant>,
    in_flight: HashMap<RequestId, InFlightRequest>,
    /// rmcp's service loop; `None` before the first request.
    service_loop: Option<ServiceLoop>,
    /// The client's `initialize` parameters, until `service_loop` has them.
    client_info: Option<InitializeRequestParams>,
    /// `None` once the session has ended.
    permit: Option<SessionPermit>,
}

impl<S: ServerHandler> Session<S> {
    /// Creates a session without a stream.
    ///
    /// With `client_info`, the session needs no `initialize`: it replaces an earlier session of the
    /// client.
    pub(crate) fn new(
        handler: S,
        request: &Parts,
        client_info: Option<InitializeRequestParams>,
        permit: SessionPermit,
        service: ServiceParts<S>,
    ) -> Arc<Self> {
        let config = &service.config;
        let resumable = !config.resume_grace.is_zero();
        let outbox = Outbox::new(ResumeToken::random(), config.max_queued_bytes, resumable);
        let store = config.store.clone().filter(|_| resumable);
        Arc::new(Self::with(
            (SessionId::random(), request.extensions.get().cloned()),
            handler,
            (
                outbox,
                store.map(|store| Box::new(Journal::new(store, FIRST_EPOCH))),
            ),
            client_info,
            permit,
            service,
        ))
    }

    fn with(
        (id, principal): (SessionId, Option<Principal>),
        handler: S,
        (outbox, journal): (Outbox, Option<Box<Journal>>),
        client_info: Option<InitializeRequestParams>,
        permit: SessionPermit,
        service: ServiceParts<S>,
    ) -> Self {
        let now = Instant::now();
        Self {
            id,
            tag: id.tag(),
            principal,
            handler,
            outbox,
            journal,
            registry: service.registry,
            config: service.config,
            metrics: service.metrics,
            state: Mutex::new(State {
                opened_at: now,
                active_at: now,
                initialized: client_info.is_some(),
                first_answer: 0,
                detached_at: None,
                in_flight: HashMap::new(),
                service_loop: None,
                client_info,
                permit: Some(permit),
            }),
        }
    }

    /// Attaches a stream that starts after event number `seen`.
    pub(crate) fn attach(&self, seen: u64) -> Result<Attachment, ReplayGap> {
        let config = &self.config;
        let endpoint = event::endpoint(&config.path_prefix, &config.message_path, self.id);
        // Under the lock, so that the session does not expire meanwhile.
        let mut state = self.state.lock();
        let attached = self.outbox.attach(endpoint, seen)?;
        state.detached_at = None;
        state.active_at = Instant::now();
        Ok(attached)
    }

    /// Handles a dropped stream: the client has disconnected, or the stream has ended.
    pub(crate) fn detach(self: &Arc<Self>, stream: StreamNumber, lasted: Duration) {
        self.metrics.streams.decrement(1);
        let was_attached = self.outbox.detach(stream);
        let mut state = self.state.lock();
        let reason = match (was_attached, &state.permit) {
            (false, _) => "replaced",
            (true, Some(_)) => "client_gone",
            (true, None) => "session_closed",
        };
        let duration_seconds = lasted.as_secs();
        tracing::info!(session.tag = %self.tag, reason, duration_seconds, "stream closed");
        if !was_attached {
            return;
        }
        let may_return =
            state.initialized && !self.config.resume_grace.is_zero() && !self.is_draining();
        if may_return && state.permit.is_some() {
            state.detached_at = Some(Instant::now());
            drop(state);
            tracing::debug!(session.tag = %self.tag, "session detached");
        } else {
            drop(state);
            // During a shutdown, the client reconnects to another process.
            let is_leaving = self.is_draining() && self.can_be_taken();
            self.close(if is_leaving {
                CloseReason::Shutdown
            } else {
                CloseReason::ClientGone
            });
        }
    }

    /// Closes the session if it is still open: its requests in flight are dropped and answered with
    /// an error, and its stream ends. If another process can take it over, the requests are left
    /// for that process.
    pub(crate) fn close(self: &Arc<Self>, reason: CloseReason) {
        let (permit, calls, running) = {
            let mut state = self.state.lock();
            let Some(permit) = state.permit.take() else {
                return;
            };
            (
                permit,
                std::mem::take(&mut state.in_flight),
                state.service_loop.take(),
            )
        };
        self.registry.remove(self.id, self.outbox.token());
        self.metrics.in_flight.decrement(calls.len() as f64);
        let is_left = reason == CloseReason::Shutdown && self.can_be_taken();
        for (id, call) in calls {
            if !is_left && reason != CloseReason::TakenOver {
                self.answer_ended(&id);
            }
            call.cancel.cancel();
        }
        // Logged and counted before the stream ends: the program may exit with its last stream.
        self.metrics.closed(reason);
        tracing::info!(session.tag = %self.tag, reason = reason.label(), "session closed");
        if reason == CloseReason::TakenOver {
            self.journal_relinquish();
            self.outbox.abandon();
        } else {
            self.journal_end(if is_left {
                SessionRecord::Released
            } else {
                SessionRecord::Ended
            });
            self.outbox.close();
        }
        drop((running, permit));
    }

    /// Closes the session as soon as no request is in flight.
    pub(crate) fn drain(self: &Arc<Self>) {
        if self.state.lock().in_flight.is_empty() {
            self.close(CloseReason::Shutdown);
        }
    }

    /// Closes the session if one of its time limits is exceeded (the idle timeout only if
    /// `with_idle`), and drops events that are no longer needed.
    pub(crate) fn sweep(self: &Arc<Self>, now: Instant, with_idle: bool) {
        let config = &self.config;
        if let Some(reason) = self.overdue(now, with_idle) {
            return self.close(reason);
        }
        if let Some(then) = now.checked_sub(config.resume_grace * 2) {
            self.outbox.drop_sent_before(then);
        }
    }

    fn overdue(&self, now: Instant, with_idle: bool) -> Option<CloseReason> {
        let config = &self.config;
        let state = self.state.lock();
        let longer = |since: Instant, limit: Duration| now.duration_since(since) > limit;
        if !state.initialized && longer(state.opened_at, config.init_timeout) {
            return Some(CloseReason::NeverInitialized);
        }
        if state
            .detached_at
            .is_some_and(|since| longer(since, config.resume_grace))
        {
            return Some(CloseReason::ClientGone);
        }
        let idle = config
            .idle_timeout
            .is_some_and(|limit| longer(state.active_at, limit));
        if with_idle && idle && state.in_flight.is_empty() {
            return Some(CloseReason::Idle);
        }
        drop(state);
        self.outbox
            .is_stalled(now, config.write_timeout)
            .then_some(CloseReason::SlowReader)
    }

    /// Adds a message to the stream. `answered` is the delivery that it answers, and whether
    /// successfully.
    fn send(
        self: &Arc<Self>,
        message: serde_json::Result<Message>,
        answered: Option<(&JournalEntry, bool)>,
    ) {
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                // The client would wait for this message indefinitely.
                tracing::error!(session.tag = %self.tag, %error, "cannot serialize message");
                return self.close(CloseReason::Unwritable);
            }
        };
        match self.push(message, answered) {
            Ok(()) | Err(PushError::Closed) => {}
            Err(PushError::Full) => {
                let detached = self.state.lock().detached_at.is_some();
                self.close(if detached {
                    CloseReason::Evicted
                } else {
                    CloseReason::SlowReader
                });
            }
        }
    }

    fn is_initialized(&self) -> bool {
        self.state.lock().initialized
    }

    fn is_draining(&self) -> bool {
        self.config.cancellation_token.is_cancelled()
    }
}

impl<S> Session<S> {
    pub(crate) fn id(&self) -> SessionId {
        self.id
    }

    pub(crate) fn session_ref(&self) -> SessionRef {
        SessionRef {
            session: self.id,
            token: self.outbox.token().to_string(),
        }
    }

    pub(crate) fn tag(&self) -> SessionTag {
        self.tag
    }

    pub(crate) fn resume_token(&self) -> ResumeToken {
        self.outbox.token()
    }

    pub(crate) fn belongs_to(&self, principal: Option<&Principal>) -> bool {
        self.principal.as_ref() == principal
    }

    /// Returns the client that the session counts towards.
    pub(crate) fn client(&self) -> Option<ClientKey> {
        self.state.lock().permit.as_ref()?.client().cloned()
    }

    pub(crate) fn detached_at(&self) -> Option<Instant> {
        self.state.lock().detached_at
    }

    pub(crate) fn waiting_bytes(&self) -> usize {
        self.outbox.waiting_bytes()
    }

    /// See [`Outbox::poll_next`].
    pub(crate) fn poll_next(
        &self,
        stream: StreamNumber,
        cx: &std::task::Context<'_>,
    ) -> std::task::Poll<Option<Bytes>> {
        self.outbox.poll_next(stream, cx)
    }
}
