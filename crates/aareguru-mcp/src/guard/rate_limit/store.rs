//! What the limiter keeps of each caller: eight bytes, behind one lock that is
//! held for one look-up.

use std::{collections::HashMap, fmt, net::IpAddr, sync::Arc};

use governor::{
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};
use parking_lot::Mutex;
use rmcp_transport::Principal;

/// For whom a request is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// There are as many as there are keys.
    Principal(Principal),
    /// There are as many as somebody can get hold of.
    Address(IpAddr),
}

/// The callers that are told apart. A clone shares them.
///
/// When there are as many addresses as may be, a new one shares the allowance
/// of all other new ones. Whoever was there before keeps his own, and so does
/// everybody with a key: a flood of addresses keeps nobody out but strangers.
#[derive(Clone)]
pub(super) struct Store {
    most_addresses: usize,
    callers: Arc<Mutex<Callers>>,
}

#[derive(Default)]
struct Callers {
    // When each will have all of its requests back, as the limiter counts.
    states: HashMap<Caller, Nanos>,
    addresses: usize,
    newcomers: Option<Nanos>,
}

impl Store {
    pub(super) fn new(most_addresses: usize) -> Self {
        Self {
            most_addresses,
            callers: Arc::default(),
        }
    }

    /// Whether a caller has no allowance of its own now.
    pub(super) fn counts_as_newcomer(&self, caller: &Caller) -> bool {
        self.callers
            .lock()
            .has_no_room_for(caller, self.most_addresses)
    }

    /// A caller will have all of its requests back no sooner than this.
    #[cfg(feature = "redis")]
    pub(super) fn raise(&self, caller: &Caller, until: Nanos) {
        if let Some(state) = self.callers.lock().states.get_mut(caller) {
            *state = (*state).max(until);
        }
    }
}

impl Callers {
    fn has_no_room_for(&self, caller: &Caller, most_addresses: usize) -> bool {
        matches!(caller, Caller::Address(_))
            && self.addresses >= most_addresses
            && !self.states.contains_key(caller)
    }
}

impl StateStore for Store {
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
        if callers.has_no_room_for(caller, self.most_addresses) {
            let (outcome, next) = measure(callers.newcomers)?;
            callers.newcomers = Some(next);
            return Ok(outcome);
        }
        let (outcome, next) = measure(None)?;
        callers.addresses += usize::from(matches!(caller, Caller::Address(_)));
        callers.states.insert(caller.clone(), next);
        Ok(outcome)
    }
}

impl ShrinkableKeyedStateStore<Caller> for Store {
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

    /// Gives memory back when most of it is unused, not at every turn.
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
    /// A key for it that is the same at every instance.
    #[cfg(feature = "redis")]
    pub(crate) fn shared_key(&self) -> String {
        format!("{}:{self}", self.label())
    }

    /// The value of the label `by`.
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
