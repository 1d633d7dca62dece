//! Requests that this instance has counted and not yet reported to the others.

use std::{collections::HashMap, mem};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::caller_store::Caller;

/// The unreported requests of each caller. Contains at most the callers that the limit tracks.
#[derive(Debug, Default)]
pub(super) struct PendingUsage {
    requests: Mutex<HashMap<Caller, u32>>,
    added: Notify,
}

impl PendingUsage {
    /// Counts a request.
    pub(super) fn add(&self, caller: &Caller) {
        let mut requests = self.requests.lock();
        let was_empty = requests.is_empty();
        match requests.get_mut(caller) {
            Some(count) => *count = count.saturating_add(1),
            None => {
                requests.insert(caller.clone(), 1);
            }
        }
        drop(requests);
        if was_empty {
            self.added.notify_one();
        }
    }

    /// Returns the number of requests of a caller.
    pub(super) fn count(&self, caller: &Caller) -> u32 {
        self.requests
            .lock()
            .get(caller)
            .copied()
            .unwrap_or_default()
    }

    /// Takes all requests. Waits until there are some.
    pub(super) async fn take(&self) -> HashMap<Caller, u32> {
        loop {
            let requests = mem::take(&mut *self.requests.lock());
            if !requests.is_empty() {
                return requests;
            }
            self.added.notified().await;
        }
    }
}
