//! What a session has in its store: a list of records that wait for their
//! commit, and one task that commits them while there are any.
//!
//! A store that goes away is waited for, for as long as a commit may take.
//! While it ails after that nothing is recorded, and events leave without it;
//! a snapshot brings it up to date afterwards.

mod commit;

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use rmcp::ServerHandler;
use tokio::sync::oneshot;

use super::{
    Session,
    entry::{Entry, Told, Waiting},
};
use crate::{
    event::Message,
    outbox::Refused,
    store::{Pending, Record, SessionStore, Snapshot},
};

/// Another process has the session now, so what came last has to go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moved;

pub(super) struct Journal {
    store: Arc<dyn SessionStore>,
    epoch: u64,
    log: Mutex<Log>,
}

struct Log {
    state: State,
    /// The generation of the store that has the session.
    generation: Option<u64>,
    records: Vec<Record>,
    /// How many commits there were.
    commits: u64,
    /// Who waits for `records`.
    waiting: Vec<Waiting>,
    /// Whether the task is running.
    committing: bool,
    /// What the store should have of the session beside its events.
    setup: Vec<(String, Bytes)>,
    pending: Vec<Pending>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// What happens is recorded.
    Live,
    /// The store does not answer.
    Ailing,
    /// The session has ended here.
    Over,
    /// It has ended here because somebody else has it.
    Lost,
}

