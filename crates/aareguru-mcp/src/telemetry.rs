//! What the program tells about itself: logs, to standard error; numbers, for
//! Prometheus; and traces, if there is a collector to send them to.

mod log;
pub mod prometheus;
#[cfg_attr(not(feature = "otlp"), path = "telemetry/without_traces.rs")]
pub(crate) mod trace;

use anyhow::Context;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

use crate::settings::Settings;

/// Logs and traces while they are on.
#[derive(Debug)]
pub struct Telemetry {
    traces: Option<trace::Exporter>,
    /// The last, so that it can tell of trouble with the traces.
    _logs: log::Flush,
}

impl Telemetry {
    /// Starts both, once in the life of the process.
    ///
    /// # Errors
    ///
    /// A `LOG_LEVEL` that is none, an `OTEL_EXPORTER_OTLP_ENDPOINT` that is no
    /// URL, or a second call.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        let (lines, logs) = log::layer(settings)?;
        let (spans, traces) = trace::layer(settings)?.unzip();
        tracing_subscriber::registry()
            .with(lines)
            .with(spans)
            .try_init()
            .context("starting the log")?;
        Ok(Self {
            traces,
            _logs: logs,
        })
    }

    /// Sends and writes what waits, in bounded time.
    pub async fn flush(self) {
        if let Some(traces) = self.traces {
            traces.flush().await;
        }
    }
}
