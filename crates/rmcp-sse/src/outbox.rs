//! The events on their way to one client: a queue bounded in bytes, filled by
//! the session and emptied by the response body.
//!
//! Adding an event never waits, so events leave in the order in which they
//! were added, and a client that does not read holds up nobody but itself.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

pub(crate) struct Outbox {
    max_bytes: usize,
    queue: Mutex<Queue>,
}

struct Queue {
    events: VecDeque<Bytes>,
    bytes: usize,
    closed: bool,
    reader: Option<Waker>,
}

/// Why an event was not added.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The stream has ended; nobody would read the event.
    Closed,
    /// The reader is too slow: the event would exceed the bound.
    Full,
}

impl Outbox {
    /// An outbox whose first event is already in it.
    pub(crate) fn starting_with(event: Bytes, max_bytes: usize) -> Self {
        let bytes = event.len();
        Self {
            max_bytes,
            queue: Mutex::new(Queue {
                events: VecDeque::from([event]),
                bytes,
                closed: false,
                reader: None,
            }),
        }
    }

    /// Adds an event at the end.
    pub(crate) fn push(&self, event: Bytes) -> Result<(), Refused> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(Refused::Closed);
        }
        if !queue.events.is_empty() && queue.bytes + event.len() > self.max_bytes {
            return Err(Refused::Full);
        }
        queue.bytes += event.len();
        queue.events.push_back(event);
        queue.wake_reader();
        Ok(())
    }

    /// Ends the stream after the events that already wait.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.wake_reader();
    }

    /// The next event; `None` once the outbox is closed and empty. There is
    /// one reader, the body of the response.
    pub(crate) fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut queue = self.lock();
        if let Some(event) = queue.events.pop_front() {
            queue.bytes -= event.len();
            return Poll::Ready(Some(event));
        }
        if queue.closed {
            return Poll::Ready(None);
        }
        match &mut queue.reader {
            Some(reader) => reader.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    // No code panics while it holds the lock, so a poisoned queue is whole.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn wake_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn next(outbox: &Outbox) -> Poll<Option<Bytes>> {
        outbox.poll_next(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn events_leave_in_the_order_they_came() {
        let outbox = Outbox::starting_with("a".into(), 10);
        outbox.push("b".into()).unwrap();
        assert_eq!(next(&outbox), Poll::Ready(Some("a".into())));
        outbox.push("c".into()).unwrap();
        assert_eq!(next(&outbox), Poll::Ready(Some("b".into())));
        assert_eq!(next(&outbox), Poll::Ready(Some("c".into())));
        assert_eq!(next(&outbox), Poll::Pending);
    }

    #[test]
    fn an_event_over_the_bound_is_refused_until_the_reader_catches_up() {
        let outbox = Outbox::starting_with("four".into(), 6);
        assert_eq!(outbox.push("xyz".into()), Err(Refused::Full));
        assert_eq!(outbox.push("xy".into()), Ok(()));
        assert_eq!(next(&outbox), Poll::Ready(Some("four".into())));
        assert_eq!(outbox.push("xyz".into()), Ok(()));
    }

    #[test]
    fn one_event_larger_than_the_bound_passes_an_empty_outbox() {
        let outbox = Outbox::starting_with("a".into(), 3);
        assert_eq!(outbox.push("longer".into()), Err(Refused::Full));
        assert_eq!(next(&outbox), Poll::Ready(Some("a".into())));
        assert_eq!(outbox.push("longer".into()), Ok(()));
    }

    #[test]
    fn a_closed_outbox_gives_what_it_holds_and_takes_no_more() {
        let outbox = Outbox::starting_with("a".into(), 3);
        outbox.close();
        assert_eq!(outbox.push("b".into()), Err(Refused::Closed));
        assert_eq!(next(&outbox), Poll::Ready(Some("a".into())));
        assert_eq!(next(&outbox), Poll::Ready(None));
    }
}
