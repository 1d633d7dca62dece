//! Several instances that act as one, over one Redis or Valkey: what they
//! share is found by all of them.
//!
//! An instance without `REDIS_URL` is alone, and nothing of this runs.
//! docs/CLUSTER.md lists what is kept in Redis, and for how long.

mod instance;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "redis")]
pub mod sse;

use crate::settings::Settings;

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

impl Cluster {
    /// Joins the others, if the settings say where: with `REDIS_WAIT` at once,
    /// and else when Redis answers.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used, as
    /// [`Misconfigured`](crate::exit::Misconfigured), or a Redis that cannot be
    /// reached.
    #[cfg(feature = "redis")]
    pub async fn join(settings: &Settings) -> anyhow::Result<Option<Self>> {
        use anyhow::Context;

        let Some(redis) = redis::Redis::new(settings).map_err(crate::exit::Misconfigured)? else {
            return Ok(None);
        };
        let instance = Instance::new().context("no random numbers for the instance's id")?;
        redis.connect(settings.redis_wait).await?;
        tracing::info!(%instance, redis = redis.address(), "one of several instances");
        Ok(Some(Self { instance, redis }))
    }

    /// Joins nobody.
    ///
    /// # Errors
    ///
    /// `REDIS_URL` is set.
    #[cfg(not(feature = "redis"))]
    #[expect(clippy::unused_async, reason = "with the feature it waits")]
    pub async fn join(settings: &Settings) -> anyhow::Result<Option<Self>> {
        Self::check(settings)
            .map(|()| None)
            .map_err(|error| crate::exit::Misconfigured(error).into())
    }

    /// Whether the settings could be used, as far as can be told without
    /// asking Redis.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used, named.
    #[cfg(feature = "redis")]
    pub fn check(settings: &Settings) -> anyhow::Result<()> {
        redis::Redis::new(settings).map(drop)
    }

    /// Whether the settings could be used.
    ///
    /// # Errors
    ///
    /// `REDIS_URL` is set.
    #[cfg(not(feature = "redis"))]
    pub fn check(settings: &Settings) -> anyhow::Result<()> {
        anyhow::ensure!(
            settings.redis_url.is_none(),
            "REDIS_URL is set, and this program was built without Redis: build it with \
             the cargo feature `redis`, or unset REDIS_URL"
        );
        Ok(())
    }
}
