//! Replaces `clustering` in a build without the feature `redis`: there is never a cluster.

use std::{io, sync::Arc};

use aareguru::api::SharedCache;
use edge::{Guard, health::HealthPart};
use rmcp::ServerHandler;
use rmcp_transport::{Principal, SseServerConfig, SseService};

use crate::{
    exit::ConfigError,
    settings::Settings,
    streamable::{SharedSessions, StreamableService},
};

/// The type of the cluster; it has no values.
#[derive(Debug, Clone)]
pub enum NoCluster {}

pub use NoCluster as Cluster;

impl NoCluster {
    pub(crate) fn end_sessions_of(&self, _: &Principal) {
        match *self {}
    }

    pub(crate) fn share_rate_limits(&self, _: &Guard) {
        match *self {}
    }
}

/// Returns `None`.
///
/// # Errors
///
/// `REDIS_URL` is set.
#[expect(
    clippy::unused_async,
    reason = "has the signature of the function that it replaces"
)]
pub async fn join(settings: &Settings) -> anyhow::Result<Option<Cluster>> {
    check(settings).map_err(ConfigError)?;
    Ok(None)
}

/// Checks that `REDIS_URL` is unset.
///
/// # Errors
///
/// `REDIS_URL` is set.
pub fn check(settings: &Settings) -> anyhow::Result<()> {
    anyhow::ensure!(
        settings.redis_url.is_none(),
        "REDIS_URL is set, but this program was built without Redis: build it with the cargo \
         feature `redis`, or unset REDIS_URL"
    );
    Ok(())
}

/// Is never called.
pub fn shared_cache(cluster: &Cluster) -> Arc<dyn SharedCache> {
    match *cluster {}
}

/// Is never called.
pub fn shared_sessions(cluster: &Cluster, _: &Settings) -> Arc<dyn SharedSessions> {
    match *cluster {}
}

pub(crate) fn sse_service<S: ServerHandler>(
    _: impl Fn() -> io::Result<S> + Send + Sync + 'static,
    _: &SseServerConfig,
    cluster: &Cluster,
) -> SseService<S> {
    match *cluster {}
}

pub(crate) fn handle_notices<S: ServerHandler>(
    cluster: &Cluster,
    _: StreamableService<S>,
    _: impl Fn(&Principal) -> usize + Send + 'static,
) {
    match *cluster {}
}

pub(crate) fn check_health(cluster: &Cluster) -> HealthPart {
    match *cluster {}
}
