//! The state that the store, the relay, the inbox and the lease share.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use redis::Script;
use rmcp_transport::{DeliveryId, Principal, Refusal, SseServerConfig};
use tokio::sync::mpsc;

use super::{keys::Keys, metrics::Metrics};
use crate::{
    cluster::Cluster,
    connection::{CommandPurpose, ConnectionState, Redis},
    instance_id::InstanceId,
};

/// The time after a data loss in Redis within which all instances have stored their sessions again.
const RECOVERY_PERIOD: Duration = Duration::from_secs(10);

/// Stores sessions in Redis and relays messages between instances.
pub(super) struct SessionBackend {
    pub(super) instance: InstanceId,
    pub(super) redis: Redis,
    pub(super) keys: Keys,
    /// The lifetime of a session in Redis that no instance renews.
    lifetime: Duration,
    pub(super) max_in_flight: usize,
    pub(super) metrics: Metrics,
    generations: Mutex<GenerationTracker>,
    /// The deliveries of this instance that wait for a reply.
    pub(super) pending_replies: Mutex<PendingReplies>,
    pub(super) commit: Script,
    pub(super) take_over: Script,
    pub(super) relay: Script,
    pub(super) withdraw: Script,
}

type PendingReplies = HashMap<DeliveryId, mpsc::UnboundedSender<RelayReply>>;

/// The last known generation of the data in Redis, and when it changed.
#[derive(Default)]
struct GenerationTracker {
    generation: Option<u64>,
    changed_at: Option<Instant>,
}

/// The reply of another instance to an attempt to deliver a message.
pub(super) struct RelayReply {
    pub(super) attempt: u32,
    pub(super) result: Result<(), Refusal>,
}

impl SessionBackend {
    pub(super) fn new(cluster: &Cluster, config: &SseServerConfig) -> Self {
        let redis = cluster.redis.for_purpose(CommandPurpose::SESSIONS);
        Self {
            instance: cluster.instance.clone(),
            keys: Keys::new(&redis),
            redis,
            lifetime: config.keep_interval() * 2 + config.resume_grace,
            max_in_flight: config.max_in_flight,
            metrics: Metrics::new(),
            generations: Mutex::default(),
            pending_replies: Mutex::default(),
            commit: Script::new(include_str!("scripts/commit.lua")),
            take_over: Script::new(include_str!("scripts/take_over.lua")),
            relay: Script::new(include_str!("scripts/relay.lua")),
            withdraw: Script::new(include_str!("scripts/withdraw.lua")),
        }
    }

    pub(super) fn lifetime_ms(&self) -> u64 {
        self.lifetime.as_millis() as u64
    }

    /// Returns whether Redis may lack sessions that exist: it is unreachable, or it lost its data
    /// less than [`RECOVERY_PERIOD`] ago.
    ///
    /// A data loss is detected by this call, so it must be called regularly.
    pub(super) fn is_recovering(&self) -> bool {
        let ConnectionState::Connected(generation) = self.redis.state() else {
            return true;
        };
        let mut generations = self.generations.lock();
        let before = generations.generation.replace(generation);
        if before.is_some_and(|before| before != generation) {
            generations.changed_at = Some(Instant::now());
        }
        let changed_at = generations.changed_at;
        changed_at.is_some_and(|at| at.elapsed() < RECOVERY_PERIOD)
    }
}

/// Encodes a principal for Redis; no principal is an empty string.
pub(super) fn encode_principal(principal: Option<&Principal>) -> String {
    principal.map_or_else(String::new, |principal| format!("={}", principal.key()))
}

/// Decodes the result of [`encode_principal`].
pub(super) fn decode_principal(encoded: &str) -> Option<Principal> {
    encoded.strip_prefix('=').map(Principal::new)
}
