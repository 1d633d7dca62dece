//! The membership of this instance in a cluster.

use std::sync::Arc;

use aareguru::api::SharedCache;
use anyhow::Context;
use edge::Guard;
use rmcp_transport::Principal;

use crate::{
    config::{Config, JoinError},
    connection::Redis,
    instance_id::InstanceId,
    notices::{self, Notice},
    rate_limit,
    upstream_cache::RedisCache,
};

/// The membership of this instance in a cluster. Clones are cheap.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The id of this instance.
    pub instance: InstanceId,
    /// The connection to the Redis that all instances share.
    pub redis: Redis,
}

impl Cluster {
    /// Joins the cluster. Waits for the connection to Redis, unless the configuration says
    /// otherwise.
    ///
    /// # Errors
    ///
    /// The configuration is invalid, or Redis is unreachable.
    pub async fn join(config: &Config) -> Result<Self, JoinError> {
        let redis = Redis::new(config).map_err(JoinError::Config)?;
        let instance = InstanceId::new()
            .context("cannot generate the id of the instance")
            .map_err(JoinError::Unreachable)?;
        redis.connect(config.wait).await?;
        tracing::info!(%instance, redis = redis.address(), "joined the cluster");
        Ok(Self { instance, redis })
    }

    /// Returns the cache of API responses that all instances share.
    pub fn shared_cache(&self) -> Arc<dyn SharedCache> {
        let instance = self.instance.clone();
        Arc::new(RedisCache::new(&self.redis, instance))
    }

    /// Calls `handle` with each notice of any instance, until the process exits.
    pub fn listen(&self, handle: impl Fn(Notice) + Send + 'static) {
        tokio::spawn(notices::listen(self.redis.clone(), handle));
    }

    /// Closes the sessions of a principal in all instances.
    pub fn end_sessions_of(&self, principal: &Principal) {
        let (redis, notice) = (self.redis.clone(), Notice::revoked(principal));
        tokio::spawn(async move { notice.publish(&redis).await });
    }

    /// Shares the rate limit among all instances.
    pub fn share_rate_limits(&self, guard: &Guard) {
        for limit in guard.share_rate_limits() {
            tokio::spawn(rate_limit::share(limit, self.redis.clone()));
        }
    }

    /// Validates the configuration without connecting to Redis.
    ///
    /// # Errors
    ///
    /// The configuration is invalid. The error names the setting.
    pub fn check(config: &Config) -> anyhow::Result<()> {
        Redis::new(config).map(drop)
    }
}
