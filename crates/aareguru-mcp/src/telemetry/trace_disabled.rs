//! Replaces `trace` in a build without the feature `otlp`.

use anyhow::bail;
use tracing_subscriber::layer::Identity;

use crate::settings::Settings;

#[derive(Debug)]
pub(super) struct Exporter;

pub(super) fn layer(settings: &Settings) -> anyhow::Result<Option<(Identity, Exporter)>> {
    let endpoint = settings.otel_exporter_otlp_endpoint.as_ref();
    if endpoint.is_some_and(|endpoint| !endpoint.expose().trim().is_empty()) {
        bail!("OTEL_EXPORTER_OTLP_ENDPOINT: this program was built without the feature `otlp`");
    }
    Ok(None)
}

impl Exporter {
    pub(super) async fn flush(self) {}
}
