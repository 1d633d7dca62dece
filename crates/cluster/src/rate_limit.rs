//! Shares the rate limit of each caller among all instances.
//!
//! No request waits for Redis: each instance counts locally, reports its counts to Redis some
//! milliseconds later, and applies the total that Redis returns. A caller that sends requests to
//! several instances at the same time may briefly exceed the limit; the excess is deducted
//! afterwards, so the limit holds over time. While Redis is unavailable, instances do not share
//! their counts.

use std::time::Duration;

use metrics::{Counter, counter, describe_counter};
use redis::Script;
use tokio::time::sleep;

use crate::connection::{CommandPurpose, Redis};
use edge::SharedLimit;

/// The pause between two reports, in which counts accumulate.
const REPORT_INTERVAL: Duration = Duration::from_millis(10);
/// The maximum number of callers in one command.
const MAX_CALLERS_PER_COMMAND: usize = 500;

/// Adds the requests of each caller, and returns the times until their limits are fully replenished,
/// in microseconds. A key contains the time of full replenishment of the generic cell rate algorithm
/// by the clock of Redis, and expires then.
const ADD_REQUESTS: &str = "\
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local replenish_interval = tonumber(ARGV[1])
local full_in = {}
for n, key in ipairs(KEYS) do
  local full_at = math.max(tonumber(redis.call('GET', key) or now), now)
  full_at = full_at + ARGV[n + 1] * replenish_interval
  local remaining = full_at - now
  redis.call('SET', key, string.format('%.0f', full_at), 'PX', math.ceil(remaining / 1000) + 1)
  full_in[n] = remaining
end
return full_in
";

/// Reports pending requests to Redis and applies the totals. Never returns.
pub(crate) async fn share(limit: SharedLimit, redis: Redis) {
    let redis = redis.for_purpose(CommandPurpose::RATE_LIMIT);
    let fallback = fallback_counter();
    let script = Script::new(ADD_REQUESTS);
    let replenish_interval_micros =
        u64::try_from(limit.replenish_interval().as_micros()).unwrap_or(u64::MAX);
    loop {
        let pending = limit.take_pending().await;
        for callers in pending.chunks(MAX_CALLERS_PER_COMMAND) {
            let mut command = script.prepare_invoke();
            command.arg(replenish_interval_micros);
            for (caller, count) in callers {
                command.key(redis.key(format_args!("rate:{}", limit.shared_key(caller))));
                command.arg(*count);
            }
            let full_in: Result<Vec<u64>, _> = command.invoke_async(&mut redis.clone()).await;
            match full_in {
                Ok(full_in) => {
                    for ((caller, _), micros) in callers.iter().zip(full_in) {
                        limit.apply_remote(caller, Duration::from_micros(micros));
                    }
                }
                // The connection logs errors at a higher level.
                Err(error) => {
                    tracing::debug!(%error, "cannot share the rate limit");
                    let count = callers.iter().map(|(_, count)| u64::from(*count));
                    fallback.increment(count.sum());
                }
            }
        }
        sleep(REPORT_INTERVAL).await;
    }
}

fn fallback_counter() -> Counter {
    let name = "aareguru_mcp_rate_limit_fallback_total";
    describe_counter!(
        name,
        "Requests that the rate limit counted on this instance only"
    );
    counter!(name)
}
