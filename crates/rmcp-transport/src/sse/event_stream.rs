//! A stream of events with keep-alive comments.

use std::{
    fmt,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::sse::event;

/// The events of one session, as the body of a response. Dropping it, as the HTTP server does when
/// the client disconnects, drops the source.
pub(crate) struct EventStream {
    source: Box<dyn EventSource>,
    keep_alive: Option<Interval>,
}

/// A session's stream, without the type of its handler.
pub(crate) trait EventSource: Send + Sync {
    fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Bytes>>;
}

impl EventStream {
    pub(crate) fn new(source: impl EventSource + 'static, keep_alive: Option<Duration>) -> Self {
        Self {
            source: Box::new(source),
            keep_alive: keep_alive.map(keep_alive_interval),
        }
    }

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

fn keep_alive_interval(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
