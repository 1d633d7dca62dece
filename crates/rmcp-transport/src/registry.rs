//! The open sessions of this process: found by their id, or by the token in
//! the ids of their events, and counted against the bounds.

use std::{collections::HashMap, sync::Arc};

use crate::{
    id::{ResumeToken, SessionId},
    principal::Client,
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
    /// Slots that are taken: by sessions, and by requests that will open one.
    slots: usize,
    slots_of_client: HashMap<Client, usize>,
}

/// The right to one more session. It is given back when it is dropped.
pub(crate) struct Slot<S> {
    registry: Arc<Registry<S>>,
    client: Option<Client>,
}

impl<S> Registry<S> {
    pub(crate) fn new(max_sessions: usize, max_sessions_per_client: usize) -> Self {
        Self {
            max_sessions,
            max_sessions_per_client,
            open: Mutex::new(Open {
                sessions: HashMap::new(),
                ids: HashMap::new(),
                slots: 0,
                slots_of_client: HashMap::new(),
            }),
        }
    }

    /// Takes a slot for a session of `client`.
    pub(crate) fn reserve(self: &Arc<Self>, client: Option<&Client>) -> Result<Slot<S>, Refusal> {
        let mut open = self.open.lock();
        if open.slots >= self.max_sessions {
            return Err(Refusal::TooManySessions);
        }
        if let Some(client) = client {
            let of_client = open.slots_of_client.entry(client.clone()).or_default();
            if *of_client >= self.max_sessions_per_client {
                return Err(Refusal::TooManySessionsOfClient);
            }
            *of_client += 1;
        }
        open.slots += 1;
        Ok(Slot {
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

    /// All sessions as they are now.
    pub(crate) fn sessions(&self) -> Vec<Arc<Session<S>>> {
        self.open.lock().sessions.values().cloned().collect()
    }

    /// The session that has been without its client for longest, of all, or of
    /// those that are counted for one client.
    pub(crate) fn longest_detached(&self, client: Option<&Client>) -> Option<Arc<Session<S>>> {
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

impl<S> Slot<S> {
    pub(crate) fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    pub(crate) fn registry(&self) -> Arc<Registry<S>> {
        self.registry.clone()
    }
}

impl<S> Drop for Slot<S> {
    fn drop(&mut self) {
        let mut open = self.registry.open.lock();
        open.slots -= 1;
        let Some(client) = &self.client else {
            return;
        };
        if let Some(of_client) = open.slots_of_client.get_mut(client) {
            *of_client -= 1;
            if *of_client == 0 {
                open.slots_of_client.remove(client);
            }
        }
    }
}
