//! The names of the keys in Redis. docs/CLUSTER.md tells what is in them.

use rmcp_transport::{DeliveryId, SessionId};

use crate::{connection::Redis, instance_id::InstanceId};

/// What each kind of key begins with.
pub(super) struct Keys {
    pub(super) sessions: String,
    pub(super) events: String,
    pub(super) tokens: String,
    pub(super) instances: String,
    pub(super) inboxes: String,
    pub(super) relays: String,
    pub(super) taken: String,
}

impl Keys {
    pub(super) fn new(redis: &Redis) -> Self {
        Self {
            sessions: redis.key("sse:session:"),
            events: redis.key("sse:events:"),
            tokens: redis.key("sse:token:"),
            instances: redis.key("sse:instance:"),
            inboxes: redis.key("sse:inbox:"),
            relays: redis.key("sse:relay:"),
            taken: redis.key("sse:taken:"),
        }
    }

    pub(super) fn session(&self, id: SessionId) -> String {
        format!("{}{id}", self.sessions)
    }

    pub(super) fn events(&self, id: SessionId) -> String {
        format!("{}{id}", self.events)
    }

    pub(super) fn token(&self, token: &str) -> String {
        format!("{}{token}", self.tokens)
    }

    pub(super) fn instance(&self, instance: &InstanceId) -> String {
        format!("{}{instance}", self.instances)
    }

    pub(super) fn inbox(&self, instance: &str) -> String {
        format!("{}{instance}", self.inboxes)
    }

    /// Each try to deliver a message has a copy of its own.
    pub(super) fn relay(&self, delivery: DeliveryId, attempt: u32) -> String {
        format!("{}{delivery}.{attempt}", self.relays)
    }

    pub(super) fn taken(&self, delivery: DeliveryId) -> String {
        format!("{}{delivery}", self.taken)
    }
}
