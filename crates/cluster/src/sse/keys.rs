//! The names of the keys in Redis. docs/CLUSTER.md describes their contents.

use rmcp_transport::{DeliveryId, SessionId};

use crate::{connection::Redis, instance_id::InstanceId};

/// The prefix of each kind of key.
pub(super) struct Keys {
    pub(super) sessions: String,
    pub(super) events: String,
    pub(super) tokens: String,
    pub(super) instances: String,
    pub(super) inboxes: String,
    pub(super) relays: String,
    pub(super) outcomes: String,
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
            outcomes: redis.key("sse:taken:"),
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

    /// Returns the key of the message for one attempt to deliver it.
    pub(super) fn relay(&self, delivery: DeliveryId, attempt: u32) -> String {
        format!("{}{delivery}.{attempt}", self.relays)
    }

    /// Returns the key of the outcome of a delivery: 1 if it was accepted, 0 if it was withdrawn.
    pub(super) fn outcome(&self, delivery: DeliveryId) -> String {
        format!("{}{delivery}", self.outcomes)
    }
}
