//! HTTP+SSE sessions that any instance can go on with: what they are is kept in Redis, and a
//! message finds the instance that has its session.
//!
//! What `rmcp-transport` asks for is in `store.rs` and `relay.rs`; `inbox.rs` is where an instance
//! hears from the others. Each step that must not be interrupted is one of the scripts.

mod inbox;
mod keys;
mod lease;
mod metrics;
mod relay;
mod store;

use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use redis::Script;
use rmcp::ServerHandler;
use rmcp_transport::{DeliveryId, Principal, Refusal, SseServerConfig, SseService};
use tokio::sync::mpsc;

use self::{keys::Keys, metrics::Metrics};
use crate::{
    cluster::Cluster,
    connection::{CommandPurpose, ConnectionState, Redis},
    instance_id::InstanceId,
};

/// How long after Redis has lost its memory all instances have told it their sessions again.
const TOLD_AGAIN: Duration = Duration::from_secs(10);

/// The sessions of this instance among those of the others.
#[derive(Clone)]
pub struct ClusterSessions {
    shared: Arc<Shared>,
}

struct Shared {
    instance: InstanceId,
    redis: Redis,
    keys: Keys,
    /// How long a session is kept that nobody writes to.
    lifetime: Duration,
    max_in_flight: usize,
    metrics: Metrics,
    memory: Mutex<Memory>,
    /// Deliveries of this instance that wait for word of another.
    waiting: Mutex<Deliveries>,
    commit: Script,
    take: Script,
    relay: Script,
    withdraw: Script,
}

type Deliveries = HashMap<DeliveryId, mpsc::UnboundedSender<Reply>>;

/// Which memory Redis has, and since when, if it had another one before.
#[derive(Default)]
struct Memory {
    generation: Option<u64>,
    lost_at: Option<Instant>,
}

/// What another instance has said to an attempt to deliver a message.
struct Reply {
    attempt: u32,
    result: Result<(), Refusal>,
}

impl ClusterSessions {
    /// For a service with these bounds.
    pub fn new(cluster: &Cluster, bounds: &SseServerConfig) -> Self {
        let redis = cluster.redis.for_purpose(CommandPurpose::SESSIONS);
        Self {
            shared: Arc::new(Shared {
                instance: cluster.instance.clone(),
                keys: Keys::new(&redis),
                redis,
                lifetime: bounds.keep_interval() * 2 + bounds.resume_grace,
                max_in_flight: bounds.max_in_flight,
                metrics: Metrics::new(),
                memory: Mutex::default(),
                waiting: Mutex::default(),
                commit: Script::new(include_str!("sse/scripts/commit.lua")),
                take: Script::new(include_str!("sse/scripts/take.lua")),
                relay: Script::new(include_str!("sse/scripts/relay.lua")),
                withdraw: Script::new(include_str!("sse/scripts/withdraw.lua")),
            }),
        }
    }

    /// The bounds of a service whose sessions these are.
    pub fn join(&self, bounds: SseServerConfig) -> SseServerConfig {
        bounds
            .with_store_timeout(self.shared.redis.timeout())
            .with_relay(Some(self.shared.clone()))
            .with_store(Some(self.shared.clone()))
    }

    /// Lets the service hear from the others, until the process ends.
    pub fn serve<S: ServerHandler>(&self, service: SseService<S>) {
        tokio::spawn(lease::keep(self.shared.clone()));
        tokio::spawn(inbox::read(self.shared.clone(), service));
    }
}

impl Shared {
    fn lifetime_ms(&self) -> u64 {
        self.lifetime.as_millis() as u64
    }

    /// Whether a session that Redis does not know may exist all the same.
    fn is_told_again(&self) -> bool {
        let ConnectionState::Connected(generation) = self.redis.state() else {
            return true;
        };
        let mut memory = self.memory.lock();
        let before = memory.generation.replace(generation);
        if before.is_some_and(|before| before != generation) {
            memory.lost_at = Some(Instant::now());
        }
        memory.lost_at.is_some_and(|at| at.elapsed() < TOLD_AGAIN)
    }
}

impl fmt::Debug for ClusterSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterSessions")
            .field("instance", &self.shared.instance)
            .finish_non_exhaustive()
    }
}

/// A principal, or that there is none.
fn written(principal: Option<&Principal>) -> String {
    principal.map_or_else(String::new, |principal| format!("={}", principal.key()))
}

/// What [`written`] has written.
fn principal(written: &str) -> Option<Principal> {
    written.strip_prefix('=').map(Principal::new)
}
