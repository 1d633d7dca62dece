//! The queue of events for one client, bounded in bytes. The session adds events; the attached
//! stream sends them.
//!
//! Adding an event never waits, so events keep their order, and a client that does not read blocks
//! only itself.
//!
//! A sent event is not necessarily received: the connection may be dead. If streams can be resumed,
//! sent events are kept for a while, and a stream that is attached later continues after the last
//! event that the client has seen.
//!
//! Events can be held until a store has them. Events that are not held are sent at once.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::sse::{
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
    /// The events that are kept: first those that were sent, then those that wait.
    events: VecDeque<BufferedEvent>,
    /// The number of the first event in `events`; counted from 1.
    first: u64,
    /// The number of the next event to send.
    next: u64,
    /// Events from this number on are held.
    held_from: u64,
    bytes: usize,
    waiting_bytes: usize,
    stream: Option<Stream>,
    streams_attached: u64,
    /// The time since which the stream has not read waiting events.
    stalled_since: Option<Instant>,
    closed: bool,
}

struct BufferedEvent {
    event: Event,
    sent_at: Option<Instant>,
}

struct Stream {
    number: StreamNumber,
    /// The `endpoint` event, until it is sent.
    endpoint: Option<Bytes>,
    waker: Option<Waker>,
}

/// Numbers the streams of a session.
pub(crate) type StreamNumber = u64;

/// Why an event was not added.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PushError {
    /// The session has ended.
    Closed,
    /// The client is too slow: the event would exceed the limit.
    Full,
}

/// Events after the last one that the client has seen are no longer available.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReplayGap;

impl Outbox {
    /// Creates an empty outbox without a stream. If it is `resumable`, its events have ids, and
    /// sent events are kept until [`drop_sent_before`](Self::drop_sent_before).
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

    /// Creates the outbox of a restored session, with the events up to number `last`. They count as
    /// sent until a stream is attached.
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
            .map(|bytes| BufferedEvent {
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
    pub(crate) fn push(&self, message: Message) -> Result<u64, PushError> {
        let mut log = self.log.lock();
        if log.closed {
            return Err(PushError::Closed);
        }
        let number = log.end();
        let id = self.resumable.then_some(EventId {
            token: self.token,
            number,
        });
        let event = message.into_event(id);
        if log.waiting_bytes > 0 && log.waiting_bytes + event.len() > self.max_bytes {
            return Err(PushError::Full);
        }
        if log.waiting_bytes == 0 {
            log.stalled_since = Some(Instant::now());
        }
        log.bytes += event.len();
        log.waiting_bytes += event.len();
        log.events.push_back(BufferedEvent {
            event,
            sent_at: None,
        });
        // Sent events are dropped to make room for waiting ones.
        while log.bytes > self.max_bytes && log.first < log.next {
            log.drop_first();
        }
        if number < log.held_from {
            log.wake();
        }
        Ok(number)
    }

    /// Closes the outbox: the stream ends after the waiting events.
    pub(crate) fn close(&self) {
        let mut log = self.log.lock();
        log.closed = true;
        log.wake();
    }

    /// Closes the outbox and drops held events.
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

    /// Releases the events before number `end`.
    pub(crate) fn release(&self, end: u64) {
        let mut log = self.log.lock();
        if log.held_from < end {
            log.held_from = end;
            log.wake();
        }
    }

    /// Releases all events, and stops holding new ones.
    pub(crate) fn release_all(&self) {
        self.release(u64::MAX);
    }

    /// Returns the number of the first event that is kept, or of the next one.
    pub(crate) fn first(&self) -> u64 {
        self.log.lock().first
    }

    pub(crate) fn end(&self) -> u64 {
        self.log.lock().end()
    }

    pub(crate) fn event(&self, number: u64) -> Option<Bytes> {
        let log = self.log.lock();
        let index = usize::try_from(number.checked_sub(log.first)?).ok()?;
        log.events.get(index).map(|kept| kept.event.bytes())
    }

    /// Returns the events that are kept, and the number of the last event.
    pub(crate) fn buffered(&self) -> (Vec<Bytes>, u64) {
        let log = self.log.lock();
        let events = log.events.iter().map(|kept| kept.event.bytes());
        (events.collect(), log.end() - 1)
    }

    /// Attaches a stream, and ends the previous one. It receives `endpoint`, then every event after
    /// number `seen`.
    pub(crate) fn attach(&self, endpoint: Bytes, seen: u64) -> Result<Attachment, ReplayGap> {
        let mut log = self.log.lock();
        let next = seen.checked_add(1).ok_or(ReplayGap)?;
        if log.closed || next < log.first || next > log.end() {
            return Err(ReplayGap);
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
        Ok(Attachment { number, replaced })
    }

    /// Detaches a stream that was dropped. Returns whether it was still attached.
    pub(crate) fn detach(&self, number: StreamNumber) -> bool {
        let mut log = self.log.lock();
        let current = log.stream.as_ref().is_some_and(|s| s.number == number);
        if current {
            log.stream = None;
        }
        current
    }

    /// Returns the next event for a stream; `None` if the stream has been replaced, or if the
    /// outbox is closed and empty.
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

    /// Returns whether the stream has not read waiting events for longer than `limit`.
    pub(crate) fn is_stalled(&self, now: Instant, limit: Duration) -> bool {
        let log = self.log.lock();
        let stalled = log.stalled_since.filter(|_| log.stream.is_some());
        stalled.is_some_and(|since| now.duration_since(since) > limit)
    }

    pub(crate) fn waiting_bytes(&self) -> usize {
        self.log.lock().waiting_bytes
    }

    /// Drops events that were sent before `limit`, if a stream is attached.
    pub(crate) fn drop_sent_before(&self, limit: Instant) {
        let mut log = self.log.lock();
        if log.stream.is_some() {
            log.drop_while(|_, kept| kept.sent_at.is_some_and(|sent| sent <= limit));
        }
    }

    /// Drops sent events up to number `last`, which the client has received.
    pub(crate) fn acknowledge(&self, last: u64) {
        let mut log = self.log.lock();
        log.drop_while(|number, kept| number <= last && kept.sent_at.is_some());
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attachment {
    pub(crate) number: StreamNumber,
    /// Whether it has replaced another stream.
    pub(crate) replaced: bool,
}

impl Log {
    /// Returns the number of the next event to be added.
    fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// Makes `next` the next event to send.
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

    /// Drops events from the first on, and frees the capacity if none is left.
    fn drop_while(&mut self, is_done: impl Fn(u64, &BufferedEvent) -> bool) {
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
