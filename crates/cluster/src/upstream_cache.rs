//! Shares cached responses of the upstream APIs among all instances.
//!
//! An instance looks a response up in Redis only if its own cache has no fresh one. If Redis is slow
//! or unavailable, the instance sends a request to the API itself.

use std::{fmt, future::Future, time::Duration};

use aareguru::api::{SharedAnswer, SharedCache, SharedCacheFuture};
use metrics::{Counter, counter, describe_counter};
use redis::{AsyncCommands, ExistenceCheck, RedisResult, Script, SetExpiry, SetOptions};
use tokio::time::timeout;

use crate::{
    connection::{CommandPurpose, Redis},
    instance_id::InstanceId,
};

/// The time limit for a lookup: a request to an API takes about as long.
const LOOKUP_TIMEOUT: Duration = Duration::from_millis(250);
/// The maximum size of a shared response.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The maximum lifetime of a key. Redis adds the lifetime to the current time, which may overflow.
const MAX_TTL: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Stores a response, and releases the lock on its request.
const PUT: &str = "\
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if redis.call('GET', KEYS[2]) == ARGV[3] then redis.call('DEL', KEYS[2]) end
";

/// Releases the lock on a request.
const RELEASE: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
";

pub(crate) struct RedisCache {
    redis: Redis,
    instance: InstanceId,
    fallback: Counter,
    put: Script,
    release: Script,
}

impl RedisCache {
    pub(crate) fn new(redis: &Redis, instance: InstanceId) -> Self {
        Self {
            redis: redis.for_purpose(CommandPurpose::CACHE),
            instance,
            fallback: fallback_counter(),
            put: Script::new(PUT),
            release: Script::new(RELEASE),
        }
    }

    fn response_key(&self, request: &str) -> String {
        self.redis.key(format_args!("answer:{request}"))
    }

    /// Returns the key of the lock on a request. The instance that holds it sends the request to the
    /// API.
    fn lock_key(&self, request: &str) -> String {
        self.redis.key(format_args!("asking:{request}"))
    }

    /// Returns the reply of Redis unless it fails or takes longer than [`LOOKUP_TIMEOUT`]. The
    /// connection logs errors.
    async fn lookup<T>(&self, command: impl Future<Output = RedisResult<T>>) -> Option<T> {
        let reply = timeout(LOOKUP_TIMEOUT, command).await;
        let reply = reply.ok().and_then(Result::ok);
        if reply.is_none() {
            self.fallback.increment(1);
        }
        reply
    }
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisCache").field(&self.redis).finish()
    }
}

fn fallback_counter() -> Counter {
    let name = "aareguru_mcp_upstream_fallback_total";
    describe_counter!(
        name,
        "Lookups of a shared API response that failed or timed out, so that this instance may have \
         sent a request that another had sent"
    );
    counter!(name)
}

impl SharedCache for RedisCache {
    fn get<'a>(&'a self, request: &'a str) -> SharedCacheFuture<'a, Option<SharedAnswer>> {
        Box::pin(async move {
            let mut redis = self.redis.clone();
            let key = self.response_key(request);
            let mut commands = redis::pipe();
            commands.atomic().get(&key).pttl(&key);
            let commands = commands.query_async(&mut redis);
            let (value, ttl): (Option<Vec<u8>>, i64) = self.lookup(commands).await?;
            decode(&value?, Duration::from_millis(ttl.try_into().ok()?))
        })
    }

    fn try_acquire<'a>(&'a self, request: &'a str, ttl: Duration) -> SharedCacheFuture<'a, bool> {
        Box::pin(async move {
            let mut redis = self.redis.clone();
            let expiry = SetExpiry::PX(millis(ttl.min(MAX_TTL)));
            let options = SetOptions::default()
                .conditional_set(ExistenceCheck::NX)
                .with_expiration(expiry);
            let acquire =
                redis.set_options(self.lock_key(request), self.instance.as_str(), options);
            let acquired: Option<Option<String>> = self.lookup(acquire).await;
            // Without Redis, each instance sends its own requests.
            acquired.is_none_or(|acquired| acquired.is_some())
        })
    }

    fn put<'a>(
        &'a self,
        request: &'a str,
        answer: SharedAnswer,
        keep_for: Duration,
    ) -> SharedCacheFuture<'a, ()> {
        Box::pin(async move {
            if answer.body.len() > MAX_BODY_BYTES || keep_for.is_zero() {
                return self.release(request).await;
            }
            let keep_for = keep_for.min(MAX_TTL);
            let _: RedisResult<()> = self
                .put
                .key(self.response_key(request))
                .key(self.lock_key(request))
                .arg(encode(&answer, keep_for))
                .arg(millis(keep_for))
                .arg(self.instance.as_str())
                .invoke_async(&mut self.redis.clone())
                .await;
        })
    }

    fn release<'a>(&'a self, request: &'a str) -> SharedCacheFuture<'a, ()> {
        Box::pin(async move {
            let _: RedisResult<()> = self
                .release
                .key(self.lock_key(request))
                .arg(self.instance.as_str())
                .invoke_async(&mut self.redis.clone())
                .await;
        })
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

/// Encodes the lifetime, the time of the request, and the body, separated by spaces.
fn encode(answer: &SharedAnswer, keep_for: Duration) -> Vec<u8> {
    let mut text = format!("{} {} ", millis(keep_for), answer.fetched_at).into_bytes();
    text.extend_from_slice(&answer.body);
    text
}

/// Decodes a value that has the remaining lifetime `ttl`.
fn decode(text: &[u8], ttl: Duration) -> Option<SharedAnswer> {
    let mut parts = text.splitn(3, |byte| *byte == b' ');
    let mut word = || std::str::from_utf8(parts.next()?).ok();
    let keep_for = Duration::from_millis(word()?.parse().ok()?);
    let fetched_at = word()?.parse().ok()?;
    Some(SharedAnswer {
        fetched_at,
        age: keep_for.saturating_sub(ttl),
        body: parts.next()?.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn encoded_response_is_decoded() {
        let mut answer = SharedAnswer {
            fetched_at: "2026-07-04T12:00:00.123456Z".parse().unwrap(),
            age: Duration::ZERO,
            body: b"{\"a b\": 1}".to_vec(),
        };
        let text = encode(&answer, 3 * MINUTE);
        assert_eq!(decode(&text, 3 * MINUTE).as_ref(), Some(&answer));
        answer.age = MINUTE;
        assert_eq!(decode(&text, 2 * MINUTE), Some(answer));
    }

    #[test]
    fn invalid_value_is_not_decoded() {
        for text in [&b""[..], b"{}", b"1 yesterday {}", b"1 \xff {}", b"1 2"] {
            assert_eq!(decode(text, MINUTE), None);
        }
    }
}
