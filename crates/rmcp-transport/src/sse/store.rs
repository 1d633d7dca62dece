//! The interface for storing sessions: the stored state of a session, and its takeover by another
//! process.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use thiserror::Error;

use crate::{
    principal::Principal,
    sse::{delivery::DeliveryId, id::SessionId},
};

/// The future returned by a [`SessionStore`].
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Stores sessions so that they outlive their process.
///
/// The process that owns a session commits its changes. An event is sent, and a POST is answered
/// with 202, only after its commit, so that the store contains everything the client knows. When
/// the client reconnects to another process with `Last-Event-ID`, that process [takes](Self::take)
/// the session, whether or not the first is alive. It replays the events that the client has not
/// seen and runs the requests that are not answered.
///
/// # Owners
///
/// A session has one owner at a time, identified by its epoch: a number that grows with every
/// [`take`](Self::take). A commit with an older epoch must fail with [`StoreError::Fenced`] and
/// change nothing. A process that was suspended and resumes therefore learns at its first commit
/// that it has lost the session; nothing that it sends reaches the client any more.
///
/// A program that can notify the former owner calls
/// [`SseService::relinquish`](crate::SseService::relinquish) there.
///
/// # Example
///
/// A store in the memory of one process, for tests:
///
/// ```
#[doc = include_str!("../../tests/it/memory_store.rs")]
/// ```
pub trait SessionStore: Send + Sync + 'static {
    /// Writes the changes of a session: all of them, in the order of the records, or none.
    ///
    /// The next commit of a session begins when the previous one is complete. If one fails, or
    /// exceeds [`store_timeout`](crate::SseServerConfig::store_timeout), so that its future is
    /// dropped, the next commit begins with a [`SessionRecord::Snapshot`]. If the previous one takes
    /// effect after that, it must not undo the snapshot: its [number](Commit::number) is lower.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    fn commit(&self, commit: Commit) -> StoreFuture<'_, ()>;

    /// Makes this process the owner of a session, atomically, and returns the session. Returns
    /// `None` if it does not exist, belongs to another principal, or lacks an event that the client
    /// has not seen.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    fn take<'a>(&'a self, request: TakeoverRequest<'a>) -> StoreFuture<'a, Option<Snapshot>>;

    /// Returns a number that changes when commits may be lost, for example when the store was
    /// restarted; `None` while it is unreachable. It is called once a second. When the number has
    /// changed, each session is committed again.
    fn generation(&self) -> Option<u64> {
        Some(0)
    }

    /// Receives all sessions that are open in this process, every
    /// [`keep_interval`](crate::SseServerConfig::keep_interval), so that a store can delete
    /// sessions some time after their process has ended. A store may delete a session that was
    /// neither listed nor written for two intervals and the grace time.
    fn keep(&self, sessions: Vec<SessionRef>) {
        let _ = sessions;
    }
}

/// Why a commit or a takeover failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has taken the session.
    #[error("the session has another owner")]
    Fenced,
    /// The session is not in the store any more.
    #[error("the session is not in the store")]
    Missing,
    /// The store is unavailable.
    #[error("the store cannot be reached")]
    Unavailable,
}

/// The changes of a session since its last commit.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Commit {
    /// The session.
    pub session: SessionId,
    /// The token of its events; see [`TakeoverRequest::token`].
    pub token: String,
    /// The epoch of the owner that commits.
    pub epoch: u64,
    /// The number of this commit, counted per owner. A commit that takes effect after one with a
    /// higher number must change nothing: its owner has given up on it.
    pub number: u64,
    /// Events before this number are not needed any more.
    pub first_event: u64,
    /// The changes, in order.
    pub records: Vec<SessionRecord>,
}

/// One change of a session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SessionRecord {
    /// The whole session, replacing what the store has: a new session, or one whose commits have
    /// failed.
    Snapshot(Box<Snapshot>),
    /// A request was accepted and is not answered yet.
    Accepted(PendingDelivery),
    /// An event was added to the stream.
    Event {
        /// Its number, counted from 1 without a gap.
        number: u64,
        /// The event as sent on the stream.
        bytes: Bytes,
    },
    /// A delivery is complete: answered by the event before this record, cancelled, or without an
    /// answer.
    Done {
        /// The delivery.
        id: DeliveryId,
        /// Whether it arrived through a [`Relay`](crate::Relay), whose other end may wait for the
        /// result.
        relayed: bool,
    },
    /// A setup message for a new handler. Replaces the one with the same key; without a message,
    /// removes it.
    Setup {
        /// The key, such as `logging/setLevel`.
        key: String,
        /// The output of [`Delivery::to_bytes`](crate::Delivery::to_bytes).
        message: Option<Bytes>,
    },
    /// The owner releases the session to the next owner.
    Released,
    /// The session has ended.
    Ended,
}

/// A delivery that is not complete.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PendingDelivery {
    /// The id of its POST.
    pub id: DeliveryId,
    /// The id of the request as JSON; `None` for a message without an answer.
    pub request: Option<String>,
    /// The output of [`Delivery::to_bytes`](crate::Delivery::to_bytes).
    pub message: Bytes,
    /// Whether it arrived through a [`Relay`](crate::Relay).
    pub relayed: bool,
}

impl PendingDelivery {
    /// Creates a delivery that waits for the session's next owner.
    pub fn new(id: DeliveryId, request: Option<String>, message: Bytes) -> Self {
        Self {
            id,
            request,
            message,
            relayed: true,
        }
    }
}

/// The stored state of a session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// The session.
    pub session: SessionId,
    /// The epoch of its owner; after [`SessionStore::take`], that of the new owner.
    pub epoch: u64,
    /// The principal that it belongs to.
    pub principal: Option<Principal>,
    /// The number of the last event, or 0.
    pub last_event: u64,
    /// The events that are kept, up to the last, numbered without a gap.
    pub events: Vec<Bytes>,
    /// The setup messages for a new handler, by key, in order.
    pub setup: Vec<(String, Bytes)>,
    /// The deliveries that are not complete, in the order of acceptance.
    pub pending: Vec<PendingDelivery>,
}

impl Snapshot {
    /// Creates a snapshot without events, setup and pending deliveries.
    pub fn new(session: SessionId, epoch: u64, principal: Option<Principal>) -> Self {
        Self {
            session,
            epoch,
            principal,
            last_event: 0,
            events: Vec::new(),
            setup: Vec::new(),
            pending: Vec::new(),
        }
    }
}

/// A request to take over the session of a client that reconnects.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TakeoverRequest<'a> {
    /// The common prefix of the session's event ids. It is as secret as the session id.
    pub token: &'a str,
    /// The principal of the client; the session must belong to it.
    pub principal: Option<&'a Principal>,
    /// The number of the last event that the client has seen.
    pub seen: u64,
}

/// An open session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionRef {
    /// The session.
    pub session: SessionId,
    /// The token of its events; see [`TakeoverRequest::token`].
    pub token: String,
}
