//! The limit as several instances share it.
//!
//! A request is counted here and never waits. What was counted is handed to
//! whoever tells the others, and what the others have counted is learned a
//! moment later.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use governor::{
    clock::{Clock, DefaultClock},
    nanos::Nanos,
};

use super::{Limit, RateLimit, spent::Spent, store::Caller};

/// The limit, for whoever carries what callers have spent to other instances
/// and back.
#[derive(Debug, Clone)]
pub(crate) struct SharedLimit {
    limit: Arc<Limit<DefaultClock>>,
}

/// A caller and how many requests it has made.
pub(crate) struct Requests {
    caller: Caller,
    pub(crate) count: u32,
}

impl RateLimit {
    /// Begins to note what others are to be told of; `None` if there is no
    /// limit.
    pub(crate) fn share(&self) -> Option<SharedLimit> {
        let limit = self.limit.clone()?;
        let _ = limit.spent.set(Spent::default());
        Some(SharedLimit { limit })
    }
}

impl<C: Clock> Limit<C> {
    pub(super) fn tell_others(&self, caller: &Caller) {
        if let Some(spent) = self.spent.get()
            // Those who share an allowance here are different ones elsewhere.
            && !self.store.counts_as_newcomer(caller)
        {
            spent.add(caller);
        }
    }
}

impl SharedLimit {
    /// What callers have spent since the last time, as soon as there is some.
    pub(crate) async fn spent(&self) -> Vec<Requests> {
        let spent = match self.limit.spent.get() {
            Some(spent) => spent.take().await,
            None => HashMap::new(),
        };
        let requests = spent.into_iter();
        requests
            .map(|(caller, count)| Requests { caller, count })
            .collect()
    }

    /// In which time one request comes back.
    pub(crate) fn per_request(&self) -> Duration {
        Duration::from_secs(60) / self.limit.per_minute.get()
    }

    /// A caller will have all of its requests back in so long, if it makes no
    /// more, as all instances have counted together.
    pub(crate) fn learn(&self, requests: &Requests, full_in: Duration) {
        let caller = &requests.caller;
        // What has been spent here since is on its way to the others.
        let since = self.limit.spent.get().map_or(0, |spent| spent.of(caller));
        let full_in = full_in + self.per_request() * since;
        let now = self.limit.clock.now();
        let now = Nanos::from(now.duration_since(self.limit.start));
        self.limit.store.raise(caller, now + Nanos::from(full_in));
    }
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.caller.label(), self.caller)
    }
}
