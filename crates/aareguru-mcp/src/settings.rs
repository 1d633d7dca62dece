//! Declares every setting of the server: name, default and description.
//!
//! A setting has one name in three spellings: the flag `--http-port`, the environment variable
//! `HTTP_PORT` (also in a `.env` file), and the key `http_port` in a TOML file. Adding a field is
//! enough to add a setting: the sources, the validation, `check-config`, the documentation and the
//! example files are derived from the declaration.
//!
//! Some attributes of a field have an effect beyond clap:
//!
//! - `help_heading` also applies to the fields that follow.
//! - `hide_env_values = true` marks a secret: its value is never shown.
//! - `alias` adds a name in all three spellings.
//! - A `bool` accepts a value in every source: `--flag`, `--flag=false`, `FLAG=no`.

#[cfg(feature = "redis")]
mod cluster;
mod dotenv;
mod edge;
mod effective;
mod field;
mod file;
mod flags;
#[cfg(feature = "graphql")]
mod graphql;
mod layers;
mod listener;
mod origin;
mod problem;
mod transport;

#[cfg(test)]
mod documents_tests;

use std::{path::PathBuf, time::Duration};

use ::edge::{BasePath, ClientIpHeader, RateLimitNetwork, Secret, TrustedProxy, serve::SocketMode};
use clap::{ArgAction, Args, ValueEnum, builder::BoolishValueParser};

pub use self::{
    effective::{Effective, EffectiveValue},
    flags::Flags,
    origin::Origin,
    problem::{Problem, Problems},
};

