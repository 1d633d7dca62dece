//! What the settings mean for the HTTP+SSE transport.

use std::{net::IpAddr, time::Duration};

use anyhow::bail;
use rmcp_sse::{RebindingProtection, SseServerConfig};

use super::Settings;

impl Settings {
    /// How the transport is set up.
    ///
    /// # Errors
    ///
    /// A host or origin that is none, or an address that others reach without
    /// a host by which they may.
    pub fn sse(&self) -> anyhow::Result<SseServerConfig> {
        let config = SseServerConfig::default()
            .with_rebinding_protection(self.rebinding_protection()?)
            .with_sse_keep_alive(unless_zero(self.sse_keep_alive_seconds))
            .with_resume_grace(Duration::from_secs(self.sse_resume_grace_seconds))
            .with_idle_timeout(unless_zero(self.sse_session_timeout_seconds))
            .with_idle_check_interval(Duration::from_secs(self.sse_cleanup_interval_seconds))
            .with_init_timeout(Duration::from_secs(self.sse_init_timeout_seconds))
            .with_write_timeout(Duration::from_secs(self.sse_write_timeout_seconds))
            .with_max_sessions(self.sse_max_sessions)
            .with_max_sessions_per_client(self.sse_max_sessions_per_client)
            .with_max_in_flight(self.sse_max_in_flight)
            .with_max_queued_bytes(self.sse_max_queued_bytes)
            .with_max_request_body_bytes(self.max_request_body_bytes)
            .with_drain_timeout(self.shutdown_grace());
        Ok(config)
    }

    /// This machine's own names, and those from the settings.
    fn rebinding_protection(&self) -> anyhow::Result<RebindingProtection> {
        let own = ["localhost:*", "127.0.0.1:*", "[::1]:*"];
        let given = self.allowed_hosts.iter().map(|host| host.trim());
        let hosts = own.into_iter().chain(given.filter(|host| !host.is_empty()));
        let own = own.map(|host| [format!("http://{host}"), format!("https://{host}")]);
        let given = self.allowed_origins.iter().map(|origin| origin.trim());
        let given = given.filter(|origin| !origin.is_empty()).map(str::to_owned);
        let origins = own.into_iter().flatten().chain(given);
        let protection = RebindingProtection::new(hosts, origins)?;

        let listens_to_others = match self.http_host.trim_matches(['[', ']']).parse() {
            Ok(address) => !IpAddr::is_loopback(&address),
            Err(_) => self.http_host != "localhost",
        };
        if listens_to_others && protection.allows_only_loopback() {
            bail!(
                "HTTP_HOST is {}, but no client from elsewhere would be let in: name the hosts \
                 by which they reach this server in ALLOWED_HOSTS, such as \
                 ALLOWED_HOSTS=aare.example.org",
                self.http_host
            );
        }
        Ok(protection)
    }
}

fn unless_zero(seconds: u64) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;

    #[test]
    fn an_address_that_others_reach_needs_a_host_by_which_they_may() {
        for host in ["0.0.0.0", "::", "192.0.2.1", "example.org"] {
            let error = settings(&["--http-host", host]).sse().unwrap_err();
            assert!(
                error.to_string().contains("ALLOWED_HOSTS=aare.example.org"),
                "{error}"
            );
            let hosts = [
                "--http-host",
                host,
                "--allowed-hosts",
                "a.example,b.example:*",
            ];
            settings(&hosts).sse().unwrap();
        }
        for host in ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"] {
            settings(&["--http-host", host]).sse().unwrap();
        }
    }

    #[test]
    fn a_host_that_is_none_is_named() {
        let error = settings(&["--allowed-hosts", "https://a.example"])
            .sse()
            .unwrap_err();
        assert!(error.to_string().contains("https://a.example"), "{error}");
    }

    #[test]
    fn a_keep_alive_of_zero_is_none() {
        let settings = settings(&["--sse-keep-alive-seconds", "0"]);
        assert_eq!(settings.sse().unwrap().sse_keep_alive, None);
    }
}
