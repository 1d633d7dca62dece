//! Every setting of the server: its name, its default, its meaning.
//!
//! A setting has one name in two spellings, the flag `--http-port` and the
//! environment variable `HTTP_PORT`. The flag wins.

use std::{net::IpAddr, time::Duration};

use anyhow::bail;
use clap::{Args, ValueEnum};
use rmcp_sse::{RebindingProtection, SseServerConfig};

/// The settings, as flags and environment variables give them.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The address to listen on.
    #[arg(long, env, default_value = "127.0.0.1")]
    pub http_host: String,

    /// The port to listen on; 0 takes any free one. [default: 8000, or PORT]
    #[arg(long, env)]
    pub http_port: Option<u16>,

    /// What hosting platforms call the port; `HTTP_PORT` wins.
    #[arg(long, env, hide = true)]
    pub port: Option<u16>,

    /// How much to log: error, warn, info, debug, trace, or directives such as
    /// `info,aareguru=debug`.
    #[arg(long, env, default_value = "info")]
    pub log_level: String,

    /// How to log: text for people, json for machines.
    #[arg(long, env, value_enum, ignore_case = true, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Where the Aareguru API is.
    #[arg(long, env, default_value_t = aareguru::Config::default().base_url)]
    pub aareguru_base_url: String,

    /// The name this program gives itself towards the API, which asks for one.
    #[arg(long, env, default_value = env!("CARGO_PKG_NAME"))]
    pub app_name: String,

    /// The version this program gives itself towards the API.
    #[arg(long, env, default_value = env!("CARGO_PKG_VERSION"))]
    pub app_version: String,

    /// How long an answer of the API is used again, in seconds; the API
    /// itself caches for 120 s and measures every 600 s.
    #[arg(long, env, default_value_t = 120)]
    pub cache_ttl_seconds: u64,

    /// How long a request to the API may take, in seconds.
    #[arg(long, env, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_client_timeout: u64,

    /// How many idle connections to the API are kept.
    #[arg(long, env, default_value_t = 20)]
    pub http_client_max_keepalive: usize,

    /// The time between two keep-alive comments on an event stream, in
    /// seconds; 0 sends none.
    #[arg(long, env, default_value_t = 15)]
    pub sse_keep_alive_seconds: u64,

    /// How long a session outlives its stream, in seconds, so that a client
    /// that reconnects gets it back; 0 ends it at once.
    #[arg(long, env, default_value_t = 30)]
    pub sse_resume_grace_seconds: u64,

    /// How long a session may be without a message, in seconds; 0 for ever.
    #[arg(long, env, default_value_t = 3600)]
    pub sse_session_timeout_seconds: u64,

    /// How many sessions may be open at once.
    #[arg(long, env, default_value_t = 10_000)]
    pub sse_max_sessions: usize,

    /// How many sessions one client address may have open at once. Clients on
    /// this machine, such as a reverse proxy, are not counted.
    #[arg(long, env, default_value_t = 100)]
    pub sse_max_sessions_per_client: usize,

    /// How many requests of one session may run at once.
    #[arg(long, env, default_value_t = 64)]
    pub sse_max_in_flight: usize,

    /// The most bytes of events that wait for one client that does not read.
    #[arg(long, env, default_value_t = 4 * 1024 * 1024)]
    pub sse_max_queued_bytes: usize,

    /// The longest message a client may post, in bytes.
    #[arg(long, env, default_value_t = 4 * 1024 * 1024)]
    pub max_request_body_bytes: usize,

    /// Names by which clients may reach this server, besides those of this
    /// machine: the `Host` headers to accept, separated by commas, such as
    /// `aare.example.org` or `aare.example.org:*`.
    #[arg(long, env, value_delimiter = ',')]
    pub allowed_hosts: Vec<String>,

    /// Web pages that may use this server, besides those of this machine: the
    /// `Origin` headers to accept, separated by commas, such as
    /// `https://app.example.org`.
    #[arg(long, env, value_delimiter = ',')]
    pub allowed_origins: Vec<String>,

    /// How long running requests may go on after SIGTERM, in seconds.
    #[arg(long, env, default_value_t = 10)]
    pub shutdown_grace_seconds: u64,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line for people to read.
    Text,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// Host and port to listen on, as [`tokio::net::TcpListener::bind`] takes
    /// them.
    pub fn address(&self) -> String {
        let host = &self.http_host;
        let port = self.http_port.or(self.port).unwrap_or(8000);
        if host.contains(':') && !host.starts_with('[') {
            return format!("[{host}]:{port}");
        }
        format!("{host}:{port}")
    }

    /// See `shutdown_grace_seconds`.
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace_seconds)
    }

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

    /// How to reach the API.
    pub fn upstream(&self) -> aareguru::Config {
        aareguru::Config {
            base_url: self.aareguru_base_url.clone(),
            app_name: self.app_name.clone(),
            app_version: self.app_version.clone(),
            timeout: Duration::from_secs(self.http_client_timeout),
            max_idle_connections: self.http_client_max_keepalive,
            cache_ttl: Duration::from_secs(self.cache_ttl_seconds),
            ..aareguru::Config::default()
        }
    }
}

fn unless_zero(seconds: u64) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds))
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

    fn settings(arguments: &[&str]) -> Settings {
        let line = [&["aareguru-mcp"], arguments].concat();
        Line::try_parse_from(line).unwrap().settings
    }

    #[test]
    fn the_port_of_the_platform_yields_to_our_own() {
        assert_eq!(settings(&["--port", "5"]).address(), "127.0.0.1:5");
        let both = settings(&["--port", "5", "--http-port", "6"]);
        assert_eq!(both.address(), "127.0.0.1:6");
    }

    #[test]
    fn an_ipv6_host_gets_its_brackets() {
        let plain = settings(&["--http-host", "::1", "--http-port", "1"]);
        assert_eq!(plain.address(), "[::1]:1");
        let bracketed = settings(&["--http-host", "[::1]", "--http-port", "1"]);
        assert_eq!(bracketed.address(), "[::1]:1");
    }

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
