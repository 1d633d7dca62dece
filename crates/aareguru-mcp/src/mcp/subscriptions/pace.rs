//! When to ask again: when the next measurement can be there, and never more
//! often than answers are kept.
//!
//! The river is measured every 10 minutes, and the API tells it 10 to 20
//! minutes later. Nobody learns more by asking before that.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// From one measurement to the next.
const GRID: SignedDuration = SignedDuration::from_mins(10);

/// How late a measurement is told at the earliest.
const EARLIEST: SignedDuration = SignedDuration::from_mins(10);

/// How late at the latest, as far as is known, and as much again.
const LATEST: SignedDuration = SignedDuration::from_mins(40);

/// Between two asks of a station that is silent or of which no time is known.
const SILENT: Duration = Duration::from_secs(10 * 60);

/// Between two asks where answers are not kept at all.
const UNKEPT: Duration = Duration::from_secs(60);

/// How long the answer of which the newest value was measured at `measured_at`
/// is the newest there can be, at the time `now`; at least as long as it is
/// kept, `cache_ttl`.
pub(in crate::mcp) fn until_next(
    now: Timestamp,
    measured_at: Option<Timestamp>,
    cache_ttl: Duration,
) -> Duration {
    // A little more, so that it is not the kept answer that comes again.
    let kept = match cache_ttl {
        Duration::ZERO => UNKEPT,
        ttl => ttl + ttl / 20,
    };
    let Some(measured_at) = measured_at else {
        return SILENT.max(kept);
    };
    let next_is_due = measured_at + GRID + EARLIEST;
    let next_is_missing = measured_at + GRID + LATEST;
    if now > next_is_missing {
        return SILENT.max(kept);
    }
    let wait = next_is_due.duration_since(now);
    // A station whose clock runs ahead does not keep us from asking.
    let wait = wait.min(GRID + EARLIEST);
    Duration::try_from(wait).unwrap_or_default().max(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(120);
    const KEPT: Duration = Duration::from_secs(126);

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
    fn nobody_asks_before_the_next_measurement_can_be_there() {
        waits(0, minutes(20));
        waits(10, minutes(10));
        waits(15, minutes(5));
    }

    #[test]
    fn once_it_is_due_it_is_asked_as_often_as_answers_are_kept() {
        waits(18, KEPT);
        waits(20, KEPT);
        waits(30, KEPT);
        waits(50, KEPT);
    }

    #[test]
    fn a_silent_station_is_asked_at_the_pace_of_the_grid() {
        waits(51, minutes(10));
        waits(60 * 24 * 400, minutes(10));
        assert_eq!(until_next(Timestamp::UNIX_EPOCH, None, TTL), minutes(10));
    }

    #[test]
    fn answers_that_are_kept_long_or_not_at_all_are_not_asked_in_a_hurry() {
        let at = Timestamp::UNIX_EPOCH;
        let hour = minutes(60);
        assert_eq!(until_next(at, Some(at), hour), minutes(63));
        let due = at + SignedDuration::from_mins(25);
        assert_eq!(until_next(due, Some(at), Duration::ZERO), minutes(1));
    }

    #[test]
    fn a_clock_that_runs_ahead_does_not_stop_the_asking() {
        waits(-60 * 24 * 400, minutes(20));
    }
}
