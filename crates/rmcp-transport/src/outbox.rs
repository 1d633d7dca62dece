//! The events on their way to one client: a queue bounded in bytes, filled by
//! the session and emptied by the stream that is attached to it.
//!
//! Adding an event never waits, so events leave in the order in which they
//! were added, and a client that does not read holds up nobody but itself.
//!
//! An event that was handed to a stream is not yet received: the connection
//! may be dead. If streams can be resumed, such events are kept for a while,
//! and a stream that is attached later starts at the one after the last that
//! the client has seen.
//!
//! Events may be held until a store has them; what was never held leaves at
//! once.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    event::{Event, Message},
    id::{EventId, ResumeToken},
};

pub(crate) struct Outbox {
    token: ResumeToken,
    max_bytes: usize,
    resumable: bool,
    log: Mutex<Log>,
}

struct Log {
    /// What is kept: first what was handed to a stream, then what waits.
    events: VecDeque<Kept>,
    /// The number of the first event in `events`; counted from 1.
    first: u64,
    /// The number of the next event to hand to a stream.
    next: u64,
    /// Events from this number on are held.
    held_from: u64,
    bytes: usize,
    waiting_bytes: usize,
    stream: Option<Stream>,
    streams_attached: u64,
    /// Since when the stream has left waiting events where they are.
    stalled_since: Option<Instant>,
    closed: bool,
}

struct Kept {
    event: Event,
    sent_at: Option<Instant>,
}

/// The stream that is attached.
struct Stream {
    number: StreamNumber,
    /// What goes before all events.
    endpoint: Option<Bytes>,
    waker: Option<Waker>,
}

/// Tells one stream of a session from the next.
pub(crate) type StreamNumber = u64;

/// Why an event was not added.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The session has ended; nobody would read the event.
    Closed,
    /// The reader is too slow: the event would exceed the bound.
    Full,
}

/// The events after the one that the client has seen are no longer here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gap;

impl Outbox {
    /// An empty outbox without a stream. If it is `resumable`, its events have
    /// ids, and what was sent is kept until [`forget`](Self::forget).
    pub(crate) fn new(token: ResumeToken, max_bytes: usize, resumable: bool) -> Self {
        Self {
            token,
            max_bytes,
            resumable,
            log: Mutex::new(Log {
                events: VecDeque::new(),
                first: 1,
                next: 1,
                held_from: u64::MAX,
                bytes: 0,
                waiting_bytes: 0,
                stream: None,
                streams_attached: 0,
                stalled_since: None,
                closed: false,
            }),
        }
    }

    /// An outbox of a session that was elsewhere, with the events up to the
    /// number `last`. They count as sent until a stream is attached.
    pub(crate) fn restored(
        token: ResumeToken,
        max_bytes: usize,
        last: u64,
        events: Vec<Bytes>,
    ) -> Self {
        let outbox = Self::new(token, max_bytes, true);
        let mut log = outbox.log.lock();
        let sent_at = Some(Instant::now());
        log.next = last + 1;
        log.first = log.next.saturating_sub(events.len() as u64);
        log.bytes = events.iter().map(Bytes::len).sum();
        log.events = events
            .into_iter()
            .map(|bytes| Kept {
                event: Event::Written(bytes),
                sent_at,
            })
            .collect();
        drop(log);
        outbox
    }

    pub(crate) fn token(&self) -> ResumeToken {
        self.token
    }

    /// Adds an event at the end, and returns its number.
    pub(crate) fn push(&self, message: Message) -> Result<u64, Refused> {
        let mut log = self.log.lock();
        if log.closed {
            return Err(Refused::Closed);
        }
        let number = log.end();
        let id = self.resumable.then_some(EventId {
            token: self.token,
            number,
        });
        let event = message.placed(id);
        if log.waiting_bytes > 0 && log.waiting_bytes + event.len() > self.max_bytes {
            return Err(Refused::Full);
        }
        if log.waiting_bytes == 0 {
            log.stalled_since = Some(Instant::now());
        }
        log.bytes += event.len();
        log.waiting_bytes += event.len();
        log.events.push_back(Kept {
            event,
            sent_at: None,
        });
        // What was sent makes room for what waits.
        while log.bytes > self.max_bytes && log.first < log.next {
            log.drop_first();
        }
        if number < log.held_from {
            log.wake();
        }
        Ok(number)
    }

    /// Ends the stream after the events that already wait.
    pub(crate) fn close(&self) {
        let mut log = self.log.lock();
        log.closed = true;
        log.wake();
    }

    /// Ends the stream, and forgets what is held.
    pub(crate) fn abandon(&self) {
        let mut log = self.log.lock();
        while log.end() > log.held_from.max(log.next) {
            if let Some(kept) = log.events.pop_back() {
                log.bytes -= kept.event.len();
                log.waiting_bytes -= kept.event.len();
            }
        }
        log.closed = true;
        log.wake();
    }

    /// Holds events that are added from now on.
    pub(crate) fn hold(&self) {
        let mut log = self.log.lock();
        log.held_from = log.held_from.min(log.end());
    }

    /// Lets events before the number `end` leave.
    pub(crate) fn release(&self, end: u64) {
        let mut log = self.log.lock();
        if log.held_from < end {
            log.held_from = end;
            log.wake();
        }
    }

    /// Holds nothing any more.
    pub(crate) fn release_all(&self) {
        self.release(u64::MAX);
    }

