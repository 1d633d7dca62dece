//! What a caller sees, and how often an API is called, during an upstream failure and after
//! recovery.
//!
//! No test waits: the tests advance the clock of the runtime instead.

use std::time::Duration;

use aareguru::api::{Answer, Api, BreakerState, Current, Endpoint};
use aareguru::{Client, Config, Error, Place, River};
use jiff::Timestamp;
use tokio::task::{JoinSet, yield_now};

use testkit::{MockResponse, MockUpstream, recordings::CURRENT_BERN};

const SECOND: Duration = Duration::from_secs(1);

fn bern() -> &'static Place {
    Place::find("bern").unwrap()
}

/// Advances the clock of the runtime.
async fn advance_clock(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Lets every ready task proceed as far as it can without I/O.
async fn settle() {
    for _ in 0..10 {
        yield_now().await;
    }
}

/// Returns a client whose breaker opens after three failures for 5 s, 10 s at most.
fn client_with_breaker(server: &MockUpstream) -> Client {
    Client::new(&Config {
        cache_ttl: Duration::ZERO,
        breaker_failures: 3,
        breaker_pause: 5 * SECOND,
        breaker_longest_pause: 10 * SECOND,
        ..server.config()
    })
    .unwrap()
}

fn is_circuit_open(result: &Result<Answer<Current>, Error>) -> bool {
    matches!(result, Err(Error::CircuitOpen { .. }))
}

#[tokio::test]
async fn upstream_fault_yields_the_stale_response() {
    let page = "<html>maintenance</html>";
    let message = r#"{"message": "Access denied by Imunify360 bot-protection"}"#;
    let thun = r#"{"aare": {"location": "Thun", "temperature": 30}}"#;
    type IsExpected = fn(&Error) -> bool;
    let faults: [(MockResponse, IsExpected); 8] = [
        (MockResponse::status(500), |e| {
            matches!(e, Error::Status { status: 500, .. })
        }),
        (MockResponse::status(404), |e| {
            matches!(e, Error::Status { status: 404, .. })
        }),
        (
            MockResponse::Busy(7),
            |e| matches!(e, Error::Status { status: 429, retry_after: Some(wish), .. } if *wish == 7 * SECOND),
        ),
        (MockResponse::text(page), |e| {
            matches!(e, Error::Page { .. })
        }),
        (MockResponse::text(message), |e| {
            matches!(e, Error::Blocked { .. })
        }),
        (MockResponse::text(r#"{"error": "x"}"#), |e| {
            matches!(e, Error::Refused { .. })
        }),
        (MockResponse::text(&CURRENT_BERN[..999]), |e| {
            matches!(e, Error::Malformed { .. })
        }),
        (MockResponse::text(thun), |e| {
            matches!(e, Error::WrongPlace { .. })
        }),
    ];
    for (fault, is_expected) in faults {
        let server = MockUpstream::start(MockResponse::Recordings).await;
        let client = server.uncached_client();
        let before = Timestamp::now();
        let first = client.current(bern()).await.unwrap();
        assert!(!first.is_stale());
        assert!(first.fetched_at() >= before);

        server.reply(fault);
        let second = client.current(bern()).await.unwrap();
        let trouble = second.upstream_trouble().unwrap();
        assert!(is_expected(&trouble.error), "{trouble:?}");
        assert_eq!(trouble.answered_at, first.fetched_at());
        assert_eq!(second.fetched_at(), first.fetched_at());
        assert_eq!(second.value(), first.value());
        assert_eq!(server.request_count(), 2);
    }
}

#[tokio::test]
async fn upstream_timeout_yields_the_stale_response() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = server.uncached_client();
    client.current(bern()).await.unwrap();

    server.reply(MockResponse::Never);
    let caller = tokio::spawn(async move { client.current(bern()).await });
    while server.request_count() < 2 {
        yield_now().await;
    }
    advance_clock(server.config().timeout).await;
    let answer = caller.await.unwrap().unwrap();
    let trouble = answer.upstream_trouble().unwrap();
    assert!(
        matches!(trouble.error, Error::Timeout { .. }),
        "{trouble:?}"
    );
}

#[tokio::test]
async fn river_with_a_stale_response_reports_the_failure_and_true_times() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let river = River::new(server.uncached_client());
    let now = river.current_temperature(bern()).await.unwrap();
    assert!(now.upstream_trouble.is_none());
    let places = river.places().await.unwrap();
    assert!(places.iter().all(|at| at.upstream_trouble.is_none()));

    server.reply(MockResponse::status(503));
    let later = river.current_temperature(bern()).await.unwrap();
    assert!(later.upstream_trouble.is_some());
    assert_eq!(later.water, now.water);
    let places = river.places().await.unwrap();
    assert!(places.iter().all(|at| at.upstream_trouble.is_some()));

    server.reply(MockResponse::Recordings);
    let now = river.current_temperature(bern()).await.unwrap();
    assert!(now.upstream_trouble.is_none());
}

