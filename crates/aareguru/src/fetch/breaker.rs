//! When an API that fails is left alone, and when it is asked again.
//!
//! A state machine without a clock: the present is an argument. After some
//! failures in a row it opens, and no request passes. After a pause one request
//! may try; if it fails too, the next pause is twice as long.

use std::time::Duration;

use tokio::time::Instant;

use crate::Config;

/// Longer pauses than this are cut to it: times must not overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Whether an API is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Requests pass.
    Closed,
    /// The next request tries whether the API is well again, or is doing so.
    HalfOpen,
    /// No request passes.
    Open {
        /// When the next one may.
        retry_after: Duration,
    },
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The API answered; it is well, whatever it said.
    Answered,
    /// It did not, or with something broken.
    Failed,
    /// It answered that it wants to be left alone for so long.
    Busy(Duration),
    /// Its host has blocked us.
    Blocked,
}

/// The breaker of one API.
#[derive(Debug)]
pub(crate) struct Breaker {
    limits: Limits,
    state: State,
}

#[derive(Debug)]
struct Limits {
    failures: u32,
    pause: Duration,
    longest_pause: Duration,
    blocked_pause: Duration,
    /// How long a trying request has the field to itself. It reports long
    /// before, unless its task was lost.
    trial: Duration,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, pause: Duration },
    HalfOpen { until: Instant, pause: Duration },
}

impl BreakerState {
    /// As a number for metrics: 0 closed, 1 half-open, 2 open.
    pub(crate) fn level(self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::HalfOpen => 1,
            Self::Open { .. } => 2,
        }
    }
}

impl Breaker {
    pub(crate) fn new(config: &Config) -> Self {
        let longest_pause = config.breaker_longest_pause.min(LONGEST);
        Self {
            limits: Limits {
                failures: config.breaker_failures.max(1),
                pause: config.breaker_pause.min(longest_pause),
                longest_pause,
                blocked_pause: config.breaker_blocked_pause.min(LONGEST),
                trial: config.timeout.min(LONGEST) + Duration::from_secs(1),
            },
            state: State::Closed { failures: 0 },
        }
    }

