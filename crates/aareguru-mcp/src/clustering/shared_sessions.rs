//! The sessions of Streamable HTTP, which every instance serves.

mod events;

use std::time::Duration;

use redis::{AsyncCommands, RedisResult, Script};
use rmcp::{model::RequestId, transport::streamable_http_server::session::store::SessionState};
use rmcp_transport::{Principal, SseServerConfig};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use cluster::{CommandPurpose, InstanceId, Notice, Redis};

use crate::streamable::{Progress, RemoteEventSource, SharedFuture, SharedSessions, Unreachable};

/// How long a session that may be quiet for ever is kept without a message.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// An instance tells once a minute at most that a session is to be kept.
const MARGIN: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(super) struct RedisSessions {
    redis: Redis,
    instance: InstanceId,
    keep_for: Duration,
    /// How long a client may take to come back.
    grace: Duration,
    look: Script,
}

/// A session as it is kept.
#[derive(Serialize, Deserialize)]
struct Entry {
    owner: Option<String>,
    state: SessionState,
}

impl RedisSessions {
    /// Sessions that are forgotten when they were quiet for longer than their idle timeout.
    pub(super) fn new(redis: &Redis, instance: &InstanceId, bounds: &SseServerConfig) -> Self {
        Self {
            redis: redis.for_purpose(CommandPurpose::STREAMABLE),
            instance: instance.clone(),
            keep_for: bounds.idle_timeout.unwrap_or(LONGEST).min(LONGEST) + MARGIN,
            grace: bounds.resume_grace,
            look: Script::new(include_str!("shared_sessions/look.lua")),
        }
    }

    fn key(&self, id: &str) -> String {
        self.redis.key(format_args!("mcp:{}", digest(id)))
    }

    fn subscriptions_of(&self, id: &str) -> String {
        self.redis
            .key(format_args!("mcp:subscribed:{}", digest(id)))
    }

    fn keep_for_millis(&self) -> u64 {
        millis(self.keep_for)
    }
}

impl SharedSessions for RedisSessions {
    fn load<'a>(
        &'a self,
        id: &'a str,
        asking: Option<&'a Principal>,
    ) -> SharedFuture<'a, Option<SessionState>> {
        Box::pin(async move {
            let keep_for = self.keep_for_millis();
            let (entry,): (Option<Vec<u8>>,) = redis::pipe()
                .cmd("GETEX")
                .arg(self.key(id))
                .arg("PX")
                .arg(keep_for)
                .cmd("PEXPIRE")
                .arg(self.subscriptions_of(id))
                .arg(keep_for)
                .ignore()
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
    ) -> SharedFuture<'a, ()> {
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

    fn delete<'a>(&'a self, id: &'a str) -> SharedFuture<'a, ()> {
        Box::pin(async move {
            let mut redis = self.redis.clone();
            let deleted: RedisResult<()> = redis
                .del(vec![self.key(id), self.subscriptions_of(id)])
                .await;
            deleted.map_err(|_| Unreachable)?;
            Notice::SessionDeleted(id.into()).publish(&self.redis).await;
            Ok(())
        })
    }

    fn instance(&self) -> &str {
        self.instance.as_str()
    }

    fn keep_event<'a>(
        &'a self,
        source: RemoteEventSource<'a>,
        event: String,
        is_answer: bool,
    ) -> SharedFuture<'a, String> {
        Box::pin(self.append(source, event, is_answer))
    }

    fn begin_call<'a>(
        &'a self,
        call: &'a str,
        session: &'a str,
        request: String,
    ) -> SharedFuture<'a, ()> {
        Box::pin(self.begin(call, session, request))
    }

    fn look<'a>(
        &'a self,
        call: &'a str,
        session: &'a str,
        after: &'a str,
    ) -> SharedFuture<'a, Option<Progress>> {
        Box::pin(self.progress(call, session, after))
    }

    fn call_continued_as<'a>(&'a self, call: &'a str, next: &'a str) -> SharedFuture<'a, ()> {
        Box::pin(self.continued_as(call, next))
    }

    fn subscribed<'a>(
        &'a self,
        session: &'a str,
        uri: &'a str,
        is_on: bool,
    ) -> SharedFuture<'a, ()> {
        Box::pin(async move {
            let key = self.subscriptions_of(session);
            redis::pipe()
                .cmd(if is_on { "SADD" } else { "SREM" })
                .arg(&key)
                .arg(uri)
                .ignore()
                .cmd("PEXPIRE")
                .arg(&key)
                .arg(self.keep_for_millis())
                .ignore()
                .query_async::<()>(&mut self.redis.clone())
                .await
                .map_err(|_| Unreachable)?;
            let notice = Notice::Subscribed {
                session: session.into(),
                uri: uri.into(),
                is_on,
            };
            notice.publish(&self.redis).await;
            Ok(())
        })
    }

    fn subscriptions<'a>(&'a self, session: &'a str) -> SharedFuture<'a, Vec<String>> {
        Box::pin(async move {
            let mut redis = self.redis.clone();
            let uris: RedisResult<_> = redis.smembers(self.subscriptions_of(session)).await;
            uris.map_err(|_| Unreachable)
        })
    }

    fn cancelled<'a>(&'a self, session: &'a str, request: &'a RequestId) -> SharedFuture<'a, ()> {
        Box::pin(async move {
            let notice = Notice::Cancelled {
                session: session.into(),
                request: serde_json::to_value(request).map_err(|_| Unreachable)?,
            };
            notice.publish(&self.redis).await;
            Ok(())
        })
    }

    fn heard<'a>(
        &'a self,
        session: &'a str,
        instance: &'a str,
        after: &'a str,
    ) -> SharedFuture<'a, Vec<(String, String)>> {
        Box::pin(self.heard_at(session, instance, after))
    }
}

/// What stands for a session in the names of keys: whoever can read them gets no session.
fn digest(id: &str) -> String {
    let digest = Sha256::digest(id.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
