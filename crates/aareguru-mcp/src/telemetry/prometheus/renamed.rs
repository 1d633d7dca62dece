//! Two numbers of the transport under the names that users of this server were
//! promised. The transport is a library and keeps to names of its own.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::PrometheusRecorder;

/// What the transport calls it, and what it is called here.
const NAMES: [(&str, &str); 2] = [
    ("rmcp_sse_streams", "sse_connections_active"),
    ("rmcp_sse_messages_total", "messages_received_total"),
];

/// A recorder that renames what is registered with it; counting itself costs
/// nothing more.
pub(super) struct Renamed(pub(super) PrometheusRecorder);

fn promised(name: &str) -> Option<&'static str> {
    let found = NAMES.iter().find(|(theirs, _)| *theirs == name);
    found.map(|(_, ours)| *ours)
}

fn key(key: &Key) -> Option<Key> {
    let name = promised(key.name())?;
    Some(Key::from_parts(
        name,
        key.labels().cloned().collect::<Vec<_>>(),
    ))
}

fn name(name: KeyName) -> KeyName {
    promised(name.as_str()).map_or(name, KeyName::from_const_str)
}

impl Recorder for Renamed {
    fn describe_counter(&self, of: KeyName, unit: Option<Unit>, description: SharedString) {
        self.0.describe_counter(name(of), unit, description);
    }

    fn describe_gauge(&self, of: KeyName, unit: Option<Unit>, description: SharedString) {
        self.0.describe_gauge(name(of), unit, description);
    }

    fn describe_histogram(&self, of: KeyName, unit: Option<Unit>, description: SharedString) {
        self.0.describe_histogram(name(of), unit, description);
    }

    fn register_counter(&self, of: &Key, metadata: &Metadata<'_>) -> Counter {
        self.0
            .register_counter(key(of).as_ref().unwrap_or(of), metadata)
    }

    fn register_gauge(&self, of: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.0
            .register_gauge(key(of).as_ref().unwrap_or(of), metadata)
    }

    fn register_histogram(&self, of: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.0
            .register_histogram(key(of).as_ref().unwrap_or(of), metadata)
    }
}
