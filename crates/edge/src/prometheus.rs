//! Exports the metrics of this process in the text format of Prometheus, at `/metrics`.
//!
//! All crates record metrics with the [`metrics`] facade; this module installs the recorder. Metrics
//! that are created before it record nothing, so it must be installed first.

#[cfg(target_os = "linux")]
mod process_metrics;

use std::{fmt, sync::LazyLock, time::Duration};

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use metrics::{Gauge, describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::runtime::Handle;

/// The `Content-Type` of the exported text.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the buckets for durations that include a request to another server, in seconds.
const SLOW_SECONDS: [f64; 13] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0,
];

/// Upper bounds of the buckets for durations of work in this process, in seconds.
const FAST_SECONDS: [f64; 13] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 20.0,
];

/// Metrics of the transport library, and the names under which this server exports them. The space
/// after the first name excludes other metrics whose names start with it.
const RENAMED: [(&str, &str); 2] = [
    ("rmcp_transport_streams ", "sse_connections_active "),
    ("rmcp_transport_messages_total", "messages_received_total"),
];

/// The interval at which recorded values are aggregated into the buckets of histograms. Without it,
/// every value takes memory until the next scrape.
const AGGREGATION_INTERVAL: Duration = Duration::from_secs(5);

/// The recorder of this process; cheap to clone.
#[derive(Clone)]
pub struct Prometheus {
    handle: PrometheusHandle,
    /// Updated by each scrape.
    tasks: Gauge,
}

impl Prometheus {
    /// Returns the recorder. The first call installs it.
    pub fn installed() -> Self {
        static INSTALLED: LazyLock<Prometheus> = LazyLock::new(Prometheus::install);
        INSTALLED.clone()
    }

    fn install() -> Self {
        let fast_metrics = [
            "request_duration_seconds",
            "aareguru_mcp_tool_duration_seconds",
            "aareguru_mcp_redis_duration_seconds",
            "aareguru_mcp_relay_duration_seconds",
            "rmcp_transport_store_commit_seconds",
        ];
        let builder = PrometheusBuilder::new().set_buckets(&SLOW_SECONDS);
        let builder = fast_metrics.into_iter().fold(builder, |builder, name| {
            let name = Matcher::Full(name.to_owned());
            builder.and_then(|builder| builder.set_buckets_for_metric(name, &FAST_SECONDS))
        });
        let recorder = builder.expect("the buckets are not empty").build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::error!("cannot export metrics: another recorder is installed");
        }
        describe_gauge!(
            "aareguru_mcp_build_info",
            "Always 1; the labels describe the build"
        );
        gauge!("aareguru_mcp_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
        describe_gauge!(
            "aareguru_mcp_runtime_tasks",
            "Running tasks of the async runtime"
        );
        Self {
            handle,
            tasks: gauge!("aareguru_mcp_runtime_tasks"),
        }
    }

    /// Renders all metrics.
    pub fn render(&self) -> String {
        if let Ok(runtime) = Handle::try_current() {
            self.tasks.set(runtime.metrics().num_alive_tasks() as f64);
        }
        let mut text = self.handle.render();
        for (name, exported) in RENAMED {
            text = text.replace(name, exported);
        }
        #[cfg(target_os = "linux")]
        process_metrics::render(&mut text);
        text
    }

    /// Aggregates histograms periodically, to bound their memory. Never returns.
    pub async fn aggregate_histograms(self) {
        let mut timer = tokio::time::interval(AGGREGATION_INTERVAL);
        loop {
            timer.tick().await;
            self.handle.run_upkeep();
        }
    }
}

/// Responds to a scrape.
pub async fn scrape() -> Response {
    let text = Prometheus::installed().render();
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prometheus").finish_non_exhaustive()
    }
}
