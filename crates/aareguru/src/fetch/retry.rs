//! Repeats a request after a transient error, with exponential backoff, until the retries or the
//! total time are used up or the breaker opens.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::{Instant, sleep};

use super::MAX_DURATION;
use super::breaker::Outcome;
use super::shared_breaker::SharedBreaker;
use crate::endpoint::Endpoint;
use crate::{Config, Error};

/// The retry limits.
pub(crate) struct RetryPolicy {
    retries: u32,
    pause: Duration,
    timeout: Duration,
    total: Duration,
}

impl RetryPolicy {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            retries: config.retries,
            pause: config.retry_pause.min(MAX_DURATION),
            timeout: config.timeout,
            total: config.total_timeout.min(MAX_DURATION),
        }
    }

    /// Runs `request` with its timeout until it succeeds or must not be retried. Returns the last
    /// error.
    pub(crate) async fn run<T, F>(
        &self,
        breaker: &SharedBreaker,
        endpoint: Endpoint,
        mut request: impl FnMut(Duration) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let deadline = Instant::now() + self.total;
        let mut pauses = self.pauses();
        breaker.admit()?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let error = match request(self.timeout.min(left)).await {
                Ok(answer) => {
                    breaker.report(Outcome::Success);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let pause = next_pause(&error, &mut pauses)
                .filter(|&pause| pause < deadline.saturating_duration_since(Instant::now()));
            breaker.report(outcome(&error, pause));
            let Some(pause) = pause else {
                return Err(error);
            };
            tracing::debug!(
                endpoint = endpoint.label(),
                %error,
                pause_ms = pause.as_millis(),
                "request failed, retrying"
            );
            sleep(pause).await;
            // The error says more than that the breaker has opened.
            if breaker.admit().is_err() {
                return Err(error);
            }
        }
    }

    fn pauses(&self) -> ExponentialBackoff {
        ExponentialBuilder::new()
            .with_min_delay(self.pause)
            .with_max_delay(MAX_DURATION)
            .with_max_times(self.retries as usize)
            .with_jitter()
            .build()
    }
}

/// Returns how long to wait before the next retry; `None` if the request must not be retried.
fn next_pause(error: &Error, pauses: &mut ExponentialBackoff) -> Option<Duration> {
    if !error.is_transient() {
        return None;
    }
    let pause = pauses.next()?;
    Some(pause.max(error.retry_after().unwrap_or_default()))
}

