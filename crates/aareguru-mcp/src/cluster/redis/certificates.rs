//! The files for TLS to Redis: which CA is trusted, and by which certificate Redis knows us.

use std::{fs, path::Path};

use anyhow::{Context, bail, ensure};
use redis::{ClientTlsConfig, TlsCertificates};

use crate::settings::Settings;

/// What the settings name; `None` if they name nothing.
///
/// # Errors
///
/// A file that is missing, or holds something else, with the setting that names it.
pub(super) fn read(settings: &Settings) -> anyhow::Result<Option<TlsCertificates>> {
    let certificate = |path| pem(path, "CERTIFICATE");
    let root_cert = settings.redis_ca_file.as_deref().map(certificate);
    let root_cert = root_cert.transpose().context("REDIS_CA_FILE")?;
    let client_tls = match (&settings.redis_cert_file, &settings.redis_key_file) {
        (Some(certificates), Some(key)) => Some(ClientTlsConfig {
            client_cert: certificate(certificates).context("REDIS_CERT_FILE")?,
            client_key: pem(key, "PRIVATE KEY").context("REDIS_KEY_FILE")?,
        }),
        (None, None) => None,
        (Some(_), None) => bail!("REDIS_CERT_FILE is set, and its key is not: set REDIS_KEY_FILE"),
        (None, Some(_)) => {
            bail!("REDIS_KEY_FILE is set, and its certificate is not: set REDIS_CERT_FILE")
        }
    };
    let is_any = root_cert.is_some() || client_tls.is_some();
    Ok(is_any.then_some(TlsCertificates {
        client_tls,
        root_cert,
    }))
}

fn pem(path: &Path, what: &str) -> anyhow::Result<Vec<u8>> {
    let text = fs::read_to_string(path).with_context(|| format!("`{}`", path.display()))?;
    let mut lines = text.lines();
    ensure!(
        lines.any(|line| line.starts_with("-----BEGIN ") && line.contains(what)),
        "`{}` holds no {} in PEM form: it has no line -----BEGIN {what}-----",
        path.display(),
        what.to_lowercase()
    );
    Ok(text.into_bytes())
}
