//! The open sessions of this process, found by their id.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::session::{Inbox, SessionId};

/// A cheap handle to the one map of sessions.
#[derive(Clone, Default)]
pub(crate) struct Registry(Arc<Mutex<HashMap<SessionId, Inbox>>>);

/// Takes its session out of the registry when it is dropped, however that
/// comes about.
pub(crate) struct Registration {
    registry: Registry,
    id: SessionId,
}

impl Registry {
    pub(crate) fn add(&self, id: SessionId, inbox: Inbox) -> Registration {
        self.lock().insert(id, inbox);
        Registration {
            registry: self.clone(),
            id,
        }
    }

    pub(crate) fn find(&self, id: SessionId) -> Option<Inbox> {
        self.lock().get(&id).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    // No code panics while it holds the lock, so a poisoned map is whole.
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Inbox>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.lock().remove(&self.id);
    }
}
