//! Shares state among several instances through Redis or Valkey, so that they act as one.
//!
//! Without `REDIS_URL`, nothing in this module runs. docs/CLUSTER.md lists the keys in Redis and
//! their lifetimes.

mod instance;
#[cfg(feature = "redis")]
mod notices;
#[cfg(feature = "redis")]
mod rate_limit;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "redis")]
pub mod sse;
#[cfg(feature = "redis")]
mod streamable;
#[cfg(feature = "redis")]
mod upstream_cache;

use std::sync::Arc;

use aareguru::api::SharedCache;
use edge::Guard;
use rmcp_transport::Principal;

use crate::{settings::Settings, streamable::SharedSessions};

#[cfg(feature = "redis")]
pub use self::notices::Notice;

pub use self::instance::Instance;

/// The membership of this instance in a cluster. Clones are cheap.
#[cfg(feature = "redis")]
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The id of this instance.
    pub instance: Instance,
    /// The connection to the Redis that all instances share.
    pub redis: redis::Redis,
}

/// Without the feature `redis`, there is no cluster.
#[cfg(not(feature = "redis"))]
#[derive(Debug, Clone)]
pub enum Cluster {}

#[cfg(feature = "redis")]
impl Cluster {
    /// Joins the cluster if `REDIS_URL` is set. Waits for the connection to Redis, except with
    /// `REDIS_WAIT`.
    ///
    /// # Errors
    ///
    /// A setting is invalid ([`ConfigError`](crate::exit::ConfigError)), or Redis is unreachable.
    pub async fn join(settings: &Settings) -> anyhow::Result<Option<Self>> {
        use anyhow::Context;

        let Some(redis) = redis::Redis::new(settings).map_err(crate::exit::ConfigError)? else {
            return Ok(None);
        };
        let instance = Instance::new().context("cannot generate the id of the instance")?;
        redis.connect(settings.redis_wait).await?;
        tracing::info!(%instance, redis = redis.address(), "joined the cluster");
        Ok(Some(Self { instance, redis }))
    }

    /// Returns the cache of API responses that all instances share.
    pub fn shared_cache(&self) -> Arc<dyn SharedCache> {
        let instance = self.instance.clone();
        Arc::new(upstream_cache::RedisCache::new(&self.redis, instance))
    }

    /// Returns the sessions of Streamable HTTP that all instances share.
    pub fn shared_sessions(&self, settings: &Settings) -> Arc<dyn SharedSessions> {
        let (redis, instance) = (&self.redis, &self.instance);
        Arc::new(streamable::RedisSessions::new(
            redis,
            instance,
            &settings.sse(),
        ))
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
    pub fn share_rate_limit(&self, guard: &Guard) {
        if let Some(limit) = guard.share_rate_limit() {
            tokio::spawn(rate_limit::share(limit, self.redis.clone()));
        }
    }

    /// Validates the settings without connecting to Redis.
    ///
    /// # Errors
    ///
    /// A setting is invalid. The error names it.
    pub fn check(settings: &Settings) -> anyhow::Result<()> {
        redis::Redis::new(settings).map(drop)
    }
}

/// Without the feature, the settings must not name Redis, and there is never a cluster.
#[cfg(not(feature = "redis"))]
#[expect(clippy::unused_async, reason = "as with the feature")]
impl Cluster {
    pub async fn join(settings: &Settings) -> anyhow::Result<Option<Self>> {
        Self::check(settings)
            .map(|()| None)
            .map_err(|error| crate::exit::ConfigError(error).into())
    }

    pub fn shared_cache(&self) -> Arc<dyn SharedCache> {
        match *self {}
    }

    pub fn shared_sessions(&self, _: &Settings) -> Arc<dyn SharedSessions> {
        match *self {}
    }

    pub fn end_sessions_of(&self, _: &Principal) {
        match *self {}
    }

    pub fn share_rate_limit(&self, _: &Guard) {
        match *self {}
    }

    pub fn check(settings: &Settings) -> anyhow::Result<()> {
        anyhow::ensure!(
            settings.redis_url.is_none(),
            "REDIS_URL is set, but this program was built without Redis: build it with \
             the cargo feature `redis`, or unset REDIS_URL"
        );
        Ok(())
    }
}
