//! Writes a session to its store: records wait for their commit, and one task commits them.
//!
//! An unavailable store is retried for as long as a commit may take. After that nothing is
//! recorded, and events are sent without a commit; a snapshot updates the store when it is
//! available again.

mod commit;

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use rmcp::ServerHandler;
use tokio::sync::oneshot;

use super::{
    Session,
    journal_entry::{CommitReceiver, CommitSender, JournalEntry, OwnershipLost},
};
use crate::sse::{
    event::Message,
    outbox::PushError,
    store::{PendingDelivery, SessionRecord, SessionStore, Snapshot},
};

pub(super) struct Journal {
    store: Arc<dyn SessionStore>,
    epoch: u64,
    log: Mutex<Log>,
}

struct Log {
    state: State,
    /// The generation of the store that contains the session.
    generation: Option<u64>,
    records: Vec<SessionRecord>,
    commits: u64,
    /// The waiters for the commit of `records`.
    waiting: Vec<CommitSender>,
    committing: bool,
    /// The state of the session in the store, apart from its events.
    setup: Vec<(String, Bytes)>,
    pending: Vec<PendingDelivery>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Changes are recorded.
    Live,
    Unavailable,
    Closed,
    /// The session has been closed because another process owns it.
    Lost,
}

impl Journal {
    pub(super) fn new(store: Arc<dyn SessionStore>, epoch: u64) -> Self {
        Self {
            epoch,
            log: Mutex::new(Log {
                state: State::Unavailable,
                generation: None,
                records: Vec::new(),
                commits: 0,
                waiting: Vec::new(),
                committing: false,
                setup: Vec::new(),
                pending: Vec::new(),
            }),
            store,
        }
    }

    /// Initializes the journal of a session that was taken from the store.
    pub(super) fn restore(&self, setup: Vec<(String, Bytes)>, pending: Vec<PendingDelivery>) {
        let mut log = self.log.lock();
        log.state = State::Live;
        log.generation = self.store.generation();
        log.setup = setup;
        log.pending = pending;
    }
}

impl Log {
    fn record(&mut self, record: SessionRecord) {
        if self.state == State::Live {
            self.records.push(record);
        }
    }

    /// Delays the response to the POST of a message until the current records are committed.
    fn hold(&mut self, entry: &JournalEntry) {
        if let Some(notifier) = entry.take_notifier().filter(|_| self.state == State::Live) {
            self.waiting.push(notifier);
        }
    }

    fn done(&mut self, entry: &JournalEntry) {
        let (id, relayed) = (entry.id, entry.relayed);
        let before = self.pending.len();
        self.pending.retain(|pending| pending.id != id);
        if relayed || self.pending.len() != before {
            self.record(SessionRecord::Done { id, relayed });
            self.hold(entry);
        }
    }

    fn setup(&mut self, key: String, message: Option<Bytes>) {
        self.setup.retain(|(known, _)| *known != key);
        if let Some(message) = message.clone() {
            self.setup.push((key.clone(), message));
        }
        self.record(SessionRecord::Setup { key, message });
    }

    fn settle(&mut self, result: Result<(), OwnershipLost>) {
        for waiting in self.waiting.drain(..) {
            let _ = waiting.send(result);
        }
    }
}

impl<S: ServerHandler> Session<S> {
    /// Adds a message to the outbox and to the journal in one step, so that both have the same
    /// order. `answered` is the delivery that it answers, and whether successfully.
    pub(super) fn push(
        self: &Arc<Self>,
        message: Message,
        answered: Option<(&JournalEntry, bool)>,
    ) -> Result<(), PushError> {
        let Some(journal) = &self.journal else {
            return self.outbox.push(message).map(|_| ());
        };
        let mut log = journal.log.lock();
        let number = self.outbox.push(message)?;
        if log.state == State::Live {
            let bytes = self.outbox.event(number).unwrap_or_default();
            log.record(SessionRecord::Event { number, bytes });
        }
        if let Some((entry, is_ok)) = answered {
            log.done(entry);
            log.hold(entry);
            if let Some(setup) = entry.setup.as_ref().filter(|_| is_ok) {
                log.setup(setup.key.clone(), setup.keep.then(|| entry.message.clone()));
            }
        }
        self.start(log);
        Ok(())
    }