    /// The number of the first event that is kept, or of the next.
    pub(crate) fn first(&self) -> u64 {
        self.log.lock().first
    }

    /// The number that the next event will have.
    pub(crate) fn end(&self) -> u64 {
        self.log.lock().end()
    }

    /// The event with this number.
    pub(crate) fn event(&self, number: u64) -> Option<Bytes> {
        let log = self.log.lock();
        let index = usize::try_from(number.checked_sub(log.first)?).ok()?;
        log.events.get(index).map(|kept| kept.event.bytes())
    }

    /// The events that are kept, and the number of the last there was.
    pub(crate) fn kept(&self) -> (Vec<Bytes>, u64) {
        let log = self.log.lock();
        let events = log.events.iter().map(|kept| kept.event.bytes());
        (events.collect(), log.end() - 1)
    }

    /// Attaches a stream in the place of the one before, which ends. It gets
    /// `endpoint`, then every event after the number `seen`.
    pub(crate) fn attach(&self, endpoint: Bytes, seen: u64) -> Result<Attached, Gap> {
        let mut log = self.log.lock();
        let next = seen.checked_add(1).ok_or(Gap)?;
        if log.closed || next < log.first || next > log.end() {
            return Err(Gap);
        }
        log.rewind(next);
        log.streams_attached += 1;
        let number = log.streams_attached;
        let before = log.stream.replace(Stream {
            number,
            endpoint: Some(endpoint),
            waker: None,
        });
        log.stalled_since = (log.waiting_bytes > 0).then(Instant::now);
        let replaced = before.is_some();
        if let Some(waker) = before.and_then(|stream| stream.waker) {
            waker.wake();
        }
        Ok(Attached { number, replaced })
    }

    /// Takes a stream away that the client has dropped; tells whether it was
    /// still the one attached.
    pub(crate) fn detach(&self, number: StreamNumber) -> bool {
        let mut log = self.log.lock();
        let current = log.stream.as_ref().is_some_and(|s| s.number == number);
        if current {
            log.stream = None;
        }
        current
    }

    /// The next event for a stream; `None` once it is replaced, or the outbox
    /// is closed and nothing waits.
    pub(crate) fn poll_next(&self, number: StreamNumber, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut log = self.log.lock();
        let waits = log.next < log.end().min(log.held_from);
        let ended = log.closed && log.next == log.end();
        let Some(stream) = log.stream.as_mut().filter(|s| s.number == number) else {
            return Poll::Ready(None);
        };
        if let Some(endpoint) = stream.endpoint.take() {
            return Poll::Ready(Some(endpoint));
        }
        if waits {
            return Poll::Ready(Some(log.take_next(self.resumable)));
        }
        if ended {
            return Poll::Ready(None);
        }
        match &mut stream.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Whether a stream has left events waiting for longer than `limit`.
    pub(crate) fn is_stalled(&self, now: Instant, limit: Duration) -> bool {
        let log = self.log.lock();
        let stalled = log.stalled_since.filter(|_| log.stream.is_some());
        stalled.is_some_and(|since| now.duration_since(since) > limit)
    }

    /// Bytes that wait to be taken by the stream.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.log.lock().waiting_bytes
    }

    /// Drops what was sent before `then` on a stream that is still attached.
    pub(crate) fn forget(&self, then: Instant) {
        let mut log = self.log.lock();
        if log.stream.is_some() {
            log.drop_while(|_, kept| kept.sent_at.is_some_and(|sent| sent <= then));
        }
    }

    /// Drops what was sent up to the event number `last`: the client has it.
    pub(crate) fn seen(&self, last: u64) {
        let mut log = self.log.lock();
        log.drop_while(|number, kept| number <= last && kept.sent_at.is_some());
    }
}

/// A stream that was attached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) number: StreamNumber,
    /// Whether another one had to go for it.
    pub(crate) replaced: bool,
}

impl Log {
    /// The number that the next event to be added will have.
    fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// Makes `next` the next event to hand out.
    fn rewind(&mut self, next: u64) {
        self.next = next;
        self.waiting_bytes = 0;
        let sent = usize::try_from(next - self.first).unwrap_or(usize::MAX);
        for kept in self.events.iter_mut().skip(sent) {
            kept.sent_at = None;
            self.waiting_bytes += kept.event.len();
        }
    }

    fn take_next(&mut self, keep: bool) -> Bytes {
        let index = usize::try_from(self.next - self.first).unwrap_or(usize::MAX);
        let now = Instant::now();
        let kept = &mut self.events[index];
        kept.sent_at = Some(now);
        let bytes = kept.event.bytes();
        self.next += 1;
        self.waiting_bytes -= kept.event.len();
        self.stalled_since = (self.waiting_bytes > 0).then_some(now);
        if !keep {
            self.drop_first();
        }
        bytes
    }

    /// Drops events from the first on, and what room they had if none is left.
    fn drop_while(&mut self, is_done: impl Fn(u64, &Kept) -> bool) {
        while let Some(kept) = self.events.front() {
            if !is_done(self.first, kept) {
                return;
            }
            self.drop_first();
        }
        self.events = VecDeque::new();
    }

    fn drop_first(&mut self) {
        if let Some(kept) = self.events.pop_front() {
            self.bytes -= kept.event.len();
            self.first += 1;
        }
    }

    fn wake(&mut self) {
        let waker = self.stream.as_mut().and_then(|stream| stream.waker.take());
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests;
