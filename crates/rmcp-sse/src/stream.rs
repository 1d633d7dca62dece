//! `GET /sse`: opens a session and streams its events.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Response, StatusCode};
use rmcp::ServerHandler;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::DropGuard;

use crate::{
    event,
    outbox::Outbox,
    registry::Registration,
    response::{self, SseBody},
    service::Shared,
    session::{self, SessionId},
};

/// The events of one session, until it ends. Dropping the stream, which the
/// HTTP server does when the client goes away, ends the session.
pub(crate) struct EventStream {
    outbox: Arc<Outbox>,
    keep_alive: Option<Interval>,
    _registration: Registration,
    _cancel_on_drop: DropGuard,
}

/// Opens a session and answers with its event stream.
pub(crate) fn open<S: ServerHandler>(shared: &Shared<S>) -> Response<SseBody> {
    let config = &shared.config;
    let handler = match (shared.factory)() {
        Ok(handler) => handler,
        Err(error) => {
            tracing::error!(%error, "no handler for a new session");
            return response::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Could not create session",
            );
        }
    };

    let id = SessionId::random();
    let endpoint = event::endpoint(&config.path_prefix, &config.message_path, id);
    let outbox = Arc::new(Outbox::starting_with(endpoint, config.max_queued_bytes));
    let token = config.cancellation_token.child_token();
    let inbox = session::spawn(handler, outbox.clone(), token.clone());
    let registration = shared.registry.add(id, inbox);
    tracing::debug!(sessions = shared.registry.len(), "session opened");

    response::event_stream(SseBody::events(EventStream {
        outbox,
        keep_alive: config.sse_keep_alive.map(keep_alive),
        _registration: registration,
        _cancel_on_drop: token.drop_guard(),
    }))
}

fn keep_alive(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

impl EventStream {
    /// The bytes of the next event or keep-alive comment; `None` at the end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Poll::Ready(event) = self.outbox.poll_next(cx) {
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
