//! The circuit breaker as a state machine without a clock, a lock or metrics;
//! [`SharedBreaker`](super::shared_breaker::SharedBreaker) adds those.
//!
//! Opens after some consecutive failures and rejects all requests. After a pause it admits one
//! trial request; if that fails too, the next pause is twice as long.

use std::time::Duration;

use tokio::time::Instant;

use super::MAX_DURATION;
use crate::Config;

/// Whether requests to an API are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Requests are sent.
    Closed,
    /// The pause is over: one trial request is sent, or under way.
    HalfOpen,
    /// Requests are rejected.
    Open {
        /// The time until the next request may be sent.
        retry_after: Duration,
    },
}

/// What the outcome of a request says about the health of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The API responded, if only with an error of the caller.
    Success,
    /// It did not respond, or with a broken response.
    Failure,
    /// It requested a pause of this length (`Retry-After`).
    Busy(Duration),
    /// Its host has blocked this client.
    Blocked,
}

/// The circuit breaker of one API.
#[derive(Debug)]
pub(crate) struct CircuitBreaker {
    limits: Limits,
    state: State,
}

#[derive(Debug)]
struct Limits {
    failures: u32,
    pause: Duration,
    longest_pause: Duration,
    blocked_pause: Duration,
    /// How long a trial request may take before another one is admitted. It reports earlier, unless
    /// its task was lost.
    trial: Duration,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, pause: Duration },
    HalfOpen { until: Instant, pause: Duration },
}

impl BreakerState {
    /// Returns the state as a number for metrics: 0 closed, 1 half-open, 2 open.
    pub(crate) fn level(self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::HalfOpen => 1,
            Self::Open { .. } => 2,
        }
    }
}

impl CircuitBreaker {
    pub(crate) fn new(config: &Config) -> Self {
        let longest_pause = config.breaker_longest_pause.min(MAX_DURATION);
        Self {
            limits: Limits {
                failures: config.breaker_failures.max(1),
                pause: config.breaker_pause.min(longest_pause),
                longest_pause,
                blocked_pause: config.breaker_blocked_pause.min(MAX_DURATION),
                trial: config.timeout.min(MAX_DURATION) + Duration::from_secs(1),
            },
            state: State::Closed { failures: 0 },
        }
    }

    /// Admits a request, or returns the time until one may be admitted. The outcome of an admitted
    /// request must be [reported](Self::report).
    pub(crate) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        match self.state {
            State::Closed { .. } => Ok(()),
            State::Open { until, .. } | State::HalfOpen { until, .. } if now < until => {
                Err(until - now)
            }
            State::Open { pause, .. } | State::HalfOpen { pause, .. } => {
                self.state = State::HalfOpen {
                    until: now + self.limits.trial,
                    pause,
                };
                Ok(())
            }
        }
    }

    pub(crate) fn report(&mut self, outcome: Outcome, now: Instant) {
        let limits = &self.limits;
        self.state = match (outcome, self.state) {
            (Outcome::Blocked, _) => open(now, limits.blocked_pause),
            // A request that was sent before it opened. The pause is unchanged.
            (_, open @ State::Open { .. }) => open,
            (Outcome::Success, _) => State::Closed { failures: 0 },
            (Outcome::Busy(wait), _) => {
                let longest = limits.longest_pause.max(limits.blocked_pause);
                open(now, wait.clamp(limits.pause.min(longest), longest))
            }
            (Outcome::Failure, State::HalfOpen { pause, .. }) => {
                open(now, (pause * 2).min(limits.longest_pause))
            }
            (Outcome::Failure, State::Closed { failures }) if failures + 1 >= limits.failures => {
                open(now, limits.pause)
            }
            (Outcome::Failure, State::Closed { failures }) => State::Closed {
                failures: failures + 1,
            },
        };
    }

    pub(crate) fn state(&self, now: Instant) -> BreakerState {
        match self.state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { until, .. } if now < until => BreakerState::Open {
                retry_after: until - now,
            },
            State::Open { .. } | State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }
}

