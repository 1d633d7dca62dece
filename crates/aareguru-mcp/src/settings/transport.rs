//! Derives the configuration of the HTTP+SSE transport from the settings.

use std::time::Duration;

use rmcp_transport::{RebindingProtection, SseServerConfig};

use super::Settings;

impl Settings {
    /// Returns the configuration of the transport.
    pub fn sse(&self) -> SseServerConfig {
        SseServerConfig::default()
            .with_path_prefix(self.base_path().as_str())
            // The guard checks `Host` and `Origin` of all routes.
            .with_rebinding_protection(RebindingProtection::disabled())
            .with_sse_keep_alive(non_zero(self.sse_keep_alive_seconds))
            .with_resume_grace(Duration::from_secs(self.sse_resume_grace_seconds))
            .with_idle_timeout(non_zero(self.sse_session_timeout_seconds))
            .with_idle_check_interval(Duration::from_secs(self.sse_cleanup_interval_seconds))
            .with_init_timeout(Duration::from_secs(self.sse_init_timeout_seconds))
            .with_write_timeout(Duration::from_secs(self.sse_write_timeout_seconds))
            .with_max_sessions(self.sse_max_sessions)
            .with_max_sessions_per_client(self.sse_max_sessions_per_client)
            .with_max_in_flight(self.sse_max_in_flight)
            .with_max_queued_bytes(self.sse_max_queued_bytes)
            .with_max_request_body_bytes(self.max_request_body_bytes)
            .with_drain_timeout(self.shutdown_grace())
    }
}

fn non_zero(seconds: u64) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;

    #[test]
    fn zero_keep_alive_disables_it() {
        let settings = settings(&["--sse-keep-alive-seconds", "0"]);
        assert_eq!(settings.sse().sse_keep_alive, None);
    }
}
