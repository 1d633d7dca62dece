//! `GET /sse`: opens a session, or gives one back to a client that lost its
//! stream, and streams its events.

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
    client_info, event,
    id::EventId,
    outbox::{Attached, StreamNumber},
    principal::{Client, Principal},
    refusal::Refusal,
    registry::Slot,
    response::{self, SseBody},
    service::Shared,
    session::{End, Session},
    store::{SessionStore, Wanted},
};

const LAST_EVENT_ID: &str = "last-event-id";

/// The events of one session, from the response that is their stream.
/// Dropping it, which the HTTP server does when the client goes away, tells
/// the session.
pub(crate) struct EventStream {
    source: Box<dyn Events>,
    keep_alive: Option<Interval>,
}

/// A session's stream without the type of its handler.
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

/// Answers a GET with an event stream.
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

    let mut slot = reserve(shared, Client::of(&request.extensions).as_ref())?;
    if let (Some(store), Some(id)) = (&shared.config.store, last_event) {
        let from = (
            request.extensions.get().cloned(),
            Client::of(&request.extensions),
        );
        let taking = take_over(shared.clone(), store.clone(), from, id, slot);
        // In a task of its own: a session that was taken must not get lost
        // because the client has gone again.
        match tokio::spawn(taking).await {
            Ok(Ok(Taken::Over(response))) => return Ok(response),
            Ok(Ok(Taken::Not(unused))) => slot = unused,
            Ok(Err(refusal)) => return Err(refusal),
            Err(_) => return Err(Refusal::NoHandler),
        }
    }
    let handler = (shared.factory)().map_err(|error| {
        tracing::error!(%error, "no handler for a new session");
        Refusal::NoHandler
    })?;
    let returning = returning_client(&request.headers, last_event);
    let adopted = returning.is_some();
    let session = Session::new(
        handler,
        request,
        returning,
        slot,
        shared.config.clone(),
        shared.metrics.clone(),
    );
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
        // Before the client can post to it elsewhere.
        session.journal_snapshot(store.generation());
        session.stored().await;
    }
    Ok(stream(shared, session, &attached))
}

/// Gives a session back to the client that lost its stream, if it still has
/// all that the client has not seen.
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

/// What came of asking the store for a session.
enum Taken<S> {
    Over(Response<SseBody>),
    /// It does not have it.
    Not(Slot<S>),
}

/// Goes on with a session that another process has, or had.
async fn take_over<S: ServerHandler>(
    shared: Arc<Shared<S>>,
    store: Arc<dyn SessionStore>,
    (principal, client): (Option<Principal>, Option<Client>),
    seen: EventId,
    slot: Slot<S>,
) -> Result<Taken<S>, Refusal> {
    let wanted = Wanted {
        token: &seen.token.to_string(),
        principal: principal.as_ref(),
        seen: seen.number,
    };
    let snapshot = match timeout(shared.config.store_timeout, store.take(wanted)).await {
        Ok(Ok(Some(snapshot))) => snapshot,
        Ok(Ok(None)) => return Ok(Taken::Not(slot)),
        // The session may well be there: the client does better to come again
        // than to lose it.
        Ok(Err(_)) | Err(_) => return Err(Refusal::Unreachable),
    };
    let handler = (shared.factory)().map_err(|error| {
        tracing::error!(%error, "no handler for a session of another process");
        Refusal::NoHandler
    })?;
    let of_service = (slot, shared.config.clone(), shared.metrics.clone());
    let restored =
        Session::restored(handler, seen.token, snapshot, store.clone(), of_service).await;
    let Some((session, pending)) = restored else {
        // The client is served all the same, in a session of its own.
        return reserve(&shared, client.as_ref()).map(Taken::Not);
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
    // From here on the session is told when the response is dropped.
    let response = stream(&shared, session.clone(), &attached);
    session.run_pending(pending).await;
    Ok(Taken::Over(response))
}

/// A slot for a new session, if need be that of one whose client is gone: most
/// likely the client has just come back without saying so.
fn reserve<S: ServerHandler>(
    shared: &Shared<S>,
    client: Option<&Client>,
) -> Result<Slot<S>, Refusal> {
    match shared.registry.reserve(client) {
        Err(full @ (Refusal::TooManySessions | Refusal::TooManySessionsOfClient)) => {
            let of = client.filter(|_| full == Refusal::TooManySessionsOfClient);
            let longest = shared.registry.longest_detached(of);
            longest.ok_or(full)?.end(End::Evicted);
            shared.registry.reserve(client)
        }
        slot => slot,
    }
}

fn last_event_id(headers: &HeaderMap) -> Option<EventId> {
    EventId::parse(headers.get(LAST_EVENT_ID)?.to_str().ok()?)
}

/// What is known of a client that will not initialize again, because it had a
/// session before: it names the version it had agreed on, or, as a browser's
/// `EventSource` does, the last event it saw.
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
    /// The bytes of the next event or keep-alive comment; `None` at the end.
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
