//! Connects the parts of the server to the cluster, through which instances share state.

mod shared_sessions;

use std::{io, sync::Arc};

use aareguru::api::SharedCache;
use cluster::{ConnectionState, JoinError, Notice, sse::ClusterSessions};
use edge::health::{HealthPart, HealthStatus};
use rmcp::ServerHandler;
use rmcp_transport::{Principal, SseServerConfig, SseService};

use self::shared_sessions::RedisSessions;
use crate::{
    exit::ConfigError,
    settings::Settings,
    streamable::{SharedSessions, StreamableService},
};

pub use cluster::Cluster;

/// Joins the cluster if `REDIS_URL` is set.
///
/// # Errors
///
/// A setting is invalid ([`ConfigError`]), or Redis is unreachable.
pub async fn join(settings: &Settings) -> anyhow::Result<Option<Cluster>> {
    let Some(config) = settings.cluster() else {
        return Ok(None);
    };
    match Cluster::join(&config).await {
        Ok(cluster) => Ok(Some(cluster)),
        Err(JoinError::Config(error)) => Err(ConfigError(error).into()),
        Err(JoinError::Unreachable(error)) => Err(error),
    }
}

/// Validates the settings of the cluster without connecting to Redis.
///
/// # Errors
///
/// A setting is invalid. The error names it.
pub fn check(settings: &Settings) -> anyhow::Result<()> {
    settings.cluster().as_ref().map_or(Ok(()), Cluster::check)
}

/// Returns the cache of API responses that all instances share.
pub fn shared_cache(cluster: &Cluster) -> Arc<dyn SharedCache> {
    cluster.shared_cache()
}

/// Returns the sessions of Streamable HTTP that all instances share.
pub fn shared_sessions(cluster: &Cluster, settings: &Settings) -> Arc<dyn SharedSessions> {
    let (redis, instance) = (&cluster.redis, &cluster.instance);
    Arc::new(RedisSessions::new(redis, instance, &settings.sse()))
}

/// Builds the HTTP+SSE transport, whose sessions every instance can continue.
pub(crate) fn sse_service<S: ServerHandler>(
    handler: impl Fn() -> io::Result<S> + Send + Sync + 'static,
    config: &SseServerConfig,
    cluster: &Cluster,
) -> SseService<S> {
    let sessions = ClusterSessions::new(cluster, config);
    let service = SseService::new(handler, sessions.configure(config.clone()));
    sessions.start(service.clone());
    service
}

/// Handles the notices of other instances.
pub(crate) fn handle_notices<S: ServerHandler>(
    cluster: &Cluster,
    streamable: StreamableService<S>,
    end_sessions_of: impl Fn(&Principal) -> usize + Send + 'static,
) {
    cluster.listen(move |notice| match notice {
        Notice::SessionDeleted(id) => streamable.end_session(&id),
        Notice::Subscribed {
            session,
            uri,
            is_on,
        } => streamable.subscribed_elsewhere(&session, &uri, is_on),
        Notice::Cancelled { session, request } => {
            streamable.cancelled_elsewhere(&session, request);
        }
        Notice::Revoked(principal) => {
            end_sessions_of(&Principal::new(principal));
        }
    });
}

/// Returns the health of the connection to Redis.
///
/// A lost connection does not make the instance unready: sessions continue, each on its own
/// instance, and all instances use the same Redis. An instance that has never connected is not
/// ready, because its own settings may be wrong.
pub(crate) fn check_health(cluster: &Cluster) -> HealthPart {
    let name = "redis";
    match cluster.redis.state() {
        ConnectionState::Connected(_) => HealthPart::ok(name),
        ConnectionState::Never => {
            HealthPart::new(name, HealthStatus::NotReady, "Redis has not responded yet")
        }
        ConnectionState::Lost => HealthPart::new(
            name,
            HealthStatus::Degraded,
            "Redis does not respond; sessions continue, each on its own instance",
        ),
    }
}
