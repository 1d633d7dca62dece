//! Concurrent callers share one request to the API.

use std::time::Duration;

use aareguru::{Client, Config, Place};
use tokio::task::JoinSet;

use testkit::{MockResponse, MockUpstream};

#[tokio::test]
async fn concurrent_callers_share_one_request() {
    let server = MockUpstream::start(MockResponse::Recordings.held()).await;
    let client = server.client();
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        let client = client.clone();
        callers.spawn(async move { client.cities().await.map(|cities| cities.len()) });
    }
    server.first_request().await;
    server.release();

    for answer in callers.join_all().await {
        assert_eq!(answer.unwrap(), 8);
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn fetch_within_the_cache_time_sends_no_request() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = server.client();
    client.cities().await.unwrap();
    client.clone().cities().await.unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn fetch_after_the_cache_time_sends_a_request() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let config = Config {
        cache_ttl: Duration::from_millis(200),
        ..server.config()
    };
    let client = Client::new(&config).unwrap();
    let fetch_until_requested_again = async {
        while server.requests().len() < 2 {
            client.cities().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), fetch_until_requested_again)
        .await
        .unwrap();
}

#[tokio::test]
async fn cache_time_of_zero_caches_nothing() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = server.stateless_client();
    for _ in 0..3 {
        client.cities().await.unwrap();
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn places_are_cached_separately() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = server.client();
    client.current(Place::find("bern").unwrap()).await.unwrap();
    client
        .current(Place::find("thun").unwrap())
        .await
        .unwrap_err();
    client.current(Place::find("bern").unwrap()).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn flight_survives_callers_that_leave() {
    let server = MockUpstream::start(MockResponse::Recordings.held()).await;
    let client = server.client();
    let ask = || {
        tokio::spawn({
            let client = client.clone();
            async move { client.cities().await.map(|cities| cities.len()) }
        })
    };
    let leaving: Vec<_> = (0..500).map(|_| ask()).collect();
    let staying = ask();
    server.first_request().await;
    for caller in leaving {
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
    }
    server.release();

    assert_eq!(staying.await.unwrap().unwrap(), 8);
    assert_eq!(server.requests().len(), 1);
}
