//! Limits the number of connections, in total and per client.
//!
//! A connection over the limit is not left in the system's accept queue, where the server would
//! seem to hang: its requests are refused with a status and `Retry-After`, except for those of the
//! health endpoints. Past a second limit, connections are closed without a response.

use std::{net::IpAddr, sync::Arc};

use metrics::{Counter, counter, describe_counter, describe_gauge, gauge};
use rmcp_transport::ClientAddress;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::either::Either;

use crate::{
    client_limiter::{ClientLimiter, LimitExceeded, Permit},
    counter_vec::CounterVec,
    guard::Proxy,
    log_throttle::LogThrottle,
};

/// How many connections over the limit may be answered at once.
const MAX_REJECTED_CONNECTIONS: usize = 64;

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

/// Hands out permits for connections.
pub(super) struct Capacity {
    limits: Limits,
    served: Arc<ClientLimiter<IpAddr>>,
    rejected: Arc<Semaphore>,
    opened: Counter,
    refused: CounterVec,
    warnings: LogThrottle,
}

/// Permit for one connection, which is served unless it is an overload.
pub(super) struct ConnectionPermit {
    pub(super) overload: Option<Overload>,
    _permit: Either<Permit<IpAddr>, OwnedSemaphorePermit>,
}

impl Capacity {
    pub(super) fn new(limits: Limits) -> Self {
        describe_gauge!("aareguru_mcp_connections", "Connections open now");
        describe_counter!(
            "aareguru_mcp_connections_opened_total",
            "Connections that got a place"
        );
        Self {
            served: ClientLimiter::with_gauge(
                limits.connections,
                limits.connections_of_client,
                gauge!("aareguru_mcp_connections"),
            ),
            rejected: Arc::new(Semaphore::new(MAX_REJECTED_CONNECTIONS)),
            opened: counter!("aareguru_mcp_connections_opened_total"),
            refused: CounterVec::new(
                "aareguru_mcp_connections_refused_total",
                "Connections that were one too many, by which limit",
                "reason",
                [Overload::Connections, Overload::ConnectionsOfClient].map(Overload::label),
            ),
            warnings: LogThrottle::new(WARNING_PERIOD_SECS),
            limits,
        }
    }

    /// Acquires a permit for a connection from `client`. Returns `None` if it must be closed
    /// without a response.
    pub(super) fn admit(&self, client: Option<IpAddr>) -> Option<ConnectionPermit> {
        let overload = match self.served.try_acquire(self.limits.counted_for(client)) {
            Ok(permit) => {
                self.opened.increment(1);
                return Some(ConnectionPermit {
                    overload: None,
                    _permit: Either::Left(permit),
                });
            }
            Err(LimitExceeded::Total) => Overload::Connections,
            Err(LimitExceeded::PerClient) => Overload::ConnectionsOfClient,
        };
        self.refused.increment(overload.label());
        self.warn(overload);
        let permit = self.rejected.clone().try_acquire_owned().ok()?;
        Some(ConnectionPermit {
            overload: Some(overload),
            _permit: Either::Right(permit),
        })
    }

    fn warn(&self, overload: Overload) {
        let Some(refused) = self.warnings.pass() else {
            return;
        };
        match overload {
            Overload::Connections => tracing::warn!(
                refused,
                limit = self.limits.connections,
                "connections refused: there are as many as HTTP_MAX_CONNECTIONS allows"
            ),
            Overload::ConnectionsOfClient => tracing::warn!(
                refused,
                limit = self.limits.connections_of_client,
                "connections refused: one client has as many as \
                 HTTP_MAX_CONNECTIONS_PER_CLIENT allows"
            ),
        }
    }
}

impl Limits {
    fn counted_for(&self, client: Option<IpAddr>) -> Option<IpAddr> {
        let client = client?.to_canonical();
        let mut proxies = self.trusted_proxies.iter();
        let is_shared = client.is_loopback() || proxies.any(|proxy| proxy.is(Some(client)));
        (!is_shared).then(|| ClientAddress(client).subscriber())
    }
}

impl Overload {
    fn label(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::ConnectionsOfClient => "connections_of_client",
        }
    }
}

#[cfg(test)]
mod tests;
