//! Broadcasts notices to all instances with the publish and subscribe commands of Redis. Delivery is
//! not guaranteed: an instance without a connection misses notices.

use std::{sync::Arc, time::Duration};

use redis::{
    AsyncCommands, AsyncConnectionConfig, FromRedisValue, PushInfo, PushKind, RedisResult,
    aio::MultiplexedConnection,
};
use rmcp_transport::Principal;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::mpsc::{self, UnboundedReceiver},
    time::sleep,
};

use crate::connection::{ConnectionState, Redis};

/// The pause before subscribing again.
const RESUBSCRIBE_PAUSE: Duration = Duration::from_millis(200);

/// A message to all instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A client has deleted this session of Streamable HTTP.
    SessionDeleted(Arc<str>),
    /// A session of Streamable HTTP has subscribed to a resource, or unsubscribed from it.
    Subscribed {
        session: Arc<str>,
        uri: Arc<str>,
        is_on: bool,
    },
    /// A session of Streamable HTTP has cancelled a request that does not run on the instance that
    /// received the cancellation.
    Cancelled {
        session: Arc<str>,
        request: serde_json::Value,
    },
    /// A key of this principal was revoked, so its sessions must be closed.
    Revoked(Arc<str>),
}

impl Notice {
    /// Publishes the notice to all instances, including this one.
    pub async fn publish(&self, redis: &Redis) {
        let channel = redis.key(CHANNEL);
        let Ok(text) = serde_json::to_string(self) else {
            return;
        };
        // The connection logs errors.
        let _: RedisResult<()> = redis.clone().publish(channel, text).await;
    }

    /// Builds a [`Self::Revoked`].
    pub fn revoked(principal: &Principal) -> Self {
        Self::Revoked(principal.key().into())
    }
}

const CHANNEL: &str = "notices";

/// Calls `handle` with each notice.
pub(crate) async fn listen(redis: Redis, handle: impl Fn(Notice) + Send) {
    loop {
        if let Ok((connection, mut pushes)) = subscribe(&redis).await {
            while let Some(push) = pushes.recv().await {
                if push.kind == PushKind::Disconnection {
                    break;
                }
                if let Some(notice) = parse(push) {
                    handle(notice);
                }
            }
            drop(connection);
        }
        sleep(RESUBSCRIBE_PAUSE).await;
        let mut state = redis.watch();
        let connected = state.wait_for(|state| matches!(state, ConnectionState::Connected(_)));
        if connected.await.is_err() {
            return;
        }
    }
}

async fn subscribe(
    redis: &Redis,
) -> RedisResult<(MultiplexedConnection, UnboundedReceiver<PushInfo>)> {
    let (sender, pushes) = mpsc::unbounded_channel();
    let config = AsyncConnectionConfig::new().set_push_sender(sender);
    let mut connection = redis.open(config).await?;
    connection.subscribe(redis.key(CHANNEL)).await?;
    Ok((connection, pushes))
}

fn parse(push: PushInfo) -> Option<Notice> {
    if push.kind != PushKind::Message {
        return None;
    }
    let [_, text] = <[redis::Value; 2]>::try_from(push.data).ok()?;
    let text = Vec::<u8>::from_redis_value(text).ok()?;
    serde_json::from_slice(&text).ok()
}
