//! What callers have spent here and other instances do not know of yet.

use std::{collections::HashMap, mem};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::store::Caller;

/// It holds no more callers than the limit tells apart.
#[derive(Debug, Default)]
pub(super) struct Spent {
    requests: Mutex<HashMap<Caller, u32>>,
    some: Notify,
}

impl Spent {
    /// One more request of this caller.
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
            self.some.notify_one();
        }
    }

    /// How much of it is a caller's.
    pub(super) fn of(&self, caller: &Caller) -> u32 {
        self.requests
            .lock()
            .get(caller)
            .copied()
            .unwrap_or_default()
    }

    /// Takes all of it, as soon as there is some.
    pub(super) async fn take(&self) -> HashMap<Caller, u32> {
        loop {
            let requests = mem::take(&mut *self.requests.lock());
            if !requests.is_empty() {
                return requests;
            }
            self.some.notified().await;
        }
    }
}
