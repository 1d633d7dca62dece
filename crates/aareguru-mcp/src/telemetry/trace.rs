//! Exports traces to an OpenTelemetry collector over HTTP.
//!
//! Without a collector, spans are disabled and cost nothing. A separate thread sends them in
//! batches; if it cannot keep up, spans are dropped and no request waits.

use std::{env, time::Duration};

use anyhow::{Context, bail};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use super::log::{REQUEST_SPAN, is_own};
use crate::settings::Settings;

/// The default of `OTEL_SERVICE_NAME`.
const SERVICE_NAME: &str = env!("CARGO_PKG_NAME");

/// The time limit for sending buffered spans at exit.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends the spans of this process.
#[derive(Debug)]
pub(super) struct Exporter(SdkTracerProvider);

/// Builds the layer that records spans, and the exporter that sends them; `None` without a
/// collector.
pub(super) fn layer<S>(settings: &Settings) -> anyhow::Result<Option<(impl Layer<S>, Exporter)>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let endpoint = settings
        .otel_exporter_otlp_endpoint
        .as_ref()
        .map(|endpoint| endpoint.expose().trim());
    let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.is_empty()) else {
        return Ok(None);
    };
    let setting = "OTEL_EXPORTER_OTLP_ENDPOINT";
    if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
        // The error must not contain the value, which may contain a password.
        bail!("{setting}: it must begin with http:// or https://, as in http://localhost:4318");
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .context(setting)?;
    let mut resource = Resource::builder()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(SERVICE_NAME);
    }
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .build();
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(SERVICE_NAME))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false)
        .with_filter(filter_fn(|metadata| {
            metadata.is_span() && is_own(metadata.target()) && metadata.name() != REQUEST_SPAN
        }));
    Ok(Some((spans, Exporter(provider))))
}

impl Exporter {
    /// Sends buffered spans, within [`FLUSH_TIMEOUT`].
    pub(super) async fn flush(self) {
        // The exporter blocks, and so does dropping its client.
        let flushed =
            tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(FLUSH_TIMEOUT));
        match tokio::time::timeout(FLUSH_TIMEOUT + FLUSH_TIMEOUT / 2, flushed).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "cannot send the buffered traces"),
            Ok(Err(error)) => tracing::warn!(%error, "cannot send the buffered traces"),
            Err(_) => tracing::warn!("cannot send the buffered traces in time"),
        }
    }
}