#[tokio::test]
async fn stale_response_of_another_request_is_not_used() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = server.uncached_client();
    client.current(bern()).await.unwrap();
    server.reply(MockResponse::status(500));
    for id in ["thun", "olten"] {
        let error = client.current(Place::find(id).unwrap()).await.unwrap_err();
        assert!(
            matches!(error, Error::Status { status: 500, .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn stale_response_older_than_stale_for_is_not_used() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = server.stateless_client();
    client.current(bern()).await.unwrap();
    server.reply(MockResponse::status(500));
    client.current(bern()).await.unwrap_err();
}

#[tokio::test]
async fn concurrent_callers_share_one_failure() {
    for has_earlier_answer in [false, true] {
        let server = MockUpstream::start(MockResponse::Recordings).await;
        let client = server.uncached_client();
        if has_earlier_answer {
            client.current(bern()).await.unwrap();
        }
        let before = server.request_count();
        server.reply(MockResponse::status(500).held());
        let mut callers = JoinSet::new();
        for _ in 0..1_000 {
            let client = client.clone();
            callers.spawn(async move { client.current(bern()).await });
        }
        settle().await;
        while server.request_count() == before {
            yield_now().await;
        }
        server.release();
        for answer in callers.join_all().await {
            match answer {
                Ok(answer) => assert!(has_earlier_answer && answer.is_stale()),
                Err(error) => {
                    assert!(!has_earlier_answer);
                    assert!(
                        matches!(error, Error::Status { status: 500, .. }),
                        "{error:?}"
                    );
                }
            }
        }
        assert_eq!(server.request_count(), before + 1);
    }
}

#[tokio::test]
async fn transient_fault_is_hidden_by_retries() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    server.reply_next([MockResponse::status(500), MockResponse::status(502)]);
    let client = Client::new(&Config {
        retries: 2,
        retry_pause: Duration::from_millis(1),
        ..server.config()
    })
    .unwrap();
    let answer = client.current(bern()).await.unwrap();
    assert!(!answer.is_stale());
    assert_eq!(server.request_count(), 3);
    assert_eq!(client.breaker_state(Api::Aareguru), BreakerState::Closed);
}

#[tokio::test]
async fn permanent_upstream_error_is_not_retried() {
    let blocked = r#"{"message": "Access denied by Imunify360 bot-protection"}"#;
    for reply in [
        MockResponse::status(404),
        MockResponse::text(blocked),
        MockResponse::text("<html>"),
        MockResponse::text("{"),
        MockResponse::text(r#"{"error": "x"}"#),
    ] {
        let server = MockUpstream::start(reply).await;
        let client = Client::new(&Config {
            retries: 5,
            ..server.config()
        })
        .unwrap();
        client.current(bern()).await.unwrap_err();
        assert_eq!(server.request_count(), 1);
    }
}

#[tokio::test]
async fn retry_waits_for_retry_after() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    server.reply_next([MockResponse::Busy(30)]);
    let client = Client::new(&Config {
        retries: 1,
        retry_pause: Duration::from_millis(1),
        ..server.config()
    })
    .unwrap();
    let caller = tokio::spawn(async move { client.current(bern()).await });
    let mut waited = Duration::ZERO;
    server.first_request().await;
    while server.request_count() < 2 {
        advance_clock(SECOND / 10).await;
        waited += SECOND / 10;
        settle().await;
    }
    assert!(waited >= 29 * SECOND, "{waited:?}");
    assert!(!caller.await.unwrap().unwrap().is_stale());
}

#[tokio::test]
async fn retry_after_beyond_the_timeout_opens_the_breaker() {
    let server = MockUpstream::start(MockResponse::Busy(30)).await;
    let client = server.uncached_client();
    let error = client.current(bern()).await.unwrap_err();
    assert!(matches!(error, Error::Status { retry_after: Some(wish), .. } if wish == 30 * SECOND));

    server.reply(MockResponse::Recordings);
    assert!(is_circuit_open(&client.current(bern()).await));
    assert_eq!(server.request_count(), 1);
    advance_clock(30 * SECOND).await;
    client.current(bern()).await.unwrap();
}

#[tokio::test]
async fn breaker_stays_open_until_a_trial_succeeds() {
    let server = MockUpstream::start(MockResponse::status(500)).await;
    let client = client_with_breaker(&server);
    for _ in 0..3 {
        let error = client.current(bern()).await.unwrap_err();
        assert!(matches!(error, Error::Status { .. }), "{error:?}");
    }
    for _ in 0..100 {
        let error = client.current(bern()).await.unwrap_err();
        assert!(
            matches!(error, Error::CircuitOpen { api: Api::Aareguru, retry_after } if retry_after <= 5 * SECOND),
            "{error:?}"
        );
    }
    assert_eq!(server.request_count(), 3);

    // After the pause one request tries, and fails.
    advance_clock(5 * SECOND).await;
    assert_eq!(client.breaker_state(Api::Aareguru), BreakerState::HalfOpen);
    let error = client.current(bern()).await.unwrap_err();
    assert!(matches!(error, Error::Status { .. }), "{error:?}");
    assert!(is_circuit_open(&client.current(bern()).await));
    assert_eq!(server.request_count(), 4);

    // The next pause is longer.
    server.reply(MockResponse::Recordings);
    advance_clock(5 * SECOND).await;
    assert!(is_circuit_open(&client.current(bern()).await));
    advance_clock(5 * SECOND).await;
    client.current(bern()).await.unwrap();
    assert_eq!(client.breaker_state(Api::Aareguru), BreakerState::Closed);
    assert_eq!(server.request_count(), 5);
}

#[tokio::test]
async fn open_breaker_yields_the_stale_response() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = client_with_breaker(&server);
    client.current(bern()).await.unwrap();
    server.reply(MockResponse::status(500));
    let mut troubles = Vec::new();
    for _ in 0..5 {
        let answer = client.current(bern()).await.unwrap();
        troubles.push(answer.upstream_trouble().unwrap().error.clone());
    }
    assert!(matches!(troubles[2], Error::Status { .. }));
    assert!(matches!(troubles[3], Error::CircuitOpen { .. }));
    assert_eq!(server.request_count(), 4);
}

#[tokio::test]
async fn half_open_breaker_admits_one_trial() {
    let server = MockUpstream::start(MockResponse::status(500)).await;
    let client = client_with_breaker(&server);
    for _ in 0..3 {
        client.current(bern()).await.unwrap_err();
    }
    advance_clock(5 * SECOND).await;
    server.reply(MockResponse::Recordings.held());
    let trial = tokio::spawn({
        let client = client.clone();
        async move { client.current(bern()).await }
    });
    while server.request_count() < 4 {
        yield_now().await;
    }
    let other = client.cities().await.unwrap_err();
    assert!(matches!(other, Error::CircuitOpen { .. }), "{other:?}");
    server.release();
    trial.await.unwrap().unwrap();
    client.cities().await.unwrap();
    assert_eq!(server.request_count(), 5);
}

#[tokio::test]
async fn trial_whose_caller_leaves_closes_the_breaker() {
    let server = MockUpstream::start(MockResponse::status(500)).await;
    let client = client_with_breaker(&server);
    for _ in 0..3 {
        client.current(bern()).await.unwrap_err();
    }
    advance_clock(5 * SECOND).await;
    server.reply(MockResponse::Recordings.held());
    let trial = tokio::spawn({
        let client = client.clone();
        async move { client.current(bern()).await }
    });
    while server.request_count() < 4 {
        yield_now().await;
    }
    trial.abort();
    server.release();
    while client.breaker_state(Api::Aareguru) != BreakerState::Closed {
        yield_now().await;
    }
}

#[tokio::test]
async fn block_opens_the_breaker_at_once() {
    let message = r#"{"message": "Access denied by Imunify360 bot-protection"}"#;
    let server = MockUpstream::start(MockResponse::Body(403, message.as_bytes().to_vec())).await;
    let client = server.uncached_client();
    let error = client.current(bern()).await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error:?}");
    for _ in 0..10 {
        assert!(is_circuit_open(&client.current(bern()).await));
    }
    assert_eq!(server.request_count(), 1);
    let pause = server.config().breaker_blocked_pause;
    assert!(matches!(
        client.breaker_state(Api::Aareguru),
        BreakerState::Open { retry_after } if retry_after > pause - 60 * SECOND
    ));

    server.reply(MockResponse::Recordings);
    advance_clock(pause).await;
    client.current(bern()).await.unwrap();
}

