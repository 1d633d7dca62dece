//! Reads the files for TLS to Redis: the CA certificate, and the client certificate with its key.

use std::{fs, path::Path};

use anyhow::{Context, bail, ensure};
use redis::{ClientTlsConfig, TlsCertificates};

use crate::config::Config;

/// Reads the configured files; `None` if there are none.
///
/// # Errors
///
/// A file is missing or is not a PEM file of the expected kind. The error names its setting.
pub(super) fn read(config: &Config) -> anyhow::Result<Option<TlsCertificates>> {
    let certificate = |path| read_pem(path, "CERTIFICATE");
    let root_cert = config.ca_file.as_deref().map(certificate);
    let root_cert = root_cert.transpose().context("REDIS_CA_FILE")?;
    let client_tls = match (&config.certificate_file, &config.key_file) {
        (Some(certificates), Some(key)) => Some(ClientTlsConfig {
            client_cert: certificate(certificates).context("REDIS_CERT_FILE")?,
            client_key: read_pem(key, "PRIVATE KEY").context("REDIS_KEY_FILE")?,
        }),
        (None, None) => None,
        (Some(_), None) => bail!("REDIS_CERT_FILE is set without its key: set REDIS_KEY_FILE"),
        (None, Some(_)) => {
            bail!("REDIS_KEY_FILE is set without its certificate: set REDIS_CERT_FILE")
        }
    };
    let is_any = root_cert.is_some() || client_tls.is_some();
    Ok(is_any.then_some(TlsCertificates {
        client_tls,
        root_cert,
    }))
}

fn read_pem(path: &Path, label: &str) -> anyhow::Result<Vec<u8>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut lines = text.lines();
    ensure!(
        lines.any(|line| line.starts_with("-----BEGIN ") && line.contains(label)),
        "`{}` is not a PEM file with a {}: it has no line -----BEGIN {label}-----",
        path.display(),
        label.to_lowercase()
    );
    Ok(text.into_bytes())
}
