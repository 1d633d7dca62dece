//! `GET /sse`: opens or resumes a session and streams its events.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Response, request::Parts};
use rmcp::{
    ServerHandler,
    model::{InitializeRequestParams, ProtocolVersion},
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use crate::{
    client_info,
    client_limiter::{LimitExceeded, SessionPermit},
    event,
    id::EventId,
    outbox::{Attached, StreamNumber},
    principal::{ClientKey, Principal},
    refusal::Refusal,
    response::{self, SseBody},
    service::Shared,
    session::{End, Session},
    store::{SessionStore, TakeoverRequest},
};

const LAST_EVENT_ID: &str = "last-event-id";

/// The events of one session, as the body of a response. Dropping it, as the HTTP server does when
/// the client disconnects, notifies the session.
pub(crate) struct EventStream {
    source: Box<dyn Events>,
    keep_alive: Option<Interval>,
}

/// A session's stream, without the type of its handler.
trait Events: Send + Sync {
    fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Bytes>>;
}

struct SessionEvents<S: ServerHandler> {
    session: Arc<Session<S>>,
    number: StreamNumber,
    since: Instant,
}

impl<S: ServerHandler> Events for SessionEvents<S> {
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
    shared: &Arc<Shared<S>>,
    request: &Parts,
) -> Result<Response<SseBody>, Refusal> {
    if shared.config.cancellation_token.is_cancelled() {
        return Err(Refusal::ShuttingDown);
    }
    let last_event = last_event_id(&request.headers);
    if let Some((session, attached)) = last_event.and_then(|id| resume(shared, request, id)) {
        return Ok(stream(shared, session, &attached));
    }

    let mut permit = reserve(shared, ClientKey::of(&request.extensions).as_ref())?;
    if let (Some(store), Some(id)) = (&shared.config.store, last_event) {
        let from = (
            request.extensions.get().cloned(),
            ClientKey::of(&request.extensions),
        );
        let taking = take_over(shared.clone(), store.clone(), from, id, permit);
        // In a separate task: a session that was taken over must not be lost because the client has
        // disconnected again.
        match tokio::spawn(taking).await {
            Ok(Ok(Takeover::Done(response))) => return Ok(response),
            Ok(Ok(Takeover::NotFound(unused))) => permit = unused,
            Ok(Err(refusal)) => return Err(refusal),
            Err(_) => return Err(Refusal::NoHandler),
        }
    }
    let handler = (shared.factory)().map_err(|error| {
        tracing::error!(%error, "cannot create handler for a new session");
        Refusal::NoHandler
    })?;
    let returning = returning_client(&request.headers, last_event);
    let adopted = returning.is_some();
    let session = Session::new(handler, request, returning, permit, shared.parts());
    let attached = session.attach(0).map_err(|_| Refusal::UnknownSession)?;
    shared.registry.add(session.clone());
    shared.metrics.sessions.increment(1);
    shared.metrics.opened.increment(1);
    if adopted {
        shared.metrics.adopted.increment(1);
    }
    shared.start_sweeping();
    tracing::info!(session.tag = %session.tag(), adopted, "session opened");
    if let Some(store) = &shared.config.store {
        // Stored before the client can post to it at another process.
        session.journal_snapshot(store.generation());
        session.stored().await;
    }
    Ok(stream(shared, session, &attached))
}

/// Resumes a session of this process, if it still has all events that the client has not seen.
fn resume<S: ServerHandler>(
    shared: &Shared<S>,
    request: &Parts,
    seen: EventId,
) -> Option<(Arc<Session<S>>, Attached)> {
    let session = shared.registry.find_by_token(seen.token)?;
    if !session.belongs_to(request.extensions.get()) {
        return None;
    }
    let attached = session.attach(seen.number).ok()?;
    shared.metrics.resumed.increment(1);
    if attached.replaced {
        shared.metrics.replaced.increment(1);
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
    shared: Arc<Shared<S>>,
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
    let snapshot = match timeout(shared.config.store_timeout, store.take(request)).await {
        Ok(Ok(Some(snapshot))) => snapshot,
        Ok(Ok(None)) => return Ok(Takeover::NotFound(permit)),
        // The session may exist: retrying is better for the client than losing it.
        Ok(Err(_)) | Err(_) => return Err(Refusal::Unreachable),
    };
    let handler = (shared.factory)().map_err(|error| {
        tracing::error!(%error, "cannot create handler for a session of another process");
        Refusal::NoHandler
    })?;
    let restored = Session::restored(
        handler,
        seen.token,
        snapshot,
        store.clone(),
        permit,
        shared.parts(),
    )
    .await;
    let Some((session, pending)) = restored else {
        // The client still gets a new session.
        return reserve(&shared, client.as_ref()).map(Takeover::NotFound);
    };
    let attached = session
        .attach(seen.number)
        .map_err(|_| Refusal::UnknownSession)?;
    shared.registry.add(session.clone());
    shared.metrics.sessions.increment(1);
    shared.metrics.taken.increment(1);
    shared.start_sweeping();
    let requests = pending.len();
    tracing::info!(session.tag = %session.tag(), requests, "session taken over");
    // From here on, dropping the response notifies the session.
    let response = stream(&shared, session.clone(), &attached);
    session.run_pending(pending).await;
    Ok(Takeover::Done(response))
}

/// Acquires a permit for a new session. If the limit is reached, evicts a session without a stream:
/// most likely its client has just reconnected without resuming it.
fn reserve<S: ServerHandler>(
    shared: &Shared<S>,
    client: Option<&ClientKey>,
) -> Result<SessionPermit, Refusal> {
    match try_acquire(shared, client) {
        Err(exceeded) => {
            let of = client.filter(|_| exceeded == LimitExceeded::PerClient);
            let longest = shared.registry.longest_detached(of);
            longest.ok_or(exceeded)?.end(End::Evicted);
            Ok(try_acquire(shared, client)?)
        }
        Ok(permit) => Ok(permit),
    }
}

/// Acquires a permit. If both limits are reached, the one on the total is reported.
fn try_acquire<S>(
    shared: &Shared<S>,
    client: Option<&ClientKey>,
) -> Result<SessionPermit, LimitExceeded> {
    let permit = shared.limiter.try_acquire(client.cloned());
    permit.map_err(|exceeded| match shared.limiter.is_exhausted() {
        true => LimitExceeded::Total,
        false => exceeded,
    })
}

fn last_event_id(headers: &HeaderMap) -> Option<EventId> {
    EventId::parse(headers.get(LAST_EVENT_ID)?.to_str().ok()?)
}

/// Returns what is known about a client that will not initialize again, because it had a session
/// before. Such a client sends the protocol version it had agreed on, or, like a browser's
/// `EventSource`, the last event it saw.
fn returning_client(
    headers: &HeaderMap,
    last_event: Option<EventId>,
) -> Option<InitializeRequestParams> {
    client_info::from_headers(headers)
        .or_else(|| last_event.map(|_| client_info::unknown(ProtocolVersion::V_2024_11_05)))
}

fn stream<S: ServerHandler>(
    shared: &Shared<S>,
    session: Arc<Session<S>>,
    attached: &Attached,
) -> Response<SseBody> {
    shared.metrics.streams.increment(1);
    let tag = session.tag();
    let events = SessionEvents {
        session,
        number: attached.number,
        since: Instant::now(),
    };
    let mut response = response::event_stream(SseBody::events(EventStream {
        source: Box::new(events),
        keep_alive: shared.config.sse_keep_alive.map(every),
    }));
    response.extensions_mut().insert(tag);
    response
}

fn every(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

impl EventStream {
    /// Returns the next event or keep-alive comment; `None` at the end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Poll::Ready(event) = self.source.poll_next(cx) {
            return Poll::Ready(event);
        }
        match &mut self.keep_alive {
            Some(interval) => interval.poll_tick(cx).map(|_| Some(event::KEEP_ALIVE)),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").finish_non_exhaustive()
    }
}