/// The settings. Each value is valid by itself; combinations are checked where they are used.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The address to listen on.
    #[arg(long, env, help_heading = "Listener", default_value = "127.0.0.1")]
    pub http_host: String,

    /// The port to listen on; 0 selects a free one. `PORT`, which hosting platforms set, is an
    /// alias.
    #[arg(long, env, alias = "port", default_value_t = 8000)]
    pub http_port: u16,

    /// A Unix socket to listen on instead of a port, such as `/run/aareguru-mcp/http.sock`.
    #[arg(long, env)]
    pub http_socket: Option<PathBuf>,

    /// The file permissions of the Unix socket, which decide who may connect.
    #[arg(long, env, default_value = "660")]
    pub http_socket_mode: SocketMode,

    /// The path prefix of all routes except `/health` and `/metrics`, such as `/aare`, for a proxy
    /// that serves several programs under one host name. The proxy must forward the path
    /// unchanged.
    #[arg(long, env)]
    pub base_path: Option<BasePath>,

    /// `Host` headers to accept in addition to those of this machine, separated by commas, such as
    /// `aare.example.org` or `aare.example.org:*`.
    #[arg(long, env, value_delimiter = ',')]
    pub allowed_hosts: Vec<String>,

    /// `Origin` headers of web pages to accept in addition to those of this machine, separated by
    /// commas, such as `https://app.example.org`.
    #[arg(long, env, value_delimiter = ',')]
    pub allowed_origins: Vec<String>,

    /// The maximum size of a message from a client, over any transport, in bytes.
    #[arg(long, env, default_value_t = 4 * 1024 * 1024)]
    pub max_request_body_bytes: usize,

    /// The maximum number of open connections. Requests on further connections get 503. A session
    /// uses one or two connections.
    #[arg(long, env, default_value_t = 25_000)]
    pub http_max_connections: usize,

    /// The maximum number of open connections per client address. Requests on further connections
    /// get 429. Clients on this machine and `TRUSTED_PROXIES` are exempt.
    #[arg(long, env, default_value_t = 500)]
    pub http_max_connections_per_client: usize,

    /// The time limit for receiving the head of a request, in seconds.
    #[arg(long, env, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_header_timeout_seconds: u64,

    /// The time limit for receiving the body of a request, in seconds.
    #[arg(long, env, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_body_timeout_seconds: u64,

    /// How long a connection may be idle between two requests, in seconds. Set it higher than the
    /// idle timeout of a proxy in front of the server. Open streams are not idle.
    #[arg(long, env, default_value_t = 75, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_keep_alive_seconds: u64,

    /// How long to continue serving after SIGTERM while `/health/ready` reports `not_ready`, in
    /// seconds. Set it to the time that load balancers need to notice.
    #[arg(long, env, default_value_t = 0)]
    pub shutdown_delay_seconds: u64,

    /// How long running requests may take to finish after SIGTERM and the shutdown delay, in
    /// seconds.
    #[arg(long, env, default_value_t = 10)]
    pub shutdown_grace_seconds: u64,

    /// A separate address and port for `/metrics`, such as `127.0.0.1:9090`. The main listener then
    /// does not serve `/metrics`.
    #[arg(long, env)]
    pub metrics_address: Option<String>,

    /// API keys, separated by commas: `KEY`, `NAME:KEY`, `NAME:sha256:HASH` as printed by
    /// `hash-key`, or `@PATH` for a file with one key per line. Prefer the environment or a file:
    /// other users of the machine can read flags.
    #[arg(
        long,
        env,
        help_heading = "Access control",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub api_keys: Vec<Secret>,

    /// A file with API keys, one per line.
    #[arg(long, env)]
    pub api_keys_file: Option<PathBuf>,

    /// Whether requests need an API key. By default they do if any key is configured.
    #[arg(
        long,
        env,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub api_key_required: Option<bool>,

    /// Whether to accept API keys in the query, `/sse?api_key=KEY`, for clients that cannot set
    /// headers, such as a browser's `EventSource`. Proxies log queries, and browsers store them.
    #[arg(long, env)]
    pub api_key_in_query: bool,

    /// The number of requests per minute for one API key or, without a key, one client address (one
    /// /64 for IPv6); 0 disables the limit. A burst of this size is allowed. Opening a stream and
    /// each message count as requests.
    #[arg(long, env, default_value_t = 600)]
    pub rate_limit_per_minute: u32,

    /// Networks whose addresses have their own limit, separated by commas: `NETWORK=N` with N
    /// requests per minute for each address, or each /64 for IPv6. Assistants in the cloud send the
    /// requests of all their users from a few addresses; the default contains those of claude.ai.
    /// Requests with a wrong API key count towards `RATE_LIMIT_PER_MINUTE` everywhere.
    #[arg(
        long,
        env,
        value_delimiter = ',',
        default_value = "160.79.104.0/21=6000,2607:6bc0::/48=6000"
    )]
    pub rate_limit_networks: Vec<RateLimitNetwork>,

    /// The number of client addresses that the rate limit tracks. All further addresses share one
    /// quota.
    #[arg(long, env, default_value_t = 100_000)]
    pub rate_limit_max_clients: usize,

    /// Proxies whose client address header is trusted, separated by commas: addresses, networks
    /// such as `10.0.0.0/8`, or `unix` for peers on the Unix socket.
    #[arg(long, env, value_delimiter = ',')]
    pub trusted_proxies: Vec<TrustedProxy>,

    /// The header in which trusted proxies send the client address. `X-Forwarded-For` and
    /// `Forwarded` are read from the right up to the first untrusted address; any other header,
    /// such as `Fly-Client-IP`, contains one address.
    #[arg(long, env, default_value_t = ClientIpHeader::XForwardedFor)]
    pub client_ip_header: ClientIpHeader,

    /// Origins of web pages that may read responses (CORS), separated by commas, such as
    /// `https://app.example.org` or `http://localhost:*`. They are also accepted as if listed in
    /// `ALLOWED_ORIGINS`. `*` accepts any page if API keys are required.
    #[arg(long, env, value_delimiter = ',')]
    pub cors_origins: Vec<String>,

    /// The interval of keep-alive comments on event streams and of pings on WebSockets, in seconds;
    /// 0 disables them.
    #[arg(
        long,
        env,
        help_heading = "Event streams and sessions",
        default_value_t = 15
    )]
    pub sse_keep_alive_seconds: u64,

    /// How long a session outlives its stream, in seconds, so that a reconnecting client can resume
    /// it; 0 closes the session with its stream.
    #[arg(long, env, default_value_t = 30)]
    pub sse_resume_grace_seconds: u64,

    /// How long a session may be without a message, in seconds; 0 disables the timeout.
    #[arg(long, env, default_value_t = 3600)]
    pub sse_session_timeout_seconds: u64,

    /// The interval of the check for sessions that exceed `SSE_SESSION_TIMEOUT_SECONDS`, in
    /// seconds.
    #[arg(long, env, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub sse_cleanup_interval_seconds: u64,

    /// The time limit for `initialize` after a session is opened, in seconds.
    #[arg(long, env, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub sse_init_timeout_seconds: u64,

    /// How long a connected client may leave events unread before its session is closed, in
    /// seconds.
    #[arg(long, env, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub sse_write_timeout_seconds: u64,

    /// The maximum number of open sessions of each transport: HTTP+SSE, Streamable HTTP and
    /// WebSocket. A request of the protocol revision without sessions counts as one session. The
    /// same limit applies separately to GraphQL subscriptions, to GraphQL sockets, and to pages
    /// that wait on `/live`.
    #[arg(long, env, default_value_t = 10_000)]
    pub sse_max_sessions: usize,

    /// The maximum number of open sessions of each transport per client address. Clients on this
    /// machine, such as a reverse proxy, are exempt.
    #[arg(long, env, default_value_t = 100)]
    pub sse_max_sessions_per_client: usize,

    /// The maximum number of requests of one session in flight.
    #[arg(long, env, default_value_t = 64)]
    pub sse_max_in_flight: usize,

    /// The maximum number of bytes queued for a client that does not read, over HTTP+SSE and
    /// WebSocket.
    #[arg(long, env, default_value_t = 4 * 1024 * 1024)]
    pub sse_max_queued_bytes: usize,

    /// Whether `/graphql` allows introspection of its schema. The data is public either way.
    #[arg(
        long,
        env,
        help_heading = "GraphQL",
        num_args = 0..=1,
        require_equals = true,
        default_value_t = true,
        default_missing_value = "true",
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new()
    )]
    pub graphql_introspection: bool,

    /// The maximum complexity of a GraphQL operation: approximately the number of values in its
    /// response. A history adds 1000, because it may need its own request to the API.
    #[arg(long, env, default_value_t = 25_000)]
    pub graphql_max_complexity: usize,

    /// The time limit for a GraphQL operation, in seconds. Subscriptions have none.
    #[arg(long, env, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub graphql_timeout_seconds: u64,

    /// The base URL of the Aareguru API.
    #[arg(
        long,
        env,
        help_heading = "The Aareguru API",
        default_value_t = aareguru::Config::default().base_url
    )]
    pub aareguru_base_url: String,

    /// The base URL of the hydro API of existenz.ch, the source of historical data.
    #[arg(long, env, default_value_t = aareguru::Config::default().hydro_base_url)]
    pub hydro_base_url: String,

    /// The value of the query parameter `app` in requests to the API.
    #[arg(long, env, default_value = env!("CARGO_PKG_NAME"))]
    pub app_name: String,

    /// The value of the query parameter `version` in requests to the API.
    #[arg(long, env, default_value = env!("CARGO_PKG_VERSION"))]
    pub app_version: String,

    /// How long a cached response of the API is fresh, in seconds. The API itself caches for 120 s;
    /// the river is measured every 600 s.
    #[arg(long, env, default_value_t = 120)]
    pub cache_ttl_seconds: u64,

    /// How long a cached response may be used, with its age, while the API fails, in seconds; 0
    /// disables this.
    #[arg(long, env, default_value_t = 24 * 60 * 60)]
    pub cache_stale_seconds: u64,

    /// The timeout of a request to the API, in seconds.
    #[arg(long, env, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_client_timeout: u64,

    /// The timeout of connecting to the API, in seconds.
    #[arg(long, env, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_client_connect_timeout_seconds: u64,

    /// The maximum number of concurrent requests to the API. Further requests wait.
    #[arg(long, env, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub http_client_max_connections: u32,

    /// The maximum number of idle connections to the API.
    #[arg(long, env, default_value_t = 20)]
    pub http_client_max_keepalive: usize,

    /// The number of retries of a request to the API after a transient failure: connection error,
    /// timeout, status 429 or 5xx.
    #[arg(long, env, default_value_t = 2)]
    pub aareguru_retries: u32,

    /// The delay before the first retry, in milliseconds. It doubles with each retry, and a random
    /// delay of up to the same length is added.
    #[arg(long, env, default_value_t = 250)]
    pub aareguru_retry_pause_milliseconds: u64,

    /// The time limit for a request to the API including its retries, in seconds.
    #[arg(long, env, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub aareguru_total_timeout_seconds: u64,

    /// The number of consecutive failures that open the circuit breaker. While it is open, no
    /// request is sent to the API.
    #[arg(long, env, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub aareguru_breaker_failures: u32,

    /// How long the circuit breaker stays open at first, in seconds. The time doubles with each
    /// failed probe.
    #[arg(long, env, default_value_t = 5)]
    pub aareguru_breaker_pause_seconds: u64,

    /// The longest time that the circuit breaker stays open, in seconds.
    #[arg(long, env, default_value_t = 300)]
    pub aareguru_breaker_longest_pause_seconds: u64,

    /// How long the circuit breaker stays open after the API's host has blocked this address, in
    /// seconds.
    #[arg(long, env, default_value_t = 900)]
    pub aareguru_breaker_blocked_pause_seconds: u64,

    /// The URL of a Redis or Valkey server through which several instances act as one, such as
    /// `redis://USER:PASSWORD@HOST:6379/DATABASE`. `rediss://` uses TLS;
    /// `redis+sentinel://HOST:26379,HOST:26379/SERVICE` discovers the master through Sentinels.
    /// Redis Cluster is not supported. If unset, the instance shares nothing.
    #[arg(long, env, help_heading = "Several instances", hide_env_values = true)]
    pub redis_url: Option<Secret>,

    /// A PEM file with the CA certificate that signed the certificate of Redis, for `rediss://`. If
    /// unset, the CAs of the system are trusted.
    #[arg(long, env)]
    pub redis_ca_file: Option<PathBuf>,

    /// A PEM file with the client certificate, if Redis requires one.
    #[arg(long, env)]
    pub redis_cert_file: Option<PathBuf>,

    /// A PEM file with the private key of the client certificate.
    #[arg(long, env)]
    pub redis_key_file: Option<PathBuf>,

    /// The prefix of all keys in Redis. Instances with the same prefix act as one; separate groups
    /// on one Redis need different prefixes.
    #[arg(long, env, default_value = "aareguru-mcp:")]
    pub redis_key_prefix: String,

    /// Whether to start when Redis is unreachable, and to connect later. Until then,
    /// `/health/ready` reports `not_ready`.
    #[arg(long, env)]
    pub redis_wait: bool,

    /// The timeout of a Redis command and of connecting to Redis, in milliseconds.
    #[arg(long, env, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..))]
    pub redis_timeout_milliseconds: u64,

    /// The log level: off, error, warn, info, debug or trace, optionally followed by levels for the
    /// server's own crates, such as `info,aareguru=debug`.
    #[arg(long, env, help_heading = "Logs and traces", default_value = "info")]
    pub log_level: String,

    /// The format of log lines: `text`, or `json` with one object per line.
    #[arg(long, env, value_enum, ignore_case = true, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// The OTLP/HTTP endpoint of an OpenTelemetry collector, such as `http://localhost:4318`;
    /// `/v1/traces` is appended. The standard `OTEL_` variables for headers, timeout, sampler and
    /// service name apply too.
    // A URL may contain a password.
    #[arg(long, env, hide_env_values = true)]
    pub otel_exporter_otlp_endpoint: Option<Secret>,

    /// Ignored. Accepted for compatibility with earlier configurations.
    #[arg(long, env, help_heading = "Deprecated", hide = true)]
    pub use_full_sse: bool,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Readable text.
    Text,
    /// One JSON object per line.
    Json,
}

