//! Every setting of the server: its name, its default, its meaning.
//!
//! A setting has one name in two spellings, the flag `--http-port` and the
//! environment variable `HTTP_PORT`. The flag wins.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// The settings, as flags and environment variables give them.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The address to listen on.
    #[arg(long, env, default_value = "127.0.0.1")]
    pub http_host: String,

    /// The port to listen on; 0 takes any free one. [default: 8000, or PORT]
    #[arg(long, env)]
    pub http_port: Option<u16>,

    /// What hosting platforms call the port; HTTP_PORT wins.
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

    /// The longest message a client may post, in bytes.
    #[arg(long, env, default_value_t = 4 * 1024 * 1024)]
    pub max_request_body_bytes: usize,

    /// The most bytes of events that wait for one client that does not read.
    #[arg(long, env, default_value_t = 4 * 1024 * 1024)]
    pub sse_max_queued_bytes: usize,

    /// How long open connections may take to end on shutdown, in seconds.
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

    /// See `sse_keep_alive_seconds`.
    pub fn sse_keep_alive(&self) -> Option<Duration> {
        (self.sse_keep_alive_seconds > 0).then(|| Duration::from_secs(self.sse_keep_alive_seconds))
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
    fn a_keep_alive_of_zero_is_none() {
        let settings = settings(&["--sse-keep-alive-seconds", "0"]);
        assert_eq!(settings.sse_keep_alive(), None);
    }
}