    /// Records a request that is not answered yet.
    pub(super) fn journal_accepted(self: &Arc<Self>, entry: &JournalEntry) {
        if let Some(journal) = &self.journal {
            let mut log = journal.log.lock();
            if log.pending.iter().any(|pending| pending.id == entry.id) {
                return;
            }
            log.pending.push(entry.pending());
            log.record(SessionRecord::Accepted(entry.pending()));
            log.hold(entry);
            self.start(log);
        }
    }

    pub(super) fn journal_done(self: &Arc<Self>, entry: &JournalEntry) {
        if let Some(journal) = &self.journal {
            let mut log = journal.log.lock();
            log.done(entry);
            self.start(log);
        }
    }

    /// Records the end of the session; nothing is recorded after it.
    pub(super) fn journal_end(self: &Arc<Self>, end: SessionRecord) {
        if let Some(journal) = &self.journal {
            let mut log = journal.log.lock();
            // A session that is not in the store expires there.
            log.record(end);
            log.state = State::Closed;
            self.start(log);
        }
    }

    /// Stops recording, because another process owns the session.
    pub(super) fn journal_relinquish(&self) {
        if let Some(journal) = &self.journal {
            let mut log = journal.log.lock();
            log.state = State::Lost;
            log.records.clear();
        }
    }

    /// Waits until the records of a message are in the store, or the store fails. Only this commit
    /// decides whether the message is accepted: the next owner runs what is in the store.
    pub(crate) async fn committed(&self, receiver: CommitReceiver) -> Result<(), OwnershipLost> {
        if let Ok(result) = receiver.await {
            return result;
        }
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        match journal.log.lock().state {
            State::Live | State::Unavailable => Ok(()),
            State::Closed | State::Lost => Err(OwnershipLost),
        }
    }

    /// Waits until all records are in the store, or are not needed there.
    pub(crate) async fn stored(&self) {
        let Some(journal) = &self.journal else {
            return;
        };
        let stored = {
            let mut log = journal.log.lock();
            if !log.committing {
                return;
            }
            let (waiting, stored) = oneshot::channel();
            log.waiting.push(waiting);
            stored
        };
        let _ = stored.await;
    }

    /// Writes a snapshot of the session, if the store is available and may lack the session.
    /// Returns whether it was written.
    pub(crate) fn journal_snapshot(self: &Arc<Self>, generation: Option<u64>) -> bool {
        let Some(journal) = &self.journal else {
            return false;
        };
        let mut log = journal.log.lock();
        let is_known = log.state == State::Live && log.generation == generation;
        let is_over = matches!(log.state, State::Closed | State::Lost);
        if generation.is_none() || is_known || is_over {
            return false;
        }
        log.state = State::Live;
        log.generation = generation;
        // The snapshot includes all pending records.
        log.records = vec![self.snapshot(journal, &log)];
        self.outbox.hold();
        self.start(log);
        true
    }

    /// Returns whether messages must be recorded in the journal.
    pub(crate) fn is_stored(&self) -> bool {
        self.journal.is_some()
    }

    /// Returns whether `epoch` is newer than that of this owner.
    pub(crate) fn is_older_than(&self, epoch: u64) -> bool {
        let journal = self.journal.as_ref();
        journal.is_some_and(|journal| journal.epoch < epoch)
    }

    /// Returns whether the store lacks the session.
    pub(crate) fn is_unstored(&self) -> bool {
        let journal = self.journal.as_ref();
        journal.is_some_and(|journal| journal.log.lock().state == State::Unavailable)
    }

    /// Returns whether another process can take over the session.
    pub(super) fn can_be_taken(&self) -> bool {
        let journal = self.journal.as_ref();
        journal.is_some_and(|journal| journal.log.lock().state == State::Live)
            && self.is_initialized()
    }

    fn snapshot(&self, journal: &Journal, log: &Log) -> SessionRecord {
        let (events, last_event) = self.outbox.buffered();
        SessionRecord::Snapshot(Box::new(Snapshot {
            last_event,
            events,
            setup: log.setup.clone(),
            pending: log.pending.clone(),
            ..Snapshot::new(self.id, journal.epoch, self.principal.clone())
        }))
    }

    /// Starts the commit task if there are records.
    fn start(self: &Arc<Self>, mut log: MutexGuard<'_, Log>) {
        if !log.committing && !log.records.is_empty() {
            log.committing = true;
            tokio::spawn(commit::commit_all(self.clone()));
        }
    }
}