fn open(now: Instant, pause: Duration) -> State {
    State::Open {
        until: now + pause,
        pause,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Opens after 3 failures for 5 s, at most 20 s; 60 s when blocked.
    fn breaker() -> CircuitBreaker {
        CircuitBreaker::new(&Config {
            timeout: 9 * SECOND,
            breaker_failures: 3,
            breaker_pause: 5 * SECOND,
            breaker_longest_pause: 20 * SECOND,
            breaker_blocked_pause: 60 * SECOND,
            ..Config::default()
        })
    }

    /// A breaker that opened at `now`.
    fn open_breaker(now: Instant) -> CircuitBreaker {
        let mut breaker = breaker();
        for _ in 0..3 {
            breaker.admit(now).unwrap();
            breaker.report(Outcome::Failure, now);
        }
        breaker
    }

    #[test]
    fn breaker_after_consecutive_failures_opens() {
        let now = Instant::now();
        let mut breaker = breaker();
        for outcome in [
            Outcome::Failure,
            Outcome::Failure,
            Outcome::Success,
            Outcome::Failure,
            Outcome::Failure,
        ] {
            breaker.report(outcome, now);
            assert_eq!(breaker.state(now), BreakerState::Closed);
        }
        breaker.report(Outcome::Failure, now);
        assert_eq!(breaker.admit(now + SECOND), Err(4 * SECOND));
    }

    #[test]
    fn breaker_after_its_pause_admits_one_trial() {
        let now = Instant::now();
        let mut breaker = open_breaker(now);
        let later = now + 5 * SECOND;
        assert_eq!(breaker.state(later), BreakerState::HalfOpen);
        assert_eq!(breaker.admit(later), Ok(()));
        assert_eq!(breaker.admit(later), Err(10 * SECOND));
        breaker.report(Outcome::Success, later);
        assert_eq!(breaker.state(later), BreakerState::Closed);
        assert_eq!(breaker.admit(later), Ok(()));
    }

    #[test]
    fn breaker_after_a_failed_trial_doubles_its_pause() {
        let mut now = Instant::now();
        let mut breaker = open_breaker(now);
        for pause in [5, 10, 20, 20] {
            assert_eq!(breaker.admit(now), Err(pause * SECOND));
            now += pause * SECOND;
            breaker.admit(now).unwrap();
            breaker.report(Outcome::Failure, now);
        }
        now += 20 * SECOND;
        breaker.admit(now).unwrap();
        breaker.report(Outcome::Success, now);
        for _ in 0..3 {
            breaker.report(Outcome::Failure, now);
        }
        assert_eq!(
            breaker.admit(now),
            Err(5 * SECOND),
            "the pause starts over after a recovery"
        );
    }

    #[test]
    fn breaker_with_an_unreported_trial_admits_another() {
        let now = Instant::now() + 5 * SECOND;
        let mut breaker = open_breaker(now - 5 * SECOND);
        breaker.admit(now).unwrap();
        assert_eq!(breaker.admit(now + 9 * SECOND), Err(SECOND));
        assert_eq!(breaker.admit(now + 10 * SECOND), Ok(()));
    }

    #[test]
    fn breaker_after_a_block_opens_at_once_for_longer() {
        let now = Instant::now();
        let mut breaker = breaker();
        breaker.report(Outcome::Blocked, now);
        assert_eq!(breaker.admit(now), Err(60 * SECOND));
    }

    #[test]
    fn breaker_after_a_busy_response_opens_for_the_clamped_retry_after() {
        let now = Instant::now();
        for (wish, pause) in [(0, 5), (7, 7), (86_400, 60)] {
            let mut breaker = breaker();
            breaker.report(Outcome::Busy(wish * SECOND), now);
            assert_eq!(breaker.admit(now), Err(pause * SECOND));
        }
    }

    #[test]
    fn open_breaker_ignores_late_reports() {
        let now = Instant::now();
        let mut breaker = open_breaker(now);
        breaker.report(Outcome::Success, now);
        breaker.report(Outcome::Failure, now + SECOND);
        assert_eq!(breaker.admit(now + SECOND), Err(4 * SECOND));
    }

    #[test]
    fn breaker_with_extreme_limits_does_not_panic() {
        for extreme in [Duration::ZERO, Duration::MAX] {
            let mut breaker = CircuitBreaker::new(&Config {
                timeout: extreme,
                breaker_failures: 0,
                breaker_pause: extreme,
                breaker_longest_pause: extreme,
                breaker_blocked_pause: extreme,
                ..Config::default()
            });
            let now = Instant::now();
            for outcome in [Outcome::Failure, Outcome::Blocked, Outcome::Busy(extreme)] {
                let _ = breaker.admit(now);
                breaker.report(outcome, now);
            }
        }
    }

    proptest! {
        #[test]
        fn breaker_after_any_events_reopens_within_its_longest_pause(
            events in prop::collection::vec((0..4_u8, 0..30_u32), 0..50)
        ) {
            let mut now = Instant::now();
            let mut breaker = breaker();
            for (event, seconds) in events {
                now += seconds * SECOND;
                let outcome = match event {
                    0 => Outcome::Success,
                    1 => Outcome::Failure,
                    2 => Outcome::Busy(seconds * 10 * SECOND),
                    _ => Outcome::Blocked,
                };
                if breaker.admit(now).is_ok() {
                    breaker.report(outcome, now);
                }
                let in_a_minute = breaker.state(now + 60 * SECOND);
                let is_open = matches!(in_a_minute, BreakerState::Open { .. });
                prop_assert!(!is_open);
            }
        }
    }
}
