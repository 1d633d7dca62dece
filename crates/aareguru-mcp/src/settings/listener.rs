//! What the settings mean for the listener.

use std::time::Duration;

use super::Settings;
use crate::{
    base_path::BasePath,
    serve::{Limits, Timeouts},
};

impl Settings {
    /// Where the routes sit; at the root if nothing is set.
    pub fn base_path(&self) -> BasePath {
        self.base_path.clone().unwrap_or_default()
    }

    /// See `shutdown_delay_seconds`.
    pub fn shutdown_delay(&self) -> Duration {
        Duration::from_secs(self.shutdown_delay_seconds)
    }

    /// How many connections there may be.
    pub fn connection_limits(&self) -> Limits {
        Limits {
            connections: self.http_max_connections,
            connections_of_client: self.http_max_connections_per_client,
            trusted_proxies: self.trusted_proxies.clone(),
        }
    }

    /// How long a client may take.
    pub fn timeouts(&self) -> Timeouts {
        Timeouts {
            head: Duration::from_secs(self.http_header_timeout_seconds),
            body: Duration::from_secs(self.http_body_timeout_seconds),
            keep_alive: Duration::from_secs(self.http_keep_alive_seconds),
        }
    }
}
