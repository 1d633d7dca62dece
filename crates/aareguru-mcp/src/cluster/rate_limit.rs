//! One allowance for each caller over all instances.
//!
//! No request waits for Redis: each instance counts for itself and tells Redis some milliseconds
//! later, which answers how much all of them have counted. So a caller who asks several instances
//! at the same moment may get through to each as often as to one alone, until they have heard of
//! each other. What it got too much is a debt that it waits for: over a longer time nobody gets
//! more than the limit. While Redis ails, each instance counts alone.

use std::time::Duration;

use metrics::{Counter, counter, describe_counter};
use redis::Script;
use tokio::time::sleep;

use super::redis::{Purpose, Redis};
use crate::guard::SharedLimit;

/// How long an instance waits for more to tell.
const PERIOD: Duration = Duration::from_millis(10);
/// How many callers one command is about at most; others wait for it.
const MOST_CALLERS: usize = 500;

/// For each caller the time at which it has all of its requests back, as in the generic cell rate
/// algorithm, in microseconds of Redis's clock. A key is gone when it would make no difference any
/// more.
const SPEND: &str = "\
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local per_request = tonumber(ARGV[1])
local full_in = {}
for n, key in ipairs(KEYS) do
  local full_at = math.max(tonumber(redis.call('GET', key) or now), now)
  full_at = full_at + ARGV[n + 1] * per_request
  local left = full_at - now
  redis.call('SET', key, string.format('%.0f', full_at), 'PX', math.ceil(left / 1000) + 1)
  full_in[n] = left
end
return full_in
";

/// Carries what is spent to Redis and back, for as long as it is polled.
pub(super) async fn share(limit: SharedLimit, redis: Redis) {
    let redis = redis.for_purpose(Purpose::RATE_LIMIT);
    let fallback = fallback();
    let script = Script::new(SPEND);
    let per_request = u64::try_from(limit.per_request().as_micros()).unwrap_or(u64::MAX);
    loop {
        let spent = limit.take_pending().await;
        for callers in spent.chunks(MOST_CALLERS) {
            let mut spend = script.prepare_invoke();
            spend.arg(per_request);
            for (caller, count) in callers {
                spend.key(redis.key(format_args!("rate:{}", caller.shared_key())));
                spend.arg(*count);
            }
            let full_in: Result<Vec<u64>, _> = spend.invoke_async(&mut redis.clone()).await;
            match full_in {
                Ok(full_in) => {
                    for ((caller, _), micros) in callers.iter().zip(full_in) {
                        limit.apply_remote(caller, Duration::from_micros(micros));
                    }
                }
                // The connection has told of it.
                Err(error) => {
                    tracing::debug!(%error, "the rate limit is not shared");
                    let count = callers.iter().map(|(_, count)| u64::from(*count));
                    fallback.increment(count.sum());
                }
            }
        }
        sleep(PERIOD).await;
    }
}

fn fallback() -> Counter {
    let name = "aareguru_mcp_rate_limit_fallback_total";
    describe_counter!(
        name,
        "Requests that were counted for the rate limit on their own instance alone"
    );
    counter!(name)
}
