//! The sessions of Streamable HTTP, which every instance serves.

use std::time::Duration;

use redis::{AsyncCommands, RedisResult};
use rmcp::transport::streamable_http_server::session::store::SessionState;
use rmcp_sse::Principal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    notices::Notice,
    redis::{Purpose, Redis},
};
use crate::http::streamable::{Kept, SharedSessions, Unreachable};

/// How long a session that may be quiet for ever is kept without a message.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// An instance tells once a minute at most that a session is to be kept.
const MARGIN: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(super) struct RedisSessions {
    redis: Redis,
    keep_for: Duration,
}

/// A session as it is kept.
#[derive(Serialize, Deserialize)]
struct Entry {
    owner: Option<String>,
    state: SessionState,
}

impl RedisSessions {
    /// Sessions that are forgotten when they were quiet for longer than
    /// `idle_timeout`.
    pub(super) fn new(redis: &Redis, idle_timeout: Option<Duration>) -> Self {
        Self {
            redis: redis.for_purpose(Purpose::Streamable),
            keep_for: idle_timeout.unwrap_or(LONGEST).min(LONGEST) + MARGIN,
        }
    }

    /// Whoever can read the names of keys gets no session.
    fn key(&self, id: &str) -> String {
        let digest = Sha256::digest(id.as_bytes());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.redis.key(format_args!("mcp:{digest}"))
    }

    fn keep_for_millis(&self) -> u64 {
        u64::try_from(self.keep_for.as_millis()).unwrap_or(u64::MAX)
    }
}

impl SharedSessions for RedisSessions {
    fn load<'a>(
        &'a self,
        id: &'a str,
        asking: Option<&'a Principal>,
    ) -> Kept<'a, Option<SessionState>> {
        Box::pin(async move {
            let entry: Option<Vec<u8>> = redis::cmd("GETEX")
                .arg(self.key(id))
                .arg("PX")
                .arg(self.keep_for_millis())
                .query_async(&mut self.redis.clone())
                .await
                .map_err(|_| Unreachable)?;
            let entry = entry.and_then(|entry| serde_json::from_slice::<Entry>(&entry).ok());
            let entry = entry.filter(|entry| entry.owner.as_deref() == asking.map(Principal::key));
            Ok(entry.map(|entry| entry.state))
        })
    }

    fn store<'a>(
        &'a self,
        id: &'a str,
        owner: Option<&'a Principal>,
        state: &'a SessionState,
    ) -> Kept<'a, ()> {
        Box::pin(async move {
            let entry = Entry {
                owner: owner.map(|owner| owner.key().to_owned()),
                state: state.clone(),
            };
            let entry = serde_json::to_vec(&entry).map_err(|_| Unreachable)?;
            let mut redis = self.redis.clone();
            let stored: RedisResult<()> = redis
                .pset_ex(self.key(id), entry, self.keep_for_millis())
                .await;
            stored.map_err(|_| Unreachable)
        })
    }

    fn delete<'a>(&'a self, id: &'a str) -> Kept<'a, ()> {
        Box::pin(async move {
            let mut redis = self.redis.clone();
            let deleted: RedisResult<()> = redis.del(self.key(id)).await;
            deleted.map_err(|_| Unreachable)?;
            Notice::SessionDeleted(id.into()).publish(&self.redis).await;
            Ok(())
        })
    }
}
