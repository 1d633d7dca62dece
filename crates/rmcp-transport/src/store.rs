//! The seam for sessions that outlive their process: what is kept of a
//! session, and how another process takes it over.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use thiserror::Error;

use crate::{delivery::DeliveryId, id::SessionId, principal::Principal};

/// What a [`SessionStore`] answers with, in time.
pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps sessions so that they outlive their process.
///
/// The process that has a session commits what happens in it. An event is
/// given to the client, and a POST is answered with 202, only when its commit
/// is done, so that whatever a client knows is in the store. When the client
/// comes back to another process with `Last-Event-ID`, that one
/// [takes](Self::take) the session, whether or not the first is alive: it
/// replays the events that the client has not seen and runs the requests that
/// are not answered.
///
/// # Owners
///
/// A session has one owner at a time, which is told by its epoch: a number that
/// grows with every [`take`](Self::take). A commit with an older epoch has to
/// fail with [`StoreError::Fenced`] and to change nothing. So a process that
/// was stopped for a while and goes on finds out at its first commit; nothing
/// of it reaches the client any more.
///
/// A program that can tell the former owner at once calls
/// [`SseService::lose`](crate::SseService::lose) there.
///
/// # Example
///
/// Sessions in the memory of one process, for tests:
///
/// ```
#[doc = include_str!("../tests/it/memory_store.rs")]
/// ```
pub trait SessionStore: Send + Sync + 'static {
    /// Writes what happened in a session: all of it, in the order of the
    /// records, or nothing.
    ///
    /// The next commit of a session begins when the one before is done. If one
    /// fails, or takes longer than
    /// [`store_timeout`](crate::SseServerConfig::store_timeout), so that its
    /// future is dropped, the next commit begins with a [`Record::Snapshot`];
    /// if the one before takes effect after that, it must not undo it: its
    /// [number](Commit::number) is lower.
    ///
    /// # Errors
    ///
    /// All of [`StoreError`].
    fn commit(&self, commit: Commit) -> Stored<'_, ()>;

    /// Makes this process the owner of a session, in one step, and returns the
    /// session. `None` if it is not there, belongs to another principal, or
    /// lacks an event that the client has not seen.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    fn take<'a>(&'a self, wanted: Wanted<'a>) -> Stored<'a, Option<Snapshot>>;

    /// A number that changes when what was committed before may be lost, such
    /// as when the store was restarted; `None` while it cannot be reached. It
    /// is asked for once a second: when it has changed, each session is
    /// committed anew.
    fn generation(&self) -> Option<u64> {
        Some(0)
    }

    /// Told every
    /// [`keep_interval`](crate::SseServerConfig::keep_interval) of all sessions
    /// that are open in this process, so that others can be forgotten some
    /// time after their process has gone. A store may forget a session that
    /// nobody has named or written for two intervals and the grace time.
    fn keep(&self, sessions: Vec<Kept>) {
        let _ = sessions;
    }
}

/// Why something was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has taken the session.
    #[error("the session has another owner")]
    Fenced,
    /// The store does not have the session any more.
    #[error("the session is not in the store")]
    Missing,
    /// The store cannot be reached now.
    #[error("the store cannot be reached")]
    Unavailable,
}

/// What happened in a session since its last commit.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Commit {
    /// Which session.
    pub session: SessionId,
    /// What its events have in common; see [`Wanted::token`].
    pub token: String,
    /// Which of its owners speaks.
    pub epoch: u64,
    /// Counts the commits of this owner. One that takes effect after another
    /// with a higher number must change nothing: it was given up.
    pub number: u64,
    /// Events before this number are not needed any more.
    pub first_event: u64,
    /// What happened, in order.
    pub records: Vec<Record>,
}

/// One thing that happened in a session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Record {
    /// All of the session, in the place of whatever the store has: a new
    /// session, or one whose commits have failed.
    Snapshot(Box<Snapshot>),
    /// A request was accepted and is not answered yet.
    Accepted(Pending),
    /// An event was added to the stream.
    Event {
        /// Its number, counted from 1 without a gap.
        number: u64,
        /// The event as it stands on the stream.
        bytes: Bytes,
    },
    /// A delivery is done with: answered by the event before this record,
    /// cancelled, or without an answer.
    Done {
        /// Which one.
        id: DeliveryId,
        /// Whether it came through a [`Relay`](crate::Relay), so that somebody
        /// may want to know what became of it.
        relayed: bool,
    },
    /// A message to prepare a new handler with, in the place of the one with
    /// the same key; without a message, the key goes.
    Setup {
        /// What it is about, such as `logging/setLevel`.
        key: String,
        /// What [`Delivery::to_bytes`](crate::Delivery::to_bytes) has written.
        message: Option<Bytes>,
    },
    /// The owner gives the session up; it waits for the next.
    Released,
    /// The session is over.
    Ended,
}

/// A delivery that is not done with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Pending {
    /// Which POST brought it.
    pub id: DeliveryId,
    /// The id of the request as JSON; `None` for what gets no answer.
    pub request: Option<String>,
    /// What [`Delivery::to_bytes`](crate::Delivery::to_bytes) has written.
    pub message: Bytes,
    /// Whether it came through a [`Relay`](crate::Relay).
    pub relayed: bool,
}

impl Pending {
    /// A delivery that waits for the session's next owner.
    pub fn new(id: DeliveryId, request: Option<String>, message: Bytes) -> Self {
        Self {
            id,
            request,
            message,
            relayed: true,
        }
    }
}

/// All that is kept of a session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// Which session.
    pub session: SessionId,
    /// Which of its owners has it; after [`SessionStore::take`], the one that
    /// took it.
    pub epoch: u64,
    /// Whom it belongs to.
    pub principal: Option<Principal>,
    /// The number of the last event that there was, or 0.
    pub last_event: u64,
    /// The events that are kept, up to the last; their numbers have no gap.
    pub events: Vec<Bytes>,
    /// The messages to prepare a new handler with, by key, in their order.
    pub setup: Vec<(String, Bytes)>,
    /// What is not done with, in the order in which it was accepted.
    pub pending: Vec<Pending>,
}

impl Snapshot {
    /// A session of which nothing is known yet.
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

/// A session that a client asks for by the last event that it has seen.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Wanted<'a> {
    /// What the ids of all events of the session begin with. It is as secret
    /// as the session's id.
    pub token: &'a str,
    /// Who asks; the session has to belong to them.
    pub principal: Option<&'a Principal>,
    /// The number of the last event that the client has seen.
    pub seen: u64,
}

/// A session that is open.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Kept {
    /// Which session.
    pub session: SessionId,
    /// See [`Wanted::token`].
    pub token: String,
}
