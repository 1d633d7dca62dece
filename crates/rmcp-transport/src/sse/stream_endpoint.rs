//! `GET /sse`: opens or resumes a session and streams its events.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Response, request::Parts};
use rmcp::{
    ServerHandler,
    model::{InitializeRequestParams, ProtocolVersion},
};
use tokio::time::{Instant, timeout};

use crate::{
    client_limiter::{LimitExceeded, SessionPermit},
    principal::{ClientKey, Principal},
    refusal::Refusal,
    sse::{
        client_info,
        close_reason::CloseReason,
        event_stream::{EventSource, EventStream},
        id::EventId,
        outbox::{Attachment, StreamNumber},
        response::{self, SseBody},
        service_state::ServiceState,
        session::Session,
        store::{SessionStore, TakeoverRequest},
        sweep,
    },
};

const LAST_EVENT_ID: &str = "last-event-id";

struct SessionEvents<S: ServerHandler> {
    session: Arc<Session<S>>,
    number: StreamNumber,
    since: Instant,
}

impl<S: ServerHandler> EventSource for SessionEvents<S> {
    fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        self.session.poll_next(self.number, cx)
    }
}

impl<S: ServerHandler> Drop for SessionEvents<S> {
    fn drop(&mut self) {
        self.session.detach(self.number, self.since.elapsed());
    }
}

/// Responds to a GET with an event stream.
pub(crate) async fn open<S: ServerHandler>(
    state: &Arc<ServiceState<S>>,
    request: &Parts,
) -> Result<Response<SseBody>, Refusal> {
    if state.config.cancellation_token.is_cancelled() {
        return Err(Refusal::ShuttingDown);
    }
    let last_event = last_event_id(&request.headers);
    if let Some((session, attached)) = last_event.and_then(|id| resume(state, request, id)) {
        return Ok(event_stream_response(state, session, &attached));
    }

    let mut permit = acquire_or_evict(state, ClientKey::of(&request.extensions).as_ref())?;
    if let (Some(store), Some(id)) = (&state.config.store, last_event) {
        let from = (
            request.extensions.get().cloned(),
            ClientKey::of(&request.extensions),
        );
        let taking = take_over(state.clone(), store.clone(), from, id, permit);
        // In a separate task: a session that was taken over must not be lost because the client has
        // disconnected again.
        match tokio::spawn(taking).await {
            Ok(Ok(Takeover::Done(response))) => return Ok(response),
            Ok(Ok(Takeover::NotFound(unused))) => permit = unused,
            Ok(Err(refusal)) => return Err(refusal),
            Err(_) => return Err(Refusal::NoHandler),
        }
    }
    let handler = (state.factory)().map_err(|error| {
        tracing::error!(%error, "cannot create handler for a new session");
        Refusal::NoHandler
    })?;
    let returning = returning_client(&request.headers, last_event);
    let adopted = returning.is_some();
    let session = Session::new(handler, request, returning, permit, state.parts());
    let attached = session.attach(0).map_err(|_| Refusal::UnknownSession)?;
    state
        .registry
        .add(session.id(), session.resume_token(), session.clone());
    state.metrics.sessions.increment(1);
    state.metrics.opened.increment(1);
    if adopted {
        state.metrics.adopted.increment(1);
    }
    sweep::start(state);
    tracing::info!(session.tag = %session.tag(), adopted, "session opened");
    if let Some(store) = &state.config.store {
        // Stored before the client can post to it at another process.
        session.journal_snapshot(store.generation());
        session.stored().await;
    }
    Ok(event_stream_response(state, session, &attached))
}

/// Resumes a session of this process, if it still has all events that the client has not seen.
fn resume<S: ServerHandler>(
    state: &ServiceState<S>,
    request: &Parts,
    seen: EventId,
) -> Option<(Arc<Session<S>>, Attachment)> {
    let session = state.registry.find_by_token(seen.token)?;
    if !session.belongs_to(request.extensions.get()) {
        return None;
    }
    let attached = session.attach(seen.number).ok()?;
    state.metrics.resumed.increment(1);
    if attached.replaced {
        state.metrics.replaced.increment(1);
    }
    tracing::info!(session.tag = %session.tag(), "session resumed");
    Some((session, attached))
}

/// The result of taking over a session from the store.
enum Takeover {
    Done(Response<SseBody>),
    /// The store does not have the session.
    NotFound(SessionPermit),
}

