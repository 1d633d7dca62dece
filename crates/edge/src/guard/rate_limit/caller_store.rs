//! The state of the rate limit: eight bytes per caller, behind one lock that is held for a single
//! lookup.

use std::{collections::HashMap, fmt, net::IpAddr, sync::Arc};

use governor::{
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};
use parking_lot::Mutex;
use rmcp_transport::Principal;

/// The client whose limit a request counts towards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    /// The principal of an API key. Their number is bounded by that of the keys.
    Principal(Principal),
    /// An address. An attacker may have any number of them.
    Address(IpAddr),
}

/// The state of each caller. Clones share it.
///
/// When the maximum number of addresses is reached, new addresses share one overflow bucket. Known
/// addresses and principals keep their own, so a flood of addresses affects new addresses only.
#[derive(Clone)]
pub(super) struct CallerStore {
    max_addresses: usize,
    callers: Arc<Mutex<Callers>>,
}

#[derive(Default)]
struct Callers {
    /// The time at which the limit of each caller is fully replenished.
    states: HashMap<Caller, Nanos>,
    addresses: usize,
    overflow_bucket: Option<Nanos>,
}

impl CallerStore {
    pub(super) fn new(max_addresses: usize) -> Self {
        Self {
            max_addresses,
            callers: Arc::default(),
        }
    }

    /// Returns whether a caller currently shares the overflow bucket.
    pub(super) fn uses_overflow_bucket(&self, caller: &Caller) -> bool {
        self.callers
            .lock()
            .uses_overflow_bucket(caller, self.max_addresses)
    }

    /// Delays the full replenishment of a caller's limit to `until` at the earliest.
    pub(super) fn raise(&self, caller: &Caller, until: Nanos) {
        if let Some(state) = self.callers.lock().states.get_mut(caller) {
            *state = (*state).max(until);
        }
    }
}

impl Callers {
    fn uses_overflow_bucket(&self, caller: &Caller, max_addresses: usize) -> bool {
        matches!(caller, Caller::Address(_))
            && self.addresses >= max_addresses
            && !self.states.contains_key(caller)
    }
}

impl StateStore for CallerStore {
    type Key = Caller;

    fn measure_and_replace<T, F, E>(&self, caller: &Caller, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut callers = self.callers.lock();
        if let Some(state) = callers.states.get_mut(caller) {
            let (outcome, next) = measure(Some(*state))?;
            *state = next;
            return Ok(outcome);
        }
        if callers.uses_overflow_bucket(caller, self.max_addresses) {
            let (outcome, next) = measure(callers.overflow_bucket)?;
            callers.overflow_bucket = Some(next);
            return Ok(outcome);
        }
        let (outcome, next) = measure(None)?;
        callers.addresses += usize::from(matches!(caller, Caller::Address(_)));
        callers.states.insert(caller.clone(), next);
        Ok(outcome)
    }
}

impl ShrinkableKeyedStateStore<Caller> for CallerStore {
    fn retain_recent(&self, drop_below: Nanos) {
        let callers = &mut *self.callers.lock();
        let mut addresses = 0;
        callers.states.retain(|caller, state| {
            let keep = *state > drop_below;
            addresses += usize::from(keep && matches!(caller, Caller::Address(_)));
            keep
        });
        callers.addresses = addresses;
    }

    /// Releases memory only when most of it is unused: shrinking rehashes the map.
    fn shrink_to_fit(&self) {
        let states = &mut self.callers.lock().states;
        if states.capacity() > 1024 && states.len() < states.capacity() / 4 {
            states.shrink_to(states.len() * 2);
        }
    }

    fn len(&self) -> usize {
        self.callers.lock().states.len()
    }

    fn is_empty(&self) -> bool {
        self.callers.lock().states.is_empty()
    }
}

impl Caller {
    /// Returns a key for the caller that is the same in all instances.
    pub fn shared_key(&self) -> String {
        format!("{}:{self}", self.label())
    }

    /// Returns the value of the label `by`.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Principal(_) => "key",
            Self::Address(_) => "address",
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal(principal) => f.write_str(principal.key()),
            Self::Address(address) => address.fmt(f),
        }
    }
}