impl Journal {
    pub(super) fn new(store: Arc<dyn SessionStore>, epoch: u64) -> Self {
        Self {
            epoch,
            log: Mutex::new(Log {
                state: State::Ailing,
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

    /// Takes what the store has already, for a session that is taken from it.
    pub(super) fn restore(&self, setup: Vec<(String, Bytes)>, pending: Vec<Pending>) {
        let mut log = self.log.lock();
        log.state = State::Live;
        log.generation = self.store.generation();
        log.setup = setup;
        log.pending = pending;
    }
}

impl Log {
    fn record(&mut self, record: Record) {
        if self.state == State::Live {
            self.records.push(record);
        }
    }

    /// Lets the POST of a message wait for what was just recorded of it.
    fn hold(&mut self, entry: &Entry) {
        if let Some(post) = entry.post().filter(|_| self.state == State::Live) {
            self.waiting.push(post);
        }
    }

    fn done(&mut self, entry: &Entry) {
        let (id, relayed) = (entry.id, entry.relayed);
        let before = self.pending.len();
        self.pending.retain(|pending| pending.id != id);
        if relayed || self.pending.len() != before {
            self.record(Record::Done { id, relayed });
            self.hold(entry);
        }
    }

    fn setup(&mut self, key: String, message: Option<Bytes>) {
        self.setup.retain(|(known, _)| *known != key);
        if let Some(message) = message.clone() {
            self.setup.push((key.clone(), message));
        }
        self.record(Record::Setup { key, message });
    }

    fn settle(&mut self, result: Result<(), Moved>) {
        for waiting in self.waiting.drain(..) {
            let _ = waiting.send(result);
        }
    }
}

impl<S: ServerHandler> Session<S> {
    /// Adds a message to the outbox and to the journal, in one step, so that
    /// both have the same order. `answered` is the delivery that it answers,
    /// and whether well.
    pub(super) fn push(
        self: &Arc<Self>,
        message: Message,
        answered: Option<(&Entry, bool)>,
    ) -> Result<(), Refused> {
        let Some(journal) = &self.journal else {
            return self.outbox.push(message).map(|_| ());
        };
        let mut log = journal.log.lock();
        let number = self.outbox.push(message)?;
        if log.state == State::Live {
            let bytes = self.outbox.event(number).unwrap_or_default();
            log.record(Record::Event { number, bytes });
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

    /// Records that a request runs for longer than its POST.
    pub(super) fn journal_accepted(self: &Arc<Self>, entry: &Entry) {
        if let Some(journal) = &self.journal {
            let mut log = journal.log.lock();
            if log.pending.iter().any(|pending| pending.id == entry.id) {
                return;
            }
            log.pending.push(entry.pending());
            log.record(Record::Accepted(entry.pending()));
            log.hold(entry);
            self.start(log);
        }
    }

    /// Records that nothing more comes of a delivery.
    pub(super) fn journal_done(self: &Arc<Self>, entry: &Entry) {
        if let Some(journal) = &self.journal {
            let mut log = journal.log.lock();
            log.done(entry);
            self.start(log);
        }
    }

    /// Records the end of the session here; nothing is recorded after it.
    pub(super) fn journal_end(self: &Arc<Self>, end: Record) {
        if let Some(journal) = &self.journal {
            let mut log = journal.log.lock();
            // What the store lacks, it forgets in time.
            log.record(end);
            log.state = State::Over;
            self.start(log);
        }
    }

    /// Somebody else has the session: nothing is recorded any more.
    pub(super) fn journal_lost(&self) {
        if let Some(journal) = &self.journal {
            let mut log = journal.log.lock();
            log.state = State::Lost;
            log.records.clear();
        }
    }

    /// Waits until what was recorded of a message is in the store, or the store
    /// ails. It is that commit which decides, and none that comes later: what
    /// is in the store is there for the next owner, who runs it.
    pub(crate) async fn committed(&self, told: Told) -> Result<(), Moved> {
        if let Ok(told) = told.await {
            return told;
        }
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        match journal.log.lock().state {
            State::Live | State::Ailing => Ok(()),
            State::Over | State::Lost => Err(Moved),
        }
    }

    /// Waits until all that was recorded is in the store, or is not needed
    /// there.
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

    /// Writes all of the session to the store, if the store is there and may
    /// not have it; tells whether it does.
    pub(crate) fn journal_snapshot(self: &Arc<Self>, generation: Option<u64>) -> bool {
        let Some(journal) = &self.journal else {
            return false;
        };
        let mut log = journal.log.lock();
        let is_known = log.state == State::Live && log.generation == generation;
        let is_over = matches!(log.state, State::Over | State::Lost);
        if generation.is_none() || is_known || is_over {
            return false;
        }
        log.state = State::Live;
        log.generation = generation;
        // The snapshot has all that waits.
        log.records = vec![self.snapshot(journal, &log)];
        self.outbox.hold();
        self.start(log);
        true
    }

    /// Whether messages have to be told to the journal.
    pub(crate) fn is_stored(&self) -> bool {
        self.journal.is_some()
    }

    /// Whether somebody who has it in `epoch` has it after this one.
    pub(crate) fn is_older_than(&self, epoch: u64) -> bool {
        let journal = self.journal.as_ref();
        journal.is_some_and(|journal| journal.epoch < epoch)
    }

    /// Whether the store lacks the session.
    pub(crate) fn is_unstored(&self) -> bool {
        let journal = self.journal.as_ref();
        journal.is_some_and(|journal| journal.log.lock().state == State::Ailing)
    }

    /// Whether somebody else may go on with the session.
    pub(super) fn can_be_taken(&self) -> bool {
        let journal = self.journal.as_ref();
        journal.is_some_and(|journal| journal.log.lock().state == State::Live)
            && self.is_initialized()
    }

    fn snapshot(&self, journal: &Journal, log: &Log) -> Record {
        let (events, last_event) = self.outbox.kept();
        Record::Snapshot(Box::new(Snapshot {
            last_event,
            events,
            setup: log.setup.clone(),
            pending: log.pending.clone(),
            ..Snapshot::new(self.id, journal.epoch, self.principal.clone())
        }))
    }

    /// Starts the task if there is something for it.
    fn start(self: &Arc<Self>, mut log: MutexGuard<'_, Log>) {
        if !log.committing && !log.records.is_empty() {
            log.committing = true;
            tokio::spawn(commit::commit_all(self.clone()));
        }
    }
}
