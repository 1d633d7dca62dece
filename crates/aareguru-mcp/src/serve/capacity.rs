//! How many connections there may be, in all and of one client.
//!
//! One that is too many is not left waiting in the system's queue, where it
//! would look like a server that hangs: it is told so, with a status and a
//! time to come back, and may still ask for the server's health. Those that
//! are told are bounded too; what is beyond them is closed without a word.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use parking_lot::Mutex;
use rmcp_sse::ClientAddress;

use super::metrics::Metrics;
use crate::guard::Proxy;

/// How many connections may at once be told that they are too many.
const TOLD: usize = 64;

/// How much time is between two warnings, in seconds.
const WARNING_PERIOD_SECS: u64 = 10;

/// How many connections there may be.
#[derive(Debug, Clone)]
pub struct Limits {
    /// In all.
    pub connections: usize,
    /// Of one client address; of one /64 for IPv6. Addresses of this machine,
    /// behind which a reverse proxy may be, are not counted.
    pub connections_of_client: usize,
    /// Whose connections are not counted either: many clients share them.
    pub trusted_proxies: Vec<Proxy>,
}

/// Why a connection is one too many. Its requests carry it as an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overload {
    /// There are as many as there may be.
    Connections,
    /// There are as many from this client.
    ConnectionsOfClient,
}

/// What becomes of a new connection.
pub(super) enum Admission {
    Served(Place),
    Refused(Place, Overload),
    Dropped,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Well,
    Idle,
    HeadTimeout,
    HeadTooLarge,
    BadRequest,
    Broken,
}

/// Counts the connections. A clone counts the same ones.
#[derive(Clone)]
pub(super) struct Capacity {
    shared: Arc<Shared>,
}

struct Shared {
    limits: Limits,
    open: Mutex<Open>,
    metrics: Metrics,
    warnings: Warnings,
}

#[derive(Default)]
struct Open {
    served: usize,
    told: usize,
    by_client: HashMap<IpAddr, usize>,
}

/// One connection's place, free again when it is dropped.
pub(super) struct Place {
    shared: Arc<Shared>,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Told,
    Served { counted_for: Option<IpAddr> },
}

/// Counts how a connection ended.
pub(super) struct Ending {
    shared: Arc<Shared>,
}

impl Capacity {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            shared: Arc::new(Shared {
                limits,
                open: Mutex::default(),
                metrics: Metrics::new(),
                warnings: Warnings::default(),
            }),
        }
    }

    /// Takes a place for a connection from `client`, unless there is none.
    pub(super) fn admit(&self, client: Option<IpAddr>) -> Admission {
        let shared = &self.shared;
        let counted_for = shared.limits.counted_for(client);
        let mut open = shared.open.lock();
        let Some(overload) = open.overload(&shared.limits, counted_for) else {
            open.served += 1;
            if let Some(client) = counted_for {
                *open.by_client.entry(client).or_default() += 1;
            }
            drop(open);
            shared.metrics.connections.increment(1);
            shared.metrics.opened.increment(1);
            return Admission::Served(self.place(Kind::Served { counted_for }));
        };
        let is_told = open.told < TOLD;
        open.told += usize::from(is_told);
        drop(open);
        shared.metrics.refused[overload as usize].increment(1);
        shared.warnings.refused(overload, &shared.limits);
        if is_told {
            Admission::Refused(self.place(Kind::Told), overload)
        } else {
            Admission::Dropped
        }
    }

    fn place(&self, kind: Kind) -> Place {
        let shared = self.shared.clone();
        Place { shared, kind }
    }
}

impl Limits {
    fn counted_for(&self, client: Option<IpAddr>) -> Option<IpAddr> {
        let client = client?.to_canonical();
        let is_shared = client.is_loopback()
            || self
                .trusted_proxies
                .iter()
                .any(|proxy| proxy.is(Some(client)));
        (!is_shared).then(|| ClientAddress(client).subscriber())
    }
}

impl Shared {}

impl Open {
    fn overload(&self, limits: &Limits, client: Option<IpAddr>) -> Option<Overload> {
        let of_client = client.and_then(|client| self.by_client.get(&client));
        if of_client.is_some_and(|&count| count >= limits.connections_of_client) {
            return Some(Overload::ConnectionsOfClient);
        }
        (self.served >= limits.connections).then_some(Overload::Connections)
    }
}

impl Place {
    pub(super) fn ended(&self) -> Ending {
        Ending {
            shared: self.shared.clone(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.shared.open.lock();
        let Kind::Served { counted_for } = self.kind else {
            open.told -= 1;
            return;
        };
        open.served -= 1;
        if let Some(Entry::Occupied(mut count)) = counted_for.map(|c| open.by_client.entry(c)) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        drop(open);
        self.shared.metrics.connections.decrement(1);
    }
}

impl Ending {
    pub(super) fn count(&self, ended: Ended) {
        self.shared.metrics.ended[ended as usize].increment(1);
    }
}

impl Ended {
    /// In the order in which they are declared.
    pub(super) const ALL: [Self; 6] = [
        Self::Well,
        Self::Idle,
        Self::HeadTimeout,
        Self::HeadTooLarge,
        Self::BadRequest,
        Self::Broken,
    ];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Idle => "idle",
            Self::HeadTimeout => "head_timeout",
            Self::HeadTooLarge => "head_too_large",
            Self::BadRequest => "bad_request",
            Self::Broken => "broken",
        }
    }
}

impl Overload {
    /// In the order in which they are declared.
    pub(super) const ALL: [Self; 2] = [Self::Connections, Self::ConnectionsOfClient];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::ConnectionsOfClient => "connections_of_client",
        }
    }
}

/// Warns of refusals, so that a flood of them is not one of the log.
struct Warnings {
    start: Instant,
    /// Since the last warning.
    refused: AtomicU64,
    /// The first second in which the next one may come.
    next: AtomicU64,
}

impl Default for Warnings {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            refused: AtomicU64::new(0),
            next: AtomicU64::new(0),
        }
    }
}

impl Warnings {
    fn refused(&self, overload: Overload, limits: &Limits) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let second = self.start.elapsed().as_secs();
        let next = second + WARNING_PERIOD_SECS;
        let passes = self
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |at| {
                (second >= at).then_some(next)
            });
        if passes.is_err() {
            return;
        }
        let refused = self.refused.swap(0, Ordering::Relaxed);
        match overload {
            Overload::Connections => tracing::warn!(
                refused,
                limit = limits.connections,
                "connections refused: there are as many as HTTP_MAX_CONNECTIONS allows"
            ),
            Overload::ConnectionsOfClient => tracing::warn!(
                refused,
                limit = limits.connections_of_client,
                "connections refused: one client has as many as \
                 HTTP_MAX_CONNECTIONS_PER_CLIENT allows"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
