//! The numbers of this process in the text format of Prometheus.
//!
//! The crates give their numbers to the [`metrics`] facade; here is the one recorder that keeps
//! them. It lives as long as the process, and handles that were made before it count nothing, so it
//! comes before everything else.

#[cfg(target_os = "linux")]
mod process;

use std::{fmt, sync::LazyLock, time::Duration};

use metrics::{Gauge, counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::runtime::Handle;

/// Counts log lines that exceeded the buffer of the log writer.
pub(super) const DROPPED_LINES: &str = "aareguru_mcp_log_lines_dropped_total";

/// What the text is, for the `Content-Type` of an answer that holds it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The upper bounds of buckets for what takes as long as a network and an API of others need, in
/// seconds.
const SLOW_SECONDS: [f64; 13] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0,
];

/// The same for what is mostly answered from memory.
const FAST_SECONDS: [f64; 13] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 20.0,
];

/// Names of the transport library, which keeps to its own, and what users of this server were
/// promised instead. Another metric begins with the first one.
const RENAMED: [(&str, &str); 2] = [
    ("rmcp_transport_streams ", "sse_connections_active "),
    ("rmcp_transport_messages_total", "messages_received_total"),
];

/// How often the values of histograms are sorted into their buckets, if nobody scrapes; until then
/// each takes memory of its own.
const UPKEEP: Duration = Duration::from_secs(5);

/// The recorder of this process; cheap to clone.
#[derive(Clone)]
pub struct Prometheus {
    handle: PrometheusHandle,
    /// Set by each scrape.
    tasks: Gauge,
}

impl Prometheus {
    /// The recorder, which is installed by the first call.
    pub fn installed() -> Self {
        static INSTALLED: LazyLock<Prometheus> = LazyLock::new(Prometheus::install);
        INSTALLED.clone()
    }

    fn install() -> Self {
        let fast = [
            "request_duration_seconds",
            "aareguru_mcp_tool_duration_seconds",
            "aareguru_mcp_redis_duration_seconds",
            "aareguru_mcp_relay_duration_seconds",
            "rmcp_transport_store_commit_seconds",
        ];
        let builder = PrometheusBuilder::new().set_buckets(&SLOW_SECONDS);
        let builder = fast.into_iter().fold(builder, |builder, name| {
            let name = Matcher::Full(name.to_owned());
            builder.and_then(|builder| builder.set_buckets_for_metric(name, &FAST_SECONDS))
        });
        let recorder = builder.expect("there are buckets").build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::error!("no metrics: this process records them elsewhere");
        }
        describe_gauge!(
            "aareguru_mcp_build_info",
            "Always 1; the labels tell what runs"
        );
        gauge!("aareguru_mcp_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
        describe_counter!(
            DROPPED_LINES,
            "Log lines that were dropped because nobody read them in time"
        );
        // A scrape shows it before the first line is dropped.
        counter!(DROPPED_LINES).absolute(0);
        describe_gauge!(
            "aareguru_mcp_runtime_tasks",
            "Tasks of the async runtime that have not ended"
        );
        Self {
            handle,
            tasks: gauge!("aareguru_mcp_runtime_tasks"),
        }
    }

    /// All numbers as they are now.
    pub fn render(&self) -> String {
        if let Ok(runtime) = Handle::try_current() {
            self.tasks.set(runtime.metrics().num_alive_tasks() as f64);
        }
        let mut text = self.handle.render();
        for (name, promised) in RENAMED {
            text = text.replace(name, promised);
        }
        #[cfg(target_os = "linux")]
        process::render(&mut text);
        text
    }

    /// Keeps the memory of histograms small, for ever.
    pub async fn upkeep(self) {
        let mut timer = tokio::time::interval(UPKEEP);
        loop {
            timer.tick().await;
            self.handle.run_upkeep();
        }
    }
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prometheus").finish_non_exhaustive()
    }
}
