//! Derives the configuration of the cluster from the settings.

use std::time::Duration;

use super::Settings;

impl Settings {
    /// Returns the configuration of the cluster; `None` if `REDIS_URL` is unset.
    pub fn cluster(&self) -> Option<cluster::Config> {
        let url = self.redis_url.clone()?;
        Some(cluster::Config {
            url,
            ca_file: self.redis_ca_file.clone(),
            certificate_file: self.redis_cert_file.clone(),
            key_file: self.redis_key_file.clone(),
            key_prefix: self.redis_key_prefix.clone(),
            wait: self.redis_wait,
            timeout: Duration::from_millis(self.redis_timeout_milliseconds),
        })
    }
}
