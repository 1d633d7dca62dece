//! The open sessions of this process, by session id and by resume token, and the limits on their
//! number.

use std::{collections::HashMap, sync::Arc};

use crate::{
    id::{ResumeToken, SessionId},
    principal::ClientKey,
    refusal::Refusal,
    session::Session,
};
use parking_lot::Mutex;

pub(crate) struct Registry<S> {
    max_sessions: usize,
    max_sessions_per_client: usize,
    open: Mutex<Open<S>>,
}

struct Open<S> {
    sessions: HashMap<SessionId, Arc<Session<S>>>,
    ids: HashMap<ResumeToken, SessionId>,
    /// Permits in use, by sessions and by requests that will open one.
    permits: usize,
    permits_of_client: HashMap<ClientKey, usize>,
}

/// Permit for one session. Dropping it releases the slot.
pub(crate) struct SessionPermit<S> {
    registry: Arc<Registry<S>>,
    client: Option<ClientKey>,
}

impl<S> Registry<S> {
    pub(crate) fn new(max_sessions: usize, max_sessions_per_client: usize) -> Self {
        Self {
            max_sessions,
            max_sessions_per_client,
            open: Mutex::new(Open {
                sessions: HashMap::new(),
                ids: HashMap::new(),
                permits: 0,
                permits_of_client: HashMap::new(),
            }),
        }
    }

    /// Acquires a permit for a session of `client`.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        client: Option<&ClientKey>,
    ) -> Result<SessionPermit<S>, Refusal> {
        let mut open = self.open.lock();
        if open.permits >= self.max_sessions {
            return Err(Refusal::TooManySessions);
        }
        if let Some(client) = client {
            let of_client = open.permits_of_client.entry(client.clone()).or_default();
            if *of_client >= self.max_sessions_per_client {
                return Err(Refusal::TooManySessionsOfClient);
            }
            *of_client += 1;
        }
        open.permits += 1;
        Ok(SessionPermit {
            registry: self.clone(),
            client: client.cloned(),
        })
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

impl<S> SessionPermit<S> {
    pub(crate) fn client(&self) -> Option<&ClientKey> {
        self.client.as_ref()
    }

    pub(crate) fn registry(&self) -> Arc<Registry<S>> {
        self.registry.clone()
    }
}

impl<S> Drop for SessionPermit<S> {
    fn drop(&mut self) {
        let mut open = self.registry.open.lock();
        open.permits -= 1;
        let Some(client) = &self.client else {
            return;
        };
        if let Some(of_client) = open.permits_of_client.get_mut(client) {
            *of_client -= 1;
            if *of_client == 0 {
                open.permits_of_client.remove(client);
            }
        }
    }
}
