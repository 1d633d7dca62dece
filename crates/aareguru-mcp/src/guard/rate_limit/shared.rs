//! The limit as several instances share it.
//!
//! A request is counted locally and never waits. The counts of this instance are sent to the
//! others, and theirs are applied, a moment later.

use std::{collections::HashMap, sync::Arc, time::Duration};

use governor::{
    clock::{Clock, DefaultClock},
    nanos::Nanos,
};

use super::{Limit, RateLimit, pending_usage::PendingUsage, store::Caller};

/// The limit, as the task that exchanges counts with other instances sees it.
#[derive(Debug, Clone)]
pub(crate) struct SharedLimit {
    limit: Arc<Limit<DefaultClock>>,
}

impl RateLimit {
    /// Begins to collect counts for other instances; `None` if there is no limit.
    pub(crate) fn share(&self) -> Option<SharedLimit> {
        let limit = self.limit.clone()?;
        let _ = limit.pending.set(PendingUsage::default());
        Some(SharedLimit { limit })
    }
}

impl<C: Clock> Limit<C> {
    pub(super) fn collect(&self, caller: &Caller) {
        if let Some(pending) = self.pending.get()
            // Those who share an allowance here are different ones elsewhere.
            && !self.store.counts_as_newcomer(caller)
        {
            pending.add(caller);
        }
    }
}

impl SharedLimit {
    /// The requests of each caller since the last time, as soon as there are any.
    pub(crate) async fn take_pending(&self) -> Vec<(Caller, u32)> {
        let requests = match self.limit.pending.get() {
            Some(pending) => pending.take().await,
            None => HashMap::new(),
        };
        requests.into_iter().collect()
    }

    /// The time that it takes to regain one request.
    pub(crate) fn per_request(&self) -> Duration {
        Duration::from_secs(60) / self.limit.per_minute.get()
    }

    /// Applies the count of all instances together: without another request, the caller has its
    /// whole allowance back after `full_in`.
    pub(crate) fn apply_remote(&self, caller: &Caller, full_in: Duration) {
        // What has been counted here since is not in it.
        let since = self
            .limit
            .pending
            .get()
            .map_or(0, |pending| pending.of(caller));
        let full_in = full_in + self.per_request() * since;
        let now = self.limit.clock.now();
        let now = Nanos::from(now.duration_since(self.limit.start));
        self.limit.store.raise(caller, now + Nanos::from(full_in));
    }
}
