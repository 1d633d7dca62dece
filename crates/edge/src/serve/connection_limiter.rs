//! Limits the number of connections, in total and per client.
//!
//! A connection over the limit is not left in the system's accept queue, where the server would
//! seem to hang: its requests are refused with a status and `Retry-After`, except for those of the
//! health endpoints. Past a second limit, connections are closed without a response.

use std::{net::IpAddr, sync::Arc};

use metrics::{Counter, counter, describe_counter, describe_gauge, gauge};
use rmcp_transport::{ClientAddress, ClientLimiter, LimitExceeded, Permit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::either::Either;

use crate::{client_address::TrustedProxy, counter_vec::CounterVec, log_throttle::LogThrottle};

/// The maximum number of connections over the limit whose requests are answered.
const MAX_REJECTED_CONNECTIONS: usize = 64;

/// The minimum time between two warnings, in seconds.
const WARNING_PERIOD_SECS: u64 = 10;

/// Limits on the number of connections.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// The maximum in total.
    pub max_connections: usize,
    /// The maximum per client address, or per /64 for IPv6. Addresses of this machine are exempt:
    /// they may be a reverse proxy.
    pub max_connections_per_client: usize,
    /// Proxies, which are exempt from the limit per client: many clients share their connections.
    pub trusted_proxies: Vec<TrustedProxy>,
}

/// The limit that a connection exceeds, as an extension of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overload {
    /// The limit in total.
    Connections,
    /// The limit per client.
    ConnectionsOfClient,
}

/// Hands out permits for connections.
pub(super) struct ConnectionLimiter {
    limits: ConnectionLimits,
    served: Arc<ClientLimiter<IpAddr>>,
    rejected: Arc<Semaphore>,
    opened: Counter,
    refused: CounterVec,
    warnings: LogThrottle,
}

/// Permit for one connection. With an overload, its requests must be refused.
pub(super) struct ConnectionPermit {
    pub(super) overload: Option<Overload>,
    _permit: Either<Permit<IpAddr>, OwnedSemaphorePermit>,
}

impl ConnectionLimiter {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        describe_gauge!("aareguru_mcp_connections", "Open connections");
        describe_counter!(
            "aareguru_mcp_connections_opened_total",
            "Connections accepted within the limits"
        );
        Self {
            served: ClientLimiter::with_gauge(
                limits.max_connections,
                limits.max_connections_per_client,
                gauge!("aareguru_mcp_connections"),
            ),
            rejected: Arc::new(Semaphore::new(MAX_REJECTED_CONNECTIONS)),
            opened: counter!("aareguru_mcp_connections_opened_total"),
            refused: CounterVec::new(
                "aareguru_mcp_connections_refused_total",
                "Connections over a limit, by limit",
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
        let overload = match self.served.try_acquire(self.limits.client_key(client)) {
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
                limit = self.limits.max_connections,
                "connections refused: HTTP_MAX_CONNECTIONS reached"
            ),
            Overload::ConnectionsOfClient => tracing::warn!(
                refused,
                limit = self.limits.max_connections_per_client,
                "connections refused: HTTP_MAX_CONNECTIONS_PER_CLIENT reached"
            ),
        }
    }
}

impl ConnectionLimits {
    /// Returns the key under which a connection counts; `None` if it is exempt from the limit per
    /// client.
    fn client_key(&self, client: Option<IpAddr>) -> Option<IpAddr> {
        let client = client?.to_canonical();
        let mut proxies = self.trusted_proxies.iter();
        let is_shared = client.is_loopback() || proxies.any(|proxy| proxy.matches(Some(client)));
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