/// Classifies a failed request for the circuit breaker.
fn outcome(error: &Error, pause: Option<Duration>) -> Outcome {
    match error {
        Error::Blocked { .. } => Outcome::Blocked,
        // The shape of these responses is unproven. Failing to parse one must not block the other
        // endpoints.
        Error::Malformed {
            endpoint: Endpoint::History,
            ..
        } => Outcome::Success,
        Error::Malformed { .. } | Error::Page { .. } => Outcome::Failure,
        // The API needs no key, so 403 means that this client is unwanted.
        Error::Status { status: 403, .. } => Outcome::Failure,
        error if error.is_transient() => match error.retry_after() {
            Some(wish) if pause.is_none() => Outcome::Busy(wish),
            _ => Outcome::Failure,
        },
        _ => Outcome::Success,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::ready;

    use super::*;
    use crate::endpoint::Api;
    use crate::fetch::breaker::BreakerState;

    const SECOND: Duration = Duration::from_secs(1);

    fn config() -> Config {
        Config {
            timeout: 10 * SECOND,
            total_timeout: 20 * SECOND,
            retries: 2,
            retry_pause: SECOND,
            ..Config::default()
        }
    }

    fn status(status: u16, retry_after: Option<u32>) -> Error {
        Error::Status {
            endpoint: Endpoint::Current,
            status,
            retry_after: retry_after.map(|seconds| seconds * SECOND),
        }
    }

    /// The seconds after the start at which requests were sent, and the result.
    struct Run {
        sent_at: Vec<f64>,
        result: Result<(), Error>,
        state: BreakerState,
    }

    /// Runs against an API that returns these errors, then success.
    async fn run(config: &Config, errors: impl IntoIterator<Item = Error>) -> Run {
        let breaker = SharedBreaker::new(Api::Aareguru, config);
        let start = Instant::now();
        let sent_at = RefCell::new(Vec::new());
        let mut errors = errors.into_iter();
        let result = RetryPolicy::new(config)
            .run(&breaker, Endpoint::Current, |_| {
                sent_at.borrow_mut().push(start.elapsed().as_secs_f64());
                ready(errors.next().map_or(Ok(()), Err))
            })
            .await;
        Run {
            sent_at: sent_at.into_inner(),
            result,
            state: breaker.state(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn transient_error_is_retried_with_backoff() {
        let run = run(&config(), [status(500, None), status(503, None)]).await;
        run.result.unwrap();
        let [first, second, third] = run.sent_at[..] else {
            panic!("{:?}", run.sent_at)
        };
        assert!(first < 0.1);
        assert!((1.0..2.1).contains(&(second - first)), "{second}");
        assert!((2.0..4.1).contains(&(third - second)), "{third}");
    }

    #[tokio::test(start_paused = true)]
    async fn exhausted_retries_return_the_last_error() {
        let run = run(&config(), (500..).map(|n| status(n, None))).await;
        assert!(matches!(run.result, Err(Error::Status { status: 502, .. })));
        assert_eq!(run.sent_at.len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn permanent_error_is_not_retried() {
        let blocked = Error::Blocked {
            endpoint: Endpoint::Current,
            message: String::new(),
        };
        let malformed = Error::Malformed {
            endpoint: Endpoint::Current,
            reason: String::new(),
            source: None,
        };
        let wrong_place = Error::WrongPlace {
            endpoint: Endpoint::Current,
            asked: String::new(),
            got: String::new(),
        };
        for error in [blocked, malformed, wrong_place, status(404, None)] {
            let run = run(&config(), [error]).await;
            assert_eq!(run.sent_at.len(), 1, "{:?}", run.result);
            assert!(run.result.is_err());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn retry_waits_for_retry_after() {
        let run = run(&config(), [status(429, Some(7))]).await;
        run.result.unwrap();
        assert!((7.0..7.1).contains(&run.sent_at[1]), "{:?}", run.sent_at);
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_beyond_the_deadline_opens_the_breaker() {
        let run = run(&config(), [status(429, Some(120))]).await;
        assert!(matches!(run.result, Err(Error::Status { status: 429, .. })));
        assert_eq!(run.sent_at, [0.0]);
        assert_eq!(
            run.state,
            BreakerState::Open {
                retry_after: 120 * SECOND
            }
        );
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_the_total_timeout_is_not_started() {
        let config = Config {
            retries: 1_000,
            ..config()
        };
        let run = run(&config, (0..).map(|_| status(500, None))).await;
        assert!(run.result.is_err());
        assert!(run.sent_at.last().unwrap() < &20.0, "{:?}", run.sent_at);
    }

    #[tokio::test(start_paused = true)]
    async fn attempt_timeout_is_capped_by_the_remaining_time() {
        let config = config();
        let breaker = SharedBreaker::new(Api::Aareguru, &config);
        let allowed = RefCell::new(Vec::new());
        let result = RetryPolicy::new(&config)
            .run(&breaker, Endpoint::Current, |time| {
                allowed.borrow_mut().push(time);
                async move {
                    sleep(time).await;
                    Err::<(), _>(status(504, None))
                }
            })
            .await;
        assert!(result.is_err());
        let allowed = allowed.into_inner();
        assert_eq!(allowed[0], 10 * SECOND);
        assert!(allowed[1] < 9 * SECOND, "{allowed:?}");
        assert_eq!(allowed.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn forbidden_status_and_web_page_count_as_failures() {
        let config = Config {
            breaker_failures: 1,
            ..config()
        };
        let page = Error::Page {
            endpoint: Endpoint::Current,
            beginning: String::new(),
        };
        for (error, opens) in [
            (page, true),
            (status(403, None), true),
            (status(404, None), false),
        ] {
            let run = run(&config, [error]).await;
            let is_open = matches!(run.state, BreakerState::Open { .. });
            assert_eq!(is_open, opens, "{:?}", run.result);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn retry_with_an_open_breaker_returns_the_last_error() {
        let config = Config {
            retries: 100,
            breaker_failures: 2,
            breaker_pause: 60 * SECOND,
            ..config()
        };
        let run = run(&config, (0..).map(|_| status(500, None))).await;
        assert!(matches!(run.result, Err(Error::Status { status: 500, .. })));
        assert_eq!(run.sent_at.len(), 2);
        assert!(matches!(run.state, BreakerState::Open { .. }));
    }
}
