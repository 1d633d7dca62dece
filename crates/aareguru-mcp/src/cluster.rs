//! Several instances that act as one, over one Redis or Valkey: what they share is found by all of
//! them.
//!
//! An instance without `REDIS_URL` is alone, and nothing of this runs. docs/CLUSTER.md lists what
//! is kept in Redis, and for how long.

#[cfg(feature = "redis")]
mod cache;
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

use std::sync::Arc;

use aareguru::api::SharedCache;

use rmcp_transport::Principal;

use crate::{guard::Guard, http::streamable::SharedSessions, settings::Settings};

#[cfg(feature = "redis")]
pub use self::notices::Notice;

pub use self::instance::Instance;

/// This instance among the others. A clone is cheap.
#[cfg(feature = "redis")]
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Which of them this is.
    pub instance: Instance,
    /// Where all of them meet.
    pub redis: redis::Redis,
}

/// Nobody is in a cluster without the feature `redis`.
#[cfg(not(feature = "redis"))]
#[derive(Debug, Clone)]
pub enum Cluster {}

#[cfg(feature = "redis")]
impl Cluster {
    /// Joins the others, if the settings say where: with `REDIS_WAIT` at once, and else when Redis
    /// answers.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used, as [`ConfigError`](crate::exit::ConfigError), or a Redis that
    /// cannot be reached.
    pub async fn join(settings: &Settings) -> anyhow::Result<Option<Self>> {
        use anyhow::Context;

        let Some(redis) = redis::Redis::new(settings).map_err(crate::exit::ConfigError)? else {
            return Ok(None);
        };
        let instance = Instance::new().context("no random numbers for the instance's id")?;
        redis.connect(settings.redis_wait).await?;
        tracing::info!(%instance, redis = redis.address(), "one of several instances");
        Ok(Some(Self { instance, redis }))
    }

    /// What the APIs have answered to any of them.
    pub fn shared_cache(&self) -> Arc<dyn SharedCache> {
        Arc::new(cache::RedisCache::new(&self.redis, self.instance.clone()))
    }

    /// The sessions of Streamable HTTP of all of them.
    pub fn shared_sessions(&self, settings: &Settings) -> Arc<dyn SharedSessions> {
        let (redis, instance) = (&self.redis, &self.instance);
        Arc::new(streamable::RedisSessions::new(
            redis,
            instance,
            &settings.sse(),
        ))
    }

    /// Hands what any of them tells all to `heard`, for as long as the process lives.
    pub fn listen(&self, heard: impl Fn(Notice) + Send + 'static) {
        tokio::spawn(notices::listen(self.redis.clone(), heard));
    }

    /// Lets every instance end the sessions of a principal.
    pub fn end_sessions_of(&self, principal: &Principal) {
        let (redis, notice) = (self.redis.clone(), Notice::revoked(principal));
        tokio::spawn(async move { notice.publish(&redis).await });
    }

    /// Makes the rate limit one for all of them.
    pub fn share_rate_limit(&self, guard: &Guard) {
        if let Some(limit) = guard.share_rate_limit() {
            tokio::spawn(rate_limit::share(limit, self.redis.clone()));
        }
    }

    /// Whether the settings could be used, as far as can be told without asking Redis.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used, named.
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
            "REDIS_URL is set, and this program was built without Redis: build it with \
             the cargo feature `redis`, or unset REDIS_URL"
        );
        Ok(())
    }
}
