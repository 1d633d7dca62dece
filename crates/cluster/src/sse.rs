//! Stores HTTP+SSE sessions in Redis so that any instance can continue them, and relays messages to
//! the instance that owns a session.
//!
//! `store` and `relay` implement the interfaces of `rmcp-transport` for `backend`. `inbox` receives
//! messages from other instances, and `lease` announces that this instance is alive. Each step that
//! must be atomic is one of the Lua scripts.

mod backend;
mod inbox;
mod keys;
mod lease;
mod metrics;
mod relay;
mod store;

use std::{fmt, sync::Arc};

use rmcp::ServerHandler;
use rmcp_transport::{SseServerConfig, SseService};

use self::backend::SessionBackend;
use crate::cluster::Cluster;

/// The HTTP+SSE sessions of a cluster, as seen by one instance. Clones are cheap.
#[derive(Clone)]
pub struct ClusterSessions {
    backend: Arc<SessionBackend>,
}

impl ClusterSessions {
    /// Creates the sessions of a service with this configuration.
    pub fn new(cluster: &Cluster, config: &SseServerConfig) -> Self {
        Self {
            backend: Arc::new(SessionBackend::new(cluster, config)),
        }
    }

    /// Adds the store and the relay to the configuration of the service.
    pub fn configure(&self, config: SseServerConfig) -> SseServerConfig {
        config
            .with_store_timeout(self.backend.redis.timeout())
            .with_relay(Some(self.backend.clone()))
            .with_store(Some(self.backend.clone()))
    }

    /// Starts the tasks that receive messages from other instances. They run until the process
    /// exits.
    pub fn start<S: ServerHandler>(&self, service: SseService<S>) {
        tokio::spawn(lease::maintain(self.backend.clone()));
        tokio::spawn(inbox::run(self.backend.clone(), service));
    }
}

impl fmt::Debug for ClusterSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterSessions")
            .field("instance", &self.backend.instance)
            .finish_non_exhaustive()
    }
}