#[tokio::test]
async fn breaker_with_intermittent_failures_stays_closed() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = client_with_breaker(&server);
    client.current(bern()).await.unwrap();
    for round in 0..20 {
        server.reply_next([MockResponse::status(500), MockResponse::status(503)]);
        for _ in 0..2 {
            assert!(client.current(bern()).await.unwrap().is_stale());
        }
        assert!(!client.current(bern()).await.unwrap().is_stale(), "{round}");
    }
    assert_eq!(client.breaker_state(Api::Aareguru), BreakerState::Closed);
    assert_eq!(server.request_count(), 61);
}

#[tokio::test]
async fn breaker_of_one_api_leaves_the_other_closed() {
    let server = MockUpstream::start(MockResponse::status(500)).await;
    let client = client_with_breaker(&server);
    for _ in 0..3 {
        client.current(bern()).await.unwrap_err();
    }
    let (start, end) = (Timestamp::UNIX_EPOCH, Timestamp::now());
    server.reply(MockResponse::Recordings);
    assert!(is_circuit_open(&client.current(bern()).await));
    client.hydro_daterange(bern(), start, end).await.unwrap();
    assert_eq!(client.breaker_state(Api::Hydro), BreakerState::Closed);
}

#[tokio::test]
async fn malformed_history_does_not_open_the_breaker() {
    let server = MockUpstream::start(MockResponse::text(r#"{"data": 1}"#)).await;
    let client = client_with_breaker(&server);
    for _ in 0..5 {
        let (start, end) = (Timestamp::UNIX_EPOCH, Timestamp::now());
        let error = client.history(bern(), start, end).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Malformed {
                    endpoint: Endpoint::History,
                    ..
                }
            ),
            "{error:?}"
        );
    }
    server.reply(MockResponse::Recordings);
    client.current(bern()).await.unwrap();
}
