//! Sets up logs on standard error, and traces for an OpenTelemetry collector.

mod log;
#[cfg_attr(not(feature = "otlp"), path = "telemetry/trace_disabled.rs")]
mod trace;

pub(crate) use self::log::describe_metrics;

use anyhow::Context;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

use crate::settings::Settings;

/// Keeps logs and traces running. Dropping it writes the buffered log lines.
#[derive(Debug)]
pub struct Telemetry {
    traces: Option<trace::Exporter>,
    /// Last, so that shutting down the traces can still be logged.
    _log_guard: log::FlushGuard,
}

impl Telemetry {
    /// Starts logs and traces, once per process.
    ///
    /// # Errors
    ///
    /// An invalid `LOG_LEVEL` or `OTEL_EXPORTER_OTLP_ENDPOINT`, or a second call.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        let (trace_layer, traces) = trace::layer(settings)?.unzip();
        let filter = log::filter(&settings.log_level, traces.is_some())?;
        let (log_layer, log_guard) = log::layer(settings)?;
        tracing_subscriber::registry()
            .with(trace_layer)
            .with(log_layer)
            .with(filter)
            .try_init()
            .context("cannot start logging")?;
        Ok(Self {
            traces,
            _log_guard: log_guard,
        })
    }

    /// Sends buffered spans and writes buffered log lines, in bounded time.
    pub async fn flush(self) {
        if let Some(traces) = self.traces {
            traces.flush().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct TestCli {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn trace_spans_are_disabled_without_a_collector() {
        let TestCli { settings } = TestCli::try_parse_from(["aareguru-mcp"]).unwrap();
        let (trace_layer, exporter) = trace::layer(&settings).unwrap().unzip();
        assert!(exporter.is_none());
        let (log_layer, _guard) = log::layer(&settings).unwrap();
        let subscriber = tracing_subscriber::registry()
            .with(trace_layer)
            .with(log_layer)
            .with(log::filter("info", false).unwrap());
        tracing::subscriber::with_default(subscriber, || {
            assert!(!tracing::info_span!("request").is_disabled());
            assert!(tracing::info_span!("tool").is_disabled());
        });
    }
}
