//! Limits how many sessions, streams or connections exist at once, in total and per client.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use crate::{principal::ClientKey, refusal::Refusal};
use metrics::Gauge;
use parking_lot::Mutex;

/// Limits the sessions of one transport.
pub type SessionLimiter = ClientLimiter<ClientKey>;

/// Permit for one session.
pub type SessionPermit = Permit<ClientKey>;

/// Hands out permits, up to a total and up to a number per client.
#[derive(Debug)]
pub struct ClientLimiter<K> {
    max: usize,
    max_per_client: usize,
    in_use: Gauge,
    usage: Mutex<Usage<K>>,
}

#[derive(Debug)]
struct Usage<K> {
    total: usize,
    by_client: HashMap<K, usize>,
}

/// Permit for one session, stream or connection. Dropping it releases the slot.
#[derive(Debug)]
#[must_use]
pub struct Permit<K: Eq + Hash> {
    limiter: Arc<ClientLimiter<K>>,
    client: Option<K>,
}

/// The limit that is exhausted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitExceeded {
    /// The limit on the total.
    Total,
    /// The limit per client.
    PerClient,
}

impl<K: Clone + Eq + Hash> ClientLimiter<K> {
    /// Creates a limiter without a metric.
    pub fn new(max: usize, max_per_client: usize) -> Arc<Self> {
        Self::with_gauge(max, max_per_client, Gauge::noop())
    }

    /// Creates a limiter that reports the permits in use to `in_use`.
    pub fn with_gauge(max: usize, max_per_client: usize, in_use: Gauge) -> Arc<Self> {
        let usage = Mutex::new(Usage {
            total: 0,
            by_client: HashMap::new(),
        });
        Arc::new(Self {
            max,
            max_per_client,
            in_use,
            usage,
        })
    }

    /// Acquires a permit, or reports which limit is exhausted.
    ///
    /// Without a client, a permit counts towards the total only.
    ///
    /// # Errors
    ///
    /// The limit that is exhausted; the one per client, if both are.
    pub fn try_acquire(self: &Arc<Self>, client: Option<K>) -> Result<Permit<K>, LimitExceeded> {
        let mut usage = self.usage.lock();
        let of_client = client.as_ref().and_then(|it| usage.by_client.get(it));
        if of_client.is_some_and(|&count| count >= self.max_per_client) {
            return Err(LimitExceeded::PerClient);
        }
        if usage.total >= self.max {
            return Err(LimitExceeded::Total);
        }
        usage.total += 1;
        if let Some(client) = &client {
            *usage.by_client.entry(client.clone()).or_default() += 1;
        }
        drop(usage);
        self.in_use.increment(1);
        let limiter = self.clone();
        Ok(Permit { limiter, client })
    }

    /// Returns whether all permits of the total are in use.
    pub fn is_exhausted(&self) -> bool {
        self.usage.lock().total >= self.max
    }
}

impl<K: Eq + Hash> Permit<K> {
    /// Returns the client that the permit counts towards.
    pub fn client(&self) -> Option<&K> {
        self.client.as_ref()
    }
}

impl<K: Eq + Hash> Drop for Permit<K> {
    fn drop(&mut self) {
        let mut usage = self.limiter.usage.lock();
        usage.total -= 1;
        if let Some(client) = &self.client
            && let Some(count) = usage.by_client.get_mut(client)
        {
            *count -= 1;
            if *count == 0 {
                usage.by_client.remove(client);
            }
        }
        drop(usage);
        self.limiter.in_use.decrement(1);
    }
}

impl From<LimitExceeded> for Refusal {
    fn from(exceeded: LimitExceeded) -> Self {
        match exceeded {
            LimitExceeded::Total => Self::TooManySessions,
            LimitExceeded::PerClient => Self::TooManySessionsOfClient,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn released_permit_is_available_again() {
        let limiter = ClientLimiter::new(1, 1);
        let permit = limiter.try_acquire(Some("a")).unwrap();
        let refused = limiter.try_acquire(Some("b")).unwrap_err();
        assert_eq!(refused, LimitExceeded::Total);
        drop(permit);
        drop(limiter.try_acquire(Some("b")).unwrap());
        assert!(limiter.usage.lock().by_client.is_empty());
    }

    #[test]
    fn permits_per_client_are_limited() {
        let limiter = ClientLimiter::new(3, 1);
        let _a = limiter.try_acquire(Some("a")).unwrap();
        let refused = limiter.try_acquire(Some("a")).unwrap_err();
        assert_eq!(refused, LimitExceeded::PerClient);
        let _b = limiter.try_acquire(Some("b")).unwrap();
        let _unknown = limiter.try_acquire(None).unwrap();
        let refused = limiter.try_acquire(None).unwrap_err();
        assert_eq!(refused, LimitExceeded::Total);
    }
}
