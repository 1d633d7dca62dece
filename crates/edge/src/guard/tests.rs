//! Fixtures for the tests of the checks, and tests of the host and origin check.

use axum::{body::Body, extract::Request};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use rmcp_transport::RefusedHeader;

use super::host_and_origin::HostAndOrigin;
use crate::{
    access::Access,
    config::{ApiKeyConfig, Config},
    secret::Secret,
};

/// The configuration of the API keys in `entries`, which are separated by commas.
pub(super) fn api_keys(entries: &str) -> ApiKeyConfig {
    let entries = entries
        .split(',')
        .map(|entry| Secret::from(entry.to_owned()));
    ApiKeyConfig {
        entries: entries.collect(),
        ..ApiKeyConfig::default()
    }
}

pub(super) fn request(headers: &[(&str, &str)]) -> Request {
    let mut request = axum::http::Request::get("/sse");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

/// The metrics of the value that [`recorded`] built.
pub(super) struct RecordedMetrics(Snapshotter);

pub(super) fn recorded<T>(build: impl FnOnce() -> T) -> (T, RecordedMetrics) {
    let recorder = DebuggingRecorder::new();
    let metrics = RecordedMetrics(recorder.snapshotter());
    (metrics::with_local_recorder(&recorder, build), metrics)
}

impl RecordedMetrics {
    /// Takes all metrics: name, value of the first label, value. Counters are reset.
    pub(super) fn take_all(&self) -> Vec<(String, String, f64)> {
        let metrics = self.0.snapshot().into_vec();
        let values = metrics.into_iter().map(|(key, _, _, value)| {
            let key = key.key();
            let label = key.labels().next().map(|label| label.value().to_owned());
            let value = match value {
                DebugValue::Counter(n) => n as f64,
                DebugValue::Gauge(n) => n.into_inner(),
                DebugValue::Histogram(values) => values.len() as f64,
            };
            (key.name().to_owned(), label.unwrap_or_default(), value)
        });
        values.collect()
    }
}

/// Returns the value of a metric with this label.
pub(super) fn value(all: &[(String, String, f64)], name: &str, label: &str) -> f64 {
    let found = all.iter().find(|(n, l, _)| n == name && l == label);
    found
        .unwrap_or_else(|| panic!("{name} {label} in {all:?}"))
        .2
}

#[test]
fn host_and_origin_refusals_are_counted() {
    let (check, metrics) = recorded(|| HostAndOrigin::new(&Config::default(), false).unwrap());
    for headers in [
        &[("host", "localhost")][..],
        &[("host", "evil.example")],
        &[("host", "localhost"), ("origin", "null")],
        &[],
    ] {
        let _ = check.check(Access::Keyed, &request(headers));
    }
    let all = metrics.take_all();
    let name = "aareguru_mcp_rebinding_refused_total";
    assert_eq!(
        (value(&all, name, "host"), value(&all, name, "origin")),
        (2.0, 1.0)
    );
}

#[test]
fn refused_host_is_quoted_only_if_it_is_plain() {
    let check = HostAndOrigin::new(&Config::default(), false).unwrap();
    for (host, says) in [
        ("evil.example:80", "`evil.example:80` is not allowed"),
        ("<script>", "the value is not allowed"),
        ("", "the value is not allowed"),
    ] {
        let response = check.check(Access::Keyed, &request(&[("host", host)]));
        let response = response.unwrap_err();
        assert_eq!(response.status(), RefusedHeader::Host.status());
        let body =
            futures_util::FutureExt::now_or_never(axum::body::to_bytes(response.into_body(), 1000));
        let body = String::from_utf8(body.unwrap().unwrap().to_vec()).unwrap();
        assert!(body.contains(says), "{body}");
        assert!(body.starts_with("Invalid Host header: "), "{body}");
    }
}

#[test]
fn wildcard_origin_is_accepted_only_with_a_key() {
    let config = Config {
        cors_origins: ["https://a.example", "*"].map(str::to_owned).to_vec(),
        ..Config::default()
    };
    let accepts = |needs_key, origin: &str| {
        let check = HostAndOrigin::new(&config, needs_key).unwrap();
        let request = request(&[("host", "localhost"), ("origin", origin)]);
        check.check(Access::Keyed, &request).is_ok()
    };
    assert!(accepts(false, "https://a.example"));
    assert!(!accepts(false, "https://b.example"));
    assert!(accepts(true, "https://b.example"));
}
