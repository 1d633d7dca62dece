//! When to poll again: when the next measurement can be available, and never more often than
//! responses are cached.
//!
//! The river is measured every 10 minutes, and the API reports it 10 to 20 minutes later.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// From one measurement to the next.
const MEASUREMENT_INTERVAL: SignedDuration = SignedDuration::from_mins(10);

/// The shortest delay of a report.
const MIN_DELAY: SignedDuration = SignedDuration::from_mins(10);

/// Twice the longest delay of a report that is known.
const MAX_DELAY: SignedDuration = SignedDuration::from_mins(40);

/// Between two polls of a station that is overdue or reports no time.
const OVERDUE_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// Between two polls if responses are not cached.
const UNCACHED_INTERVAL: Duration = Duration::from_secs(60);

/// Returns how long a response is the newest one possible, at least as long as it is cached, if its
/// newest value was measured at `measured_at`.
pub(crate) fn until_next(
    now: Timestamp,
    measured_at: Option<Timestamp>,
    cache_ttl: Duration,
) -> Duration {
    // Longer than the TTL, so that the next poll does not hit the cache.
    let min_interval = match cache_ttl {
        Duration::ZERO => UNCACHED_INTERVAL,
        ttl => ttl + ttl / 20,
    };
    let Some(measured_at) = measured_at else {
        return OVERDUE_INTERVAL.max(min_interval);
    };
    let next_is_due = measured_at + MEASUREMENT_INTERVAL + MIN_DELAY;
    let next_is_overdue = measured_at + MEASUREMENT_INTERVAL + MAX_DELAY;
    if now > next_is_overdue {
        return OVERDUE_INTERVAL.max(min_interval);
    }
    // A station whose clock is ahead does not stop the polling.
    let wait = next_is_due
        .duration_since(now)
        .min(MEASUREMENT_INTERVAL + MIN_DELAY);
    Duration::try_from(wait)
        .unwrap_or_default()
        .max(min_interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(120);
    const MIN_INTERVAL: Duration = Duration::from_secs(126);

    #[track_caller]
    fn waits(minutes_after: i64, wait: Duration) {
        let measured_at = Timestamp::from_second(1_783_000_000).unwrap();
        let now = measured_at + SignedDuration::from_mins(minutes_after);
        assert_eq!(until_next(now, Some(measured_at), TTL), wait);
    }

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(minutes * 60)
    }

    #[test]
    fn poll_interval_before_next_measurement_lasts_until_it_is_due() {
        waits(0, minutes(20));
        waits(10, minutes(10));
        waits(15, minutes(5));
    }

    #[test]
    fn poll_interval_of_due_measurement_is_the_cache_ttl() {
        waits(18, MIN_INTERVAL);
        waits(20, MIN_INTERVAL);
        waits(30, MIN_INTERVAL);
        waits(50, MIN_INTERVAL);
    }

    #[test]
    fn poll_interval_of_overdue_station_is_ten_minutes() {
        waits(51, minutes(10));
        waits(60 * 24 * 400, minutes(10));
        assert_eq!(until_next(Timestamp::UNIX_EPOCH, None, TTL), minutes(10));
    }

    #[test]
    fn poll_interval_with_long_or_no_cache_ttl_is_bounded() {
        let at = Timestamp::UNIX_EPOCH;
        let hour = minutes(60);
        assert_eq!(until_next(at, Some(at), hour), minutes(63));
        let due = at + SignedDuration::from_mins(25);
        assert_eq!(until_next(due, Some(at), Duration::ZERO), minutes(1));
    }

    #[test]
    fn poll_interval_of_clock_ahead_is_bounded() {
        waits(-60 * 24 * 400, minutes(20));
    }
}