/// Takes over a session of another process.
async fn take_over<S: ServerHandler>(
    state: Arc<ServiceState<S>>,
    store: Arc<dyn SessionStore>,
    (principal, client): (Option<Principal>, Option<ClientKey>),
    seen: EventId,
    permit: SessionPermit,
) -> Result<Takeover, Refusal> {
    let request = TakeoverRequest {
        token: &seen.token.to_string(),
        principal: principal.as_ref(),
        seen: seen.number,
    };
    let snapshot = match timeout(state.config.store_timeout, store.take(request)).await {
        Ok(Ok(Some(snapshot))) => snapshot,
        Ok(Ok(None)) => return Ok(Takeover::NotFound(permit)),
        // The session may exist: retrying is better for the client than losing it.
        Ok(Err(_)) | Err(_) => return Err(Refusal::Unreachable),
    };
    let handler = (state.factory)().map_err(|error| {
        tracing::error!(%error, "cannot create handler for a session of another process");
        Refusal::NoHandler
    })?;
    let restored = Session::restored(
        handler,
        seen.token,
        snapshot,
        store.clone(),
        permit,
        state.parts(),
    )
    .await;
    let Some((session, pending)) = restored else {
        // The client still gets a new session.
        return acquire_or_evict(&state, client.as_ref()).map(Takeover::NotFound);
    };
    let attached = session
        .attach(seen.number)
        .map_err(|_| Refusal::UnknownSession)?;
    state
        .registry
        .add(session.id(), session.resume_token(), session.clone());
    state.metrics.sessions.increment(1);
    state.metrics.taken.increment(1);
    sweep::start(&state);
    let requests = pending.len();
    tracing::info!(session.tag = %session.tag(), requests, "session taken over");
    // From here on, dropping the response notifies the session.
    let response = event_stream_response(&state, session.clone(), &attached);
    session.run_pending(pending).await;
    Ok(Takeover::Done(response))
}

/// Acquires a permit for a new session. If the limit is reached, evicts a session without a stream:
/// most likely its client has just reconnected without resuming it.
fn acquire_or_evict<S: ServerHandler>(
    state: &ServiceState<S>,
    client: Option<&ClientKey>,
) -> Result<SessionPermit, Refusal> {
    match try_acquire(state, client) {
        Err(exceeded) => {
            let of = client.filter(|_| exceeded == LimitExceeded::PerClient);
            let longest_detached = state.registry.min_by_key(|session| {
                let is_candidate = of.is_none() || session.client().as_ref() == of;
                session.detached_at().filter(|_| is_candidate)
            });
            longest_detached
                .ok_or(exceeded)?
                .close(CloseReason::Evicted);
            Ok(try_acquire(state, client)?)
        }
        Ok(permit) => Ok(permit),
    }
}

/// Acquires a permit. If both limits are reached, the one on the total is reported.
fn try_acquire<S>(
    state: &ServiceState<S>,
    client: Option<&ClientKey>,
) -> Result<SessionPermit, LimitExceeded> {
    let permit = state.limiter.try_acquire(client.cloned());
    permit.map_err(|exceeded| match state.limiter.is_exhausted() {
        true => LimitExceeded::Total,
        false => exceeded,
    })
}

fn last_event_id(headers: &HeaderMap) -> Option<EventId> {
    EventId::parse(headers.get(LAST_EVENT_ID)?.to_str().ok()?)
}

/// Returns the parameters of a client that had a session before and does not initialize again. Such
/// a client sends the negotiated protocol version or, like a browser's `EventSource`, the id of the
/// last event.
fn returning_client(
    headers: &HeaderMap,
    last_event: Option<EventId>,
) -> Option<InitializeRequestParams> {
    client_info::from_headers(headers)
        .or_else(|| last_event.map(|_| client_info::unknown(ProtocolVersion::V_2024_11_05)))
}

fn event_stream_response<S: ServerHandler>(
    state: &ServiceState<S>,
    session: Arc<Session<S>>,
    attached: &Attachment,
) -> Response<SseBody> {
    state.metrics.streams.increment(1);
    let tag = session.tag();
    let events = SessionEvents {
        session,
        number: attached.number,
        since: Instant::now(),
    };
    let events = EventStream::new(events, state.config.sse_keep_alive);
    let mut response = response::event_stream(SseBody::events(events));
    response.extensions_mut().insert(tag);
    response
}
