//! Derives the configuration of the listener from the settings.

use std::time::Duration;

use edge::{
    BasePath,
    serve::{ConnectionLimits, ConnectionTimeouts},
};

use super::Settings;

impl Settings {
    /// Returns the path prefix of the routes; empty if unset.
    pub fn base_path(&self) -> BasePath {
        self.base_path.clone().unwrap_or_default()
    }

    /// Returns how long to continue serving after a signal.
    pub fn shutdown_delay(&self) -> Duration {
        Duration::from_secs(self.shutdown_delay_seconds)
    }

    /// Returns the limits on connections.
    pub fn connection_limits(&self) -> ConnectionLimits {
        ConnectionLimits {
            max_connections: self.http_max_connections,
            max_connections_per_client: self.http_max_connections_per_client,
            trusted_proxies: self.trusted_proxies.clone(),
        }
    }

    /// Returns the timeouts of a connection.
    pub fn timeouts(&self) -> ConnectionTimeouts {
        ConnectionTimeouts {
            head: Duration::from_secs(self.http_header_timeout_seconds),
            body: Duration::from_secs(self.http_body_timeout_seconds),
            keep_alive: Duration::from_secs(self.http_keep_alive_seconds),
        }
    }
}
