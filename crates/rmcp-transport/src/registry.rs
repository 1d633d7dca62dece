//! The open sessions of this process, by session id and by resume token.

use std::{collections::HashMap, sync::Arc};

use crate::{
    id::{ResumeToken, SessionId},
    principal::ClientKey,
    session::Session,
};
use parking_lot::Mutex;

pub(crate) struct Registry<S> {
    open: Mutex<Open<S>>,
}

struct Open<S> {
    sessions: HashMap<SessionId, Arc<Session<S>>>,
    ids: HashMap<ResumeToken, SessionId>,
}

impl<S> Registry<S> {
    pub(crate) fn new() -> Self {
        Self {
            open: Mutex::new(Open {
                sessions: HashMap::new(),
                ids: HashMap::new(),
            }),
        }
    }

    pub(crate) fn add(&self, session: Arc<Session<S>>) {
        let mut open = self.open.lock();
        open.ids.insert(session.resume_token(), session.id());
        open.sessions.insert(session.id(), session);
    }

    pub(crate) fn remove(&self, session: &Session<S>) {
        let mut open = self.open.lock();
        open.ids.remove(&session.resume_token());
        open.sessions.remove(&session.id());
    }

    pub(crate) fn find(&self, id: SessionId) -> Option<Arc<Session<S>>> {
        self.open.lock().sessions.get(&id).cloned()
    }

    pub(crate) fn find_by_token(&self, token: ResumeToken) -> Option<Arc<Session<S>>> {
        let open = self.open.lock();
        open.sessions.get(open.ids.get(&token)?).cloned()
    }

    /// Returns all sessions.
    pub(crate) fn sessions(&self) -> Vec<Arc<Session<S>>> {
        self.open.lock().sessions.values().cloned().collect()
    }

    /// Returns the session that has been without a stream for longest, of all sessions or of those
    /// of one client.
    pub(crate) fn longest_detached(&self, client: Option<&ClientKey>) -> Option<Arc<Session<S>>> {
        let open = self.open.lock();
        let detached = open
            .sessions
            .values()
            .filter(|s| client.is_none() || s.client().as_ref() == client)
            .filter_map(|s| Some((s.detached_at()?, s)));
        detached
            .min_by_key(|(since, _)| *since)
            .map(|(_, session)| session.clone())
    }

    pub(crate) fn len(&self) -> usize {
        self.open.lock().sessions.len()
    }
}