impl Settings {
    /// Returns the host and port to listen on, in the form that
    /// [`tokio::net::TcpListener::bind`] accepts.
    pub fn address(&self) -> String {
        let (host, port) = (&self.http_host, self.http_port);
        if host.contains(':') && !host.starts_with('[') {
            return format!("[{host}]:{port}");
        }
        format!("{host}:{port}")
    }

    /// Returns how long running requests may take to finish during shutdown.
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace_seconds)
    }

    /// Returns the configuration of the API client.
    pub fn upstream(&self) -> aareguru::Config {
        aareguru::Config {
            base_url: self.aareguru_base_url.clone(),
            hydro_base_url: self.hydro_base_url.clone(),
            app_name: self.app_name.clone(),
            app_version: self.app_version.clone(),
            timeout: Duration::from_secs(self.http_client_timeout),
            connect_timeout: Duration::from_secs(self.http_client_connect_timeout_seconds),
            total_timeout: Duration::from_secs(self.aareguru_total_timeout_seconds),
            retries: self.aareguru_retries,
            retry_pause: Duration::from_millis(self.aareguru_retry_pause_milliseconds),
            max_requests: self.http_client_max_connections,
            max_idle_connections: self.http_client_max_keepalive,
            cache_ttl: Duration::from_secs(self.cache_ttl_seconds),
            stale_for: Duration::from_secs(self.cache_stale_seconds),
            breaker_failures: self.aareguru_breaker_failures,
            breaker_pause: Duration::from_secs(self.aareguru_breaker_pause_seconds),
            breaker_longest_pause: Duration::from_secs(self.aareguru_breaker_longest_pause_seconds),
            breaker_blocked_pause: Duration::from_secs(self.aareguru_breaker_blocked_pause_seconds),
            ..aareguru::Config::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct TestCli {
        #[command(flatten)]
        settings: Settings,
    }

    pub(super) fn settings(arguments: &[&str]) -> Settings {
        let arguments = [&["aareguru-mcp"], arguments].concat();
        TestCli::try_parse_from(arguments).unwrap().settings
    }

    /// Sets a secret setting, and returns the part of its value that must not be shown.
    fn with_secret(flag: &str) -> (Settings, &'static str) {
        const SECRET: &str = "secret-part-of-the-value";
        let values = [
            format!("alice:{SECRET}"),
            format!("redis://alice:{SECRET}@localhost"),
            format!("http://alice:{SECRET}@localhost"),
        ];
        let parsed = values.iter().find_map(|value| {
            let arguments = ["aareguru-mcp", flag, value];
            TestCli::try_parse_from(arguments).ok()
        });
        let parsed = parsed.unwrap_or_else(|| panic!("no valid value for {flag}"));
        (parsed.settings, SECRET)
    }

    #[test]
    fn secrets_are_not_in_debug_output() {
        let command = <TestCli as clap::CommandFactory>::command();
        let secrets = command
            .get_arguments()
            .filter(|argument| argument.is_hide_env_values_set());
        let mut seen = 0;
        for argument in secrets {
            let (settings, secret) = with_secret(&format!("--{}", argument.get_long().unwrap()));
            let shown = format!("{settings:?} {settings:#?}");
            assert!(!shown.contains(secret), "{argument}: {shown}");
            if let Ok(guard) = ::edge::Guard::new(&settings.edge()) {
                let shown = format!("{guard:?}");
                assert!(!shown.contains(secret), "{argument}: {shown}");
            }
            seen += 1;
        }
        assert!(seen >= 3);
    }

    #[test]
    fn ipv6_host_is_bracketed() {
        let plain = settings(&["--http-host", "::1", "--http-port", "1"]);
        assert_eq!(plain.address(), "[::1]:1");
        let bracketed = settings(&["--http-host", "[::1]", "--http-port", "1"]);
        assert_eq!(bracketed.address(), "[::1]:1");
    }

    #[test]
    fn defaults_equal_those_of_the_libraries() {
        let settings = settings(&[]);
        let upstream = aareguru::Config {
            app_name: env!("CARGO_PKG_NAME").to_owned(),
            ..aareguru::Config::default()
        };
        assert_eq!(
            format!("{:?}", settings.upstream()),
            format!("{upstream:?}")
        );
        let own = rmcp_transport::SseServerConfig::default();
        let protection = own.rebinding_protection.clone();
        let sse = settings.sse();
        let sse = sse.with_rebinding_protection(protection);
        assert_eq!(format!("{sse:?}"), format!("{own:?}"));
    }
}
