//! Shares the rate limit among several instances.
//!
//! A request is counted locally and never waits. The counts are exchanged with the other instances
//! in the background.

use std::{collections::HashMap, sync::Arc, time::Duration};

use governor::{
    clock::{Clock, DefaultClock},
    nanos::Nanos,
};

use super::{Limit, LimitScope, RateLimit, caller_store::Caller, pending_usage::PendingUsage};

/// A rate limit, for the task that exchanges its counts with other instances.
#[derive(Debug, Clone)]
pub struct SharedLimit {
    limit: Arc<Limit<DefaultClock>>,
}

impl RateLimit {
    /// Starts to collect counts for other instances, and returns each limit.
    pub(crate) fn share(&self) -> Vec<SharedLimit> {
        let shared = self.limits().map(|limit| {
            let _ = limit.pending.set(PendingUsage::default());
            let limit = Arc::clone(limit);
            SharedLimit { limit }
        });
        shared.collect()
    }
}

impl<C: Clock> Limit<C> {
    /// Records a request for the other instances, if the limit is shared.
    pub(super) fn record_pending(&self, caller: &Caller) {
        if let Some(pending) = self.pending.get()
            // Other instances have other addresses in their overflow buckets.
            && !self.store.uses_overflow_bucket(caller)
        {
            pending.add(caller);
        }
    }
}

impl SharedLimit {
    /// Takes the requests of each caller since the last call. Waits until there are some.
    pub async fn take_pending(&self) -> Vec<(Caller, u32)> {
        let requests = match self.limit.pending.get() {
            Some(pending) => pending.take().await,
            None => HashMap::new(),
        };
        requests.into_iter().collect()
    }

    /// Returns the time in which one request is replenished.
    pub fn replenish_interval(&self) -> Duration {
        Duration::from_secs(60) / self.limit.per_minute.get()
    }

    /// Returns the name of the count of a caller, which all instances share. An address in a network
    /// has two, because failed keys count towards the limit of all callers.
    pub fn shared_key(&self, caller: &Caller) -> String {
        let caller = caller.shared_key();
        match self.limit.scope {
            LimitScope::Default => caller,
            LimitScope::Network => format!("network:{caller}"),
        }
    }

    /// Applies the count of all instances: without further requests, the caller's limit is fully
    /// replenished after `full_in`.
    pub fn apply_remote(&self, caller: &Caller, full_in: Duration) {
        // Requests that were counted here since are not included.
        let pending = self
            .limit
            .pending
            .get()
            .map_or(0, |pending| pending.count(caller));
        let full_in = full_in + self.replenish_interval() * pending;
        let now = self.limit.clock.now();
        let now = Nanos::from(now.duration_since(self.limit.start));
        self.limit.store.raise(caller, now + Nanos::from(full_in));
    }
}
