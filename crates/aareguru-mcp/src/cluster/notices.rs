//! What an instance tells all others at once, over Redis's publish and subscribe. Nobody waits for
//! it, and an instance that is cut off misses it.

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

use super::redis::{Redis, State};

/// The pause before another try to subscribe.
const PAUSE: Duration = Duration::from_millis(200);

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A client has ended this session of Streamable HTTP.
    SessionDeleted(Arc<str>),
    /// A session of Streamable HTTP has subscribed to a resource, or not any more.
    Subscribed {
        session: Arc<str>,
        uri: Arc<str>,
        is_on: bool,
    },
    /// A session of Streamable HTTP has cancelled a request, which runs at another instance than
    /// the one that was told.
    Cancelled {
        session: Arc<str>,
        request: serde_json::Value,
    },
    /// The sessions of this principal are to end: a key of it was taken back.
    Revoked(Arc<str>),
}

impl Notice {
    /// Tells all instances, also this one.
    pub(super) async fn publish(&self, redis: &Redis) {
        let channel = redis.key(CHANNEL);
        let Ok(text) = serde_json::to_string(self) else {
            return;
        };
        // The connection tells of errors.
        let _: RedisResult<()> = redis.clone().publish(channel, text).await;
    }

    /// See [`Self::Revoked`].
    pub fn revoked(principal: &Principal) -> Self {
        Self::Revoked(principal.key().into())
    }
}

const CHANNEL: &str = "notices";

/// Hands each notice to `heard`, for ever.
pub(super) async fn listen(redis: Redis, heard: impl Fn(Notice) + Send) {
    loop {
        if let Ok((connection, mut pushes)) = subscribed(&redis).await {
            while let Some(push) = pushes.recv().await {
                if push.kind == PushKind::Disconnection {
                    break;
                }
                if let Some(notice) = read(push) {
                    heard(notice);
                }
            }
            drop(connection);
        }
        sleep(PAUSE).await;
        let mut state = redis.watch();
        let connected = state.wait_for(|state| matches!(state, State::Connected(_)));
        if connected.await.is_err() {
            return;
        }
    }
}

async fn subscribed(
    redis: &Redis,
) -> RedisResult<(MultiplexedConnection, UnboundedReceiver<PushInfo>)> {
    let (sender, pushes) = mpsc::unbounded_channel();
    let config = AsyncConnectionConfig::new().set_push_sender(sender);
    let mut connection = redis.open(config).await?;
    connection.subscribe(redis.key(CHANNEL)).await?;
    Ok((connection, pushes))
}

fn read(push: PushInfo) -> Option<Notice> {
    if push.kind != PushKind::Message {
        return None;
    }
    let [_, text] = <[redis::Value; 2]>::try_from(push.data).ok()?;
    let text = Vec::<u8>::from_redis_value(text).ok()?;
    serde_json::from_slice(&text).ok()
}
