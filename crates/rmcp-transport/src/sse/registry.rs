//! The open sessions of this process, by session id and by resume token.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use crate::sse::id::{ResumeToken, SessionId};

pub(crate) struct Registry<T> {
    open: Mutex<OpenSessions<T>>,
}

struct OpenSessions<T> {
    sessions: HashMap<SessionId, Arc<T>>,
    ids: HashMap<ResumeToken, SessionId>,
}

impl<T> Registry<T> {
    pub(crate) fn new() -> Self {
        Self {
            open: Mutex::new(OpenSessions {
                sessions: HashMap::new(),
                ids: HashMap::new(),
            }),
        }
    }

    pub(crate) fn add(&self, id: SessionId, token: ResumeToken, session: Arc<T>) {
        let mut open = self.open.lock();
        open.ids.insert(token, id);
        open.sessions.insert(id, session);
    }

    pub(crate) fn remove(&self, id: SessionId, token: ResumeToken) {
        let mut open = self.open.lock();
        open.ids.remove(&token);
        open.sessions.remove(&id);
    }

    pub(crate) fn find(&self, id: SessionId) -> Option<Arc<T>> {
        self.open.lock().sessions.get(&id).cloned()
    }

    pub(crate) fn find_by_token(&self, token: ResumeToken) -> Option<Arc<T>> {
        let open = self.open.lock();
        open.sessions.get(open.ids.get(&token)?).cloned()
    }

    pub(crate) fn sessions(&self) -> Vec<Arc<T>> {
        self.open.lock().sessions.values().cloned().collect()
    }

    /// Returns the session with the least key, of those that have one.
    pub(crate) fn min_by_key<K: Ord>(&self, key: impl Fn(&T) -> Option<K>) -> Option<Arc<T>> {
        let open = self.open.lock();
        let sessions = open.sessions.values();
        let keys = sessions.filter_map(|session| Some((key(session)?, session)));
        let min = keys.min_by(|(a, _), (b, _)| a.cmp(b));
        min.map(|(_, session)| session.clone())
    }

    pub(crate) fn len(&self) -> usize {
        self.open.lock().sessions.len()
    }
}
