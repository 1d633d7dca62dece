//! What the program tells about itself: logs, to standard error; numbers, for
//! Prometheus; and traces, if there is a collector to send them to.

pub(crate) mod log;
pub mod prometheus;
#[cfg_attr(not(feature = "otlp"), path = "telemetry/without_traces.rs")]
pub(crate) mod trace;

use anyhow::Context;
use tracing_subscriber::{Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt};

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
            .with(layers(lines, spans))
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

/// Those that there are, in a list: a layer that is `None` would have every
/// span made, only to ignore it.
fn layers<L, T>(lines: L, spans: Option<T>) -> Vec<Box<dyn Layer<Registry> + Send + Sync>>
where
    L: Layer<Registry> + Send + Sync,
    T: Layer<Registry> + Send + Sync,
{
    let lines = Some(lines.boxed());
    lines.into_iter().chain(spans.map(Layer::boxed)).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn a_span_that_nobody_collects_is_not_made() {
        let Line { settings } = Line::try_parse_from(["aareguru-mcp"]).unwrap();
        let (lines, _logs) = log::layer(&settings).unwrap();
        let (spans, traces) = trace::layer(&settings).unwrap().unzip();
        assert!(traces.is_none());
        let subscriber = tracing_subscriber::registry().with(layers(lines, spans));
        tracing::subscriber::with_default(subscriber, || {
            assert!(!tracing::info_span!("request").is_disabled());
            assert!(tracing::info_span!("tool").is_disabled());
        });
    }
}
