//! Answers of the river's APIs that one instance has asked for and all use.
//!
//! Redis is asked only when an instance has no fresh answer itself. If it does not answer soon,
//! each instance asks the API for itself.

use std::{fmt, future::Future, time::Duration};

use aareguru::api::{SharedAnswer, SharedCache, SharedCacheFuture};
use metrics::{Counter, counter, describe_counter};
use redis::{AsyncCommands, ExistenceCheck, RedisResult, Script, SetExpiry, SetOptions};
use tokio::time::timeout;

use super::{
    Instance,
    redis::{Purpose, Redis},
};

/// The longest that Redis is waited for: an API answers in about the same time.
const LONGEST: Duration = Duration::from_millis(250);
/// A longer answer is kept by its asker alone, in bytes.
const LONGEST_BODY: usize = 1024 * 1024;

/// Redis adds it to the present, and nobody will miss the rest.
const LONGEST_KEPT: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Keeps an answer and lets others ask.
const PUT: &str = "\
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if redis.call('GET', KEYS[2]) == ARGV[3] then redis.call('DEL', KEYS[2]) end
";

const GIVE_UP: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
";

pub(super) struct RedisCache {
    redis: Redis,
    instance: Instance,
    fallback: Counter,
    put: Script,
    give_up: Script,
}

impl RedisCache {
    pub(super) fn new(redis: &Redis, instance: Instance) -> Self {
        Self {
            redis: redis.for_purpose(Purpose::CACHE),
            instance,
            fallback: fallback(),
            put: Script::new(PUT),
            give_up: Script::new(GIVE_UP),
        }
    }

    fn answer_key(&self, question: &str) -> String {
        self.redis.key(format_args!("answer:{question}"))
    }

    /// Who asks holds it.
    fn asking_key(&self, question: &str) -> String {
        self.redis.key(format_args!("asking:{question}"))
    }

    /// What Redis answers, if it does so soon. The connection tells of errors.
    async fn soon<T>(&self, asked: impl Future<Output = RedisResult<T>>) -> Option<T> {
        let answer = timeout(LONGEST, asked).await.ok().and_then(Result::ok);
        if answer.is_none() {
            self.fallback.increment(1);
        }
        answer
    }
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisCache").field(&self.redis).finish()
    }
}

fn fallback() -> Counter {
    let name = "aareguru_mcp_upstream_fallback_total";
    describe_counter!(
        name,
        "Times that Redis did not say soon what other instances know, so that an instance may \
         have asked an API once more"
    );
    counter!(name)
}

impl SharedCache for RedisCache {
    fn get<'a>(&'a self, question: &'a str) -> SharedCacheFuture<'a, Option<SharedAnswer>> {
        Box::pin(async move {
            let mut redis = self.redis.clone();
            let key = self.answer_key(question);
            let mut both = redis::pipe();
            both.atomic().get(&key).pttl(&key);
            let both = both.query_async(&mut redis);
            let (kept, left): (Option<Vec<u8>>, i64) = self.soon(both).await?;
            read(&kept?, Duration::from_millis(left.try_into().ok()?))
        })
    }

    fn try_acquire<'a>(
        &'a self,
        question: &'a str,
        longest: Duration,
    ) -> SharedCacheFuture<'a, bool> {
        Box::pin(async move {
            let mut redis = self.redis.clone();
            let expiry = SetExpiry::PX(millis(longest.min(LONGEST_KEPT)));
            let options = SetOptions::default()
                .conditional_set(ExistenceCheck::NX)
                .with_expiration(expiry);
            let taken =
                redis.set_options(self.asking_key(question), self.instance.as_str(), options);
            let taken: Option<Option<String>> = self.soon(taken).await;
            // Without Redis each asks for itself.
            taken.is_none_or(|taken| taken.is_some())
        })
    }

    fn put<'a>(
        &'a self,
        question: &'a str,
        answer: SharedAnswer,
        keep_for: Duration,
    ) -> SharedCacheFuture<'a, ()> {
        Box::pin(async move {
            if answer.body.len() > LONGEST_BODY || keep_for.is_zero() {
                return self.release(question).await;
            }
            let keep_for = keep_for.min(LONGEST_KEPT);
            let _: RedisResult<()> = self
                .put
                .key(self.answer_key(question))
                .key(self.asking_key(question))
                .arg(written(&answer, keep_for))
                .arg(millis(keep_for))
                .arg(self.instance.as_str())
                .invoke_async(&mut self.redis.clone())
                .await;
        })
    }

    fn release<'a>(&'a self, question: &'a str) -> SharedCacheFuture<'a, ()> {
        Box::pin(async move {
            let _: RedisResult<()> = self
                .give_up
                .key(self.asking_key(question))
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

/// For how long it is kept, when it was fetched, and the body, parted by spaces.
fn written(answer: &SharedAnswer, keep_for: Duration) -> Vec<u8> {
    let mut text = format!("{} {} ", millis(keep_for), answer.fetched_at).into_bytes();
    text.extend_from_slice(&answer.body);
    text
}

/// What was written, when it will be kept for `left` from now.
fn read(text: &[u8], left: Duration) -> Option<SharedAnswer> {
    let mut parts = text.splitn(3, |byte| *byte == b' ');
    let mut word = || std::str::from_utf8(parts.next()?).ok();
    let keep_for = Duration::from_millis(word()?.parse().ok()?);
    let fetched_at = word()?.parse().ok()?;
    Some(SharedAnswer {
        fetched_at,
        age: keep_for.saturating_sub(left),
        body: parts.next()?.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn what_was_written_is_read() {
        let mut answer = SharedAnswer {
            fetched_at: "2026-07-04T12:00:00.123456Z".parse().unwrap(),
            age: Duration::ZERO,
            body: b"{\"a b\": 1}".to_vec(),
        };
        let text = written(&answer, 3 * MINUTE);
        assert_eq!(read(&text, 3 * MINUTE).as_ref(), Some(&answer));
        answer.age = MINUTE;
        assert_eq!(read(&text, 2 * MINUTE), Some(answer));
    }

    #[test]
    fn what_is_none_is_not_read() {
        for text in [&b""[..], b"{}", b"1 yesterday {}", b"1 \xff {}", b"1 2"] {
            assert_eq!(read(text, MINUTE), None);
        }
    }
}
