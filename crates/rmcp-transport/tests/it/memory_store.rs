// Stores sessions in the memory of one process. A store for several processes must use a transaction
// where this one uses a lock.
use std::collections::HashMap;

use parking_lot::Mutex;
use rmcp_transport::{
    Commit, SessionRecord, SessionStore, Snapshot, StoreError, StoreFuture, TakeoverRequest,
};

/// The sessions by the token of their events.
#[derive(Default)]
pub(crate) struct MemoryStore(Mutex<HashMap<String, Snapshot>>);

impl SessionStore for MemoryStore {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, ()> {
        Box::pin(async move { self.write(commit) })
    }

    fn take<'a>(&'a self, wanted: TakeoverRequest<'a>) -> StoreFuture<'a, Option<Snapshot>> {
        Box::pin(async move { Ok(self.hand_out(wanted)) })
    }
}

impl MemoryStore {
    fn write(&self, commit: Commit) -> Result<(), StoreError> {
        let mut sessions = self.0.lock();
        let current = sessions.get(&commit.token).map(|session| session.epoch);
        if current.is_some_and(|current| current > commit.epoch) {
            return Err(StoreError::Fenced);
        }
        for record in commit.records {
            if let SessionRecord::Snapshot(all) = record {
                sessions.insert(commit.token.clone(), *all);
                continue;
            }
            let session = sessions.get_mut(&commit.token).ok_or(StoreError::Missing)?;
            match record {
                SessionRecord::Accepted(pending) => session.pending.push(pending),
                SessionRecord::Event { number, bytes } => {
                    session.last_event = number;
                    session.events.push(bytes);
                }
                SessionRecord::Done { id, .. } => {
                    session.pending.retain(|pending| pending.id != id);
                }
                SessionRecord::Setup { key, message } => {
                    session.setup.retain(|(known, _)| *known != key);
                    session.setup.extend(message.map(|message| (key, message)));
                }
                SessionRecord::Ended => drop(sessions.remove(&commit.token)),
                // `Released` matters only to stores whose readers wait for the owner.
                _ => {}
            }
        }
        if let Some(session) = sessions.get_mut(&commit.token) {
            let end = session.last_event + 1;
            let needed = end.saturating_sub(commit.first_event);
            let excess = session.events.len().saturating_sub(needed as usize);
            session.events.drain(..excess);
        }
        Ok(())
    }

    /// Returns the number of sessions.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    fn hand_out(&self, wanted: TakeoverRequest<'_>) -> Option<Snapshot> {
        let mut sessions = self.0.lock();
        let session = sessions.get_mut(wanted.token)?;
        let missed = session.last_event.checked_sub(wanted.seen)?;
        let is_whole = missed <= session.events.len() as u64;
        if !is_whole || session.principal.as_ref() != wanted.principal {
            return None;
        }
        session.epoch += 1;
        Some(session.clone())
    }
}
