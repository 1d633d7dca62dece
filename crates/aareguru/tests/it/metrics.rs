//! The metrics of the crate.

use std::collections::BTreeMap;

use aareguru::{Client, Place};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use testkit::{MockResponse, MockUpstream};

/// Returns the non-zero metrics as `name{label=value,…}`; for a histogram, the number of its
/// values.
fn nonzero_metrics(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    let named = all.map(|(key, _, _, value)| {
        let key = key.key();
        let labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(values) => values.len() as f64,
        };
        (format!("{}{{{}}}", key.name(), labels.join(",")), value)
    });
    named.filter(|(_, value)| *value != 0.0).collect()
}

#[tokio::test]
async fn requests_cache_lookups_and_breakers_are_counted() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let client = metrics::with_local_recorder(&recorder, || server.client());
    let bern = Place::find("bern").unwrap();

    client.current(bern).await.unwrap();
    client.current(bern).await.unwrap();
    server.reply(MockResponse::text(r#"{"message": "Imunify360"}"#));
    client.cities().await.unwrap_err();
    client.cities().await.unwrap_err();

    let expected = [
        ("aareguru_breaker_state{host=aareguru}", 2.0),
        (
            "aareguru_cache_lookups_total{endpoint=cities,result=miss}",
            2.0,
        ),
        (
            "aareguru_cache_lookups_total{endpoint=current,result=hit}",
            1.0,
        ),
        (
            "aareguru_cache_lookups_total{endpoint=current,result=miss}",
            1.0,
        ),
        ("aareguru_request_duration_seconds{endpoint=cities}", 1.0),
        ("aareguru_request_duration_seconds{endpoint=current}", 1.0),
        (
            "aareguru_requests_total{endpoint=cities,outcome=blocked}",
            1.0,
        ),
        ("aareguru_requests_total{endpoint=current,outcome=ok}", 1.0),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(nonzero_metrics(&snapshotter), BTreeMap::from(expected));
}

#[tokio::test]
async fn stale_and_shared_lookups_are_counted() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let client = metrics::with_local_recorder(&recorder, || server.uncached_client());

    server.reply(MockResponse::Recordings.held());
    let (first, second, ()) = tokio::join!(client.cities(), client.cities(), async {
        server.first_request().await;
        server.release();
    });
    first.unwrap();
    second.unwrap();
    server.reply(MockResponse::status(500));
    client.cities().await.unwrap();

    let numbers = nonzero_metrics(&snapshotter);
    for result in ["miss", "shared", "stale"] {
        let name = format!("aareguru_cache_lookups_total{{endpoint=cities,result={result}}}");
        assert_eq!(numbers.get(&name), Some(&1.0), "{numbers:?}");
    }
}

#[tokio::test]
async fn recordings_are_not_counted_as_requests() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let client = metrics::with_local_recorder(&recorder, Client::recorded);
    client.cities().await.unwrap();
    let names: Vec<_> = nonzero_metrics(&snapshotter).into_keys().collect();
    assert_eq!(
        names,
        ["aareguru_cache_lookups_total{endpoint=cities,result=miss}"]
    );
}