    /// Lets a request pass, or tells how long none will. Each request that
    /// passes has to [`report`](Self::report).
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
            // A request that began before it opened; the pause stands.
            (_, open @ State::Open { .. }) => open,
            (Outcome::Answered, _) => State::Closed { failures: 0 },
            (Outcome::Busy(wait), _) => {
                let longest = limits.longest_pause.max(limits.blocked_pause);
                open(now, wait.clamp(limits.pause.min(longest), longest))
            }
            (Outcome::Failed, State::HalfOpen { pause, .. }) => {
                open(now, (pause * 2).min(limits.longest_pause))
            }
            (Outcome::Failed, State::Closed { failures }) if failures + 1 >= limits.failures => {
                open(now, limits.pause)
            }
            (Outcome::Failed, State::Closed { failures }) => State::Closed {
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
    fn breaker() -> Breaker {
        Breaker::new(&Config {
            timeout: 9 * SECOND,
            breaker_failures: 3,
            breaker_pause: 5 * SECOND,
            breaker_longest_pause: 20 * SECOND,
            breaker_blocked_pause: 60 * SECOND,
            ..Config::default()
        })
    }

    /// A breaker that opened at `now`.
    fn open_breaker(now: Instant) -> Breaker {
        let mut breaker = breaker();
        for _ in 0..3 {
            breaker.admit(now).unwrap();
            breaker.report(Outcome::Failed, now);
        }
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row() {
        let now = Instant::now();
        let mut breaker = breaker();
        for outcome in [
            Outcome::Failed,
            Outcome::Failed,
            Outcome::Answered,
            Outcome::Failed,
            Outcome::Failed,
        ] {
            breaker.report(outcome, now);
            assert_eq!(breaker.state(now), BreakerState::Closed);
        }
        breaker.report(Outcome::Failed, now);
        assert_eq!(breaker.admit(now + SECOND), Err(4 * SECOND));
    }

    #[test]
    fn after_the_pause_one_request_tries() {
        let now = Instant::now();
        let mut breaker = open_breaker(now);
        let later = now + 5 * SECOND;
        assert_eq!(breaker.state(later), BreakerState::HalfOpen);
        assert_eq!(breaker.admit(later), Ok(()));
        assert_eq!(breaker.admit(later), Err(10 * SECOND));
        breaker.report(Outcome::Answered, later);
        assert_eq!(breaker.state(later), BreakerState::Closed);
        assert_eq!(breaker.admit(later), Ok(()));
    }

    #[test]
    fn each_failed_trial_doubles_the_pause_up_to_the_longest() {
        let mut now = Instant::now();
        let mut breaker = open_breaker(now);
        for pause in [5, 10, 20, 20] {
            assert_eq!(breaker.admit(now), Err(pause * SECOND));
            now += pause * SECOND;
            breaker.admit(now).unwrap();
            breaker.report(Outcome::Failed, now);
        }
        now += 20 * SECOND;
        breaker.admit(now).unwrap();
        breaker.report(Outcome::Answered, now);
        for _ in 0..3 {
            breaker.report(Outcome::Failed, now);
        }
        assert_eq!(
            breaker.admit(now),
            Err(5 * SECOND),
            "the next trouble is new"
        );
    }

    #[test]
    fn a_lost_trial_does_not_keep_it_open_for_ever() {
        let now = Instant::now() + 5 * SECOND;
        let mut breaker = open_breaker(now - 5 * SECOND);
        breaker.admit(now).unwrap();
        assert_eq!(breaker.admit(now + 9 * SECOND), Err(SECOND));
        assert_eq!(breaker.admit(now + 10 * SECOND), Ok(()));
    }

    #[test]
    fn a_block_opens_it_at_once_and_for_longer() {
        let now = Instant::now();
        let mut breaker = breaker();
        breaker.report(Outcome::Blocked, now);
        assert_eq!(breaker.admit(now), Err(60 * SECOND));
    }

    #[test]
    fn a_wish_to_be_left_alone_is_granted_within_limits() {
        let now = Instant::now();
        for (wish, pause) in [(0, 5), (7, 7), (86_400, 60)] {
            let mut breaker = breaker();
            breaker.report(Outcome::Busy(wish * SECOND), now);
            assert_eq!(breaker.admit(now), Err(pause * SECOND));
        }
    }

    #[test]
    fn late_news_does_not_shorten_the_pause() {
        let now = Instant::now();
        let mut breaker = open_breaker(now);
        breaker.report(Outcome::Answered, now);
        breaker.report(Outcome::Failed, now + SECOND);
        assert_eq!(breaker.admit(now + SECOND), Err(4 * SECOND));
    }

    #[test]
    fn any_limits_can_be_set() {
        for extreme in [Duration::ZERO, Duration::MAX] {
            let mut breaker = Breaker::new(&Config {
                timeout: extreme,
                breaker_failures: 0,
                breaker_pause: extreme,
                breaker_longest_pause: extreme,
                breaker_blocked_pause: extreme,
                ..Config::default()
            });
            let now = Instant::now();
            for outcome in [Outcome::Failed, Outcome::Blocked, Outcome::Busy(extreme)] {
                let _ = breaker.admit(now);
                breaker.report(outcome, now);
            }
        }
    }

    proptest! {
        #[test]
        fn it_never_stays_shut_for_longer_than_its_longest_pause(
            events in prop::collection::vec((0..4_u8, 0..30_u32), 0..50)
        ) {
            let mut now = Instant::now();
            let mut breaker = breaker();
            for (event, seconds) in events {
                now += seconds * SECOND;
                let outcome = match event {
                    0 => Outcome::Answered,
                    1 => Outcome::Failed,
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
