//! Every setting of the server: its name, its default, its meaning.
//!
//! A setting has one name in three spellings: the flag `--http-port`, the
//! environment variable `HTTP_PORT` (also in a `.env` file), and the key
//! `http_port` in a TOML file. Nothing else has to be written for a new one
//! than its field: reading it from everywhere, checking it, `check-config`,
//! the documents and the example files follow from the declaration.
//!
//! What the attributes of a field say beyond what clap makes of them:
//!
//! - `help_heading` holds for the fields after it too.
//! - `hide_env_values = true` marks a secret: its value is never shown.
//! - `alias` is another name, in all three spellings.
//! - A `bool` takes a value everywhere: `--flag`, `--flag=false`, `FLAG=no`.

mod access;
mod dotenv;
mod effective;
mod field;
mod file;
mod flags;
mod layers;
mod listener;
mod origin;
mod problem;
mod transport;

#[cfg(test)]
pub(crate) mod documents_tests;

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, ValueEnum, builder::BoolishValueParser};

use crate::{base_path::BasePath, serve::SocketMode};

pub use self::{
    effective::{Effective, Value},
    flags::Flags,
    origin::Origin,
    problem::{Problem, Problems},
};

use crate::guard::{ClientIpHeader, Proxy, Secret};

/// The settings, checked one by one.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The address to listen on.
    #[arg(long, env, help_heading = "Listener", default_value = "127.0.0.1")]
    pub http_host: String,

    /// The port to listen on; 0 takes any free one. Hosting platforms call it
    /// `PORT`, which does too.
    #[arg(long, env, alias = "port", default_value_t = 8000)]
    pub http_port: u16,

    /// A Unix socket to listen on instead of a port, such as
    /// `/run/aareguru-mcp/http.sock`.
    #[arg(long, env)]
    pub http_socket: Option<PathBuf>,

    /// Who may connect to the Unix socket: the permissions of its file.
    #[arg(long, env, default_value = "660")]
    pub http_socket_mode: SocketMode,

    /// The path under which everything but `/health` and `/metrics` sits, such
    /// as `/aare`, where a proxy shares a host name among several programs.
    /// The proxy passes the path on as it is.
    #[arg(long, env)]
    pub base_path: Option<BasePath>,

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

    /// The longest message a client may send, over any transport, in bytes.
    #[arg(long, env, default_value_t = 4 * 1024 * 1024)]
    pub max_request_body_bytes: usize,

    /// How many connections there may be at once; one more is answered with
    /// 503. A session has one or two.
    #[arg(long, env, default_value_t = 25_000)]
    pub http_max_connections: usize,

    /// How many connections one client address may have at once; one more is
    /// answered with 429. Clients on this machine and `TRUSTED_PROXIES` are not
    /// counted.
    #[arg(long, env, default_value_t = 500)]
    pub http_max_connections_per_client: usize,

    /// How long a client may take to send the head of a request, in seconds.
    #[arg(long, env, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_header_timeout_seconds: u64,

    /// How long a client may take to send the body of a request, in seconds.
    #[arg(long, env, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_body_timeout_seconds: u64,

    /// How long a connection may be idle between two requests, in seconds: more
    /// than that of a proxy in front. Open streams are not idle.
    #[arg(long, env, default_value_t = 75, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_keep_alive_seconds: u64,

    /// How long to go on serving after SIGTERM, while `/health/ready` says that
    /// the server is not ready, in seconds: as long as load balancers need to
    /// notice.
    #[arg(long, env, default_value_t = 0)]
    pub shutdown_delay_seconds: u64,

    /// How long running requests may go on after SIGTERM (and that delay), in
    /// seconds.
    #[arg(long, env, default_value_t = 10)]
    pub shutdown_grace_seconds: u64,

    /// Where to serve `/metrics`, for Prometheus, as an address and port such as
    /// `127.0.0.1:9090`; it is then not served with the rest.
    #[arg(long, env)]
    pub metrics_address: Option<String>,

    /// Keys that let clients in, separated by commas: `KEY`, `NAME:KEY`,
    /// `NAME:sha256:HASH` as `hash-key` prints it, or `@PATH` of a file with
    /// one a line. Better in the environment or a file than as a flag, which
    /// others on the machine can read.
    #[arg(
        long,
        env,
        help_heading = "Who may pass",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub api_keys: Vec<Secret>,

    /// A file with such keys, one a line.
    #[arg(long, env)]
    pub api_keys_file: Option<PathBuf>,

    /// Whether nobody is let in without a key. If this is not set, it is so as
    /// soon as there is a key.
    #[arg(
        long,
        env,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub api_key_required: Option<bool>,

    /// Also take a key from the query, `/sse?api_key=KEY`, for clients that
    /// cannot set headers, such as a browser's `EventSource`. Proxies log
    /// queries, and browsers remember them.
    #[arg(long, env)]
    pub api_key_in_query: bool,

    /// How many requests a minute are answered for one key, or for one client
    /// address (of IPv6 a /64) without a key; 0 any number. A minute's worth
    /// may come at once. Opening a stream and each message count; a stream that
    /// stays open does not.
    #[arg(long, env, default_value_t = 600)]
    pub rate_limit_per_minute: u32,

    /// How many client addresses the rate limit tells apart; all further ones
    /// share the allowance of one.
    #[arg(long, env, default_value_t = 100_000)]
    pub rate_limit_max_clients: usize,

    /// Proxies that are believed about where a request comes from, separated
    /// by commas: addresses, networks such as `10.0.0.0/8`, or `unix` for
    /// whoever connects by a Unix socket.
    #[arg(long, env, value_delimiter = ',')]
    pub trusted_proxies: Vec<Proxy>,

    /// The header in which they name the client: `X-Forwarded-For` and
    /// `Forwarded` are read from the right up to the first address that is
    /// not trusted; any other, such as `Fly-Client-IP`, holds one address.
    #[arg(long, env, default_value_t = ClientIpHeader::XForwardedFor)]
    pub client_ip_header: ClientIpHeader,

    /// Web pages that may read the answers (CORS), and use this server as if
    /// they stood in `ALLOWED_ORIGINS`: origins, separated by commas, such as
    /// `https://app.example.org` or `http://localhost:*`; `*` is any page, if
    /// a key is required.
    #[arg(long, env, value_delimiter = ',')]
    pub cors_origins: Vec<String>,

    /// The time between two keep-alive comments on an event stream, or pings on
    /// a WebSocket, in seconds; 0 sends none.
    #[arg(
        long,
        env,
        help_heading = "Event streams and sessions",
        default_value_t = 15
    )]
    pub sse_keep_alive_seconds: u64,

    /// How long a session outlives its stream, in seconds, so that a client
    /// that reconnects gets it back; 0 ends it at once.
    #[arg(long, env, default_value_t = 30)]
    pub sse_resume_grace_seconds: u64,

    /// How long a session may be without a message, in seconds; 0 for ever.
    #[arg(long, env, default_value_t = 3600)]
    pub sse_session_timeout_seconds: u64,

    /// How often sessions are looked for that were without a message for longer
    /// than `SSE_SESSION_TIMEOUT_SECONDS`, in seconds.
    #[arg(long, env, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub sse_cleanup_interval_seconds: u64,

    /// How long a session may stay without an `initialize`, in seconds.
    #[arg(long, env, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub sse_init_timeout_seconds: u64,

    /// How long a connected client may leave events unread, in seconds, before
    /// its session ends.
    #[arg(long, env, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub sse_write_timeout_seconds: u64,

    /// How many sessions may be open at once, over HTTP+SSE, over Streamable
    /// HTTP and over WebSocket each. A request of the revision without
    /// sessions is one for itself. It also bounds, each for itself, GraphQL's
    /// subscriptions and sockets, and the pages that wait on `/live`.
    #[arg(long, env, default_value_t = 10_000)]
    pub sse_max_sessions: usize,

    /// How many sessions one client address may have open at once, over each of
    /// these transports. Clients on
    /// this machine, such as a reverse proxy, are not counted.
    #[arg(long, env, default_value_t = 100)]
    pub sse_max_sessions_per_client: usize,

    /// How many requests of one session may run at once.
    #[arg(long, env, default_value_t = 64)]
    pub sse_max_in_flight: usize,

    /// The most bytes that wait for one client that does not read, over HTTP+SSE
    /// and WebSocket.
    #[arg(long, env, default_value_t = 4 * 1024 * 1024)]
    pub sse_max_queued_bytes: usize,

    /// Whether `/graphql` tells its schema to whoever asks; what it serves is
    /// public either way.
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

    /// About how many values the answer to one GraphQL operation may have; a
    /// history counts 1000 besides, because it may ask the API anew.
    #[arg(long, env, default_value_t = 25_000)]
    pub graphql_max_complexity: usize,

    /// How long the answer to one GraphQL operation may take, in seconds; a
    /// subscription may stay open for ever.
    #[arg(long, env, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub graphql_timeout_seconds: u64,

    /// Where the Aareguru API is.
    #[arg(
        long,
        env,
        help_heading = "The Aareguru API",
        default_value_t = aareguru::Config::default().base_url
    )]
    pub aareguru_base_url: String,

    /// Where the hydro API of existenz.ch is, which has the past.
    #[arg(long, env, default_value_t = aareguru::Config::default().hydro_base_url)]
    pub hydro_base_url: String,

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

    /// How long an answer is kept to be shown, with its age, while the API
    /// ails, in seconds; 0 keeps none.
    #[arg(long, env, default_value_t = 24 * 60 * 60)]
    pub cache_stale_seconds: u64,

    /// How long a request to the API may take, in seconds.
    #[arg(long, env, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_client_timeout: u64,

    /// How long connecting to the API may take, in seconds.
    #[arg(long, env, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub http_client_connect_timeout_seconds: u64,

    /// How many requests to the API may be under way at once; more wait.
    #[arg(long, env, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub http_client_max_connections: u32,

    /// How many idle connections to the API are kept.
    #[arg(long, env, default_value_t = 20)]
    pub http_client_max_keepalive: usize,

    /// How often a request to the API is repeated that failed in a way that
    /// may pass: unreachable, too slow, status 429 or 5xx.
    #[arg(long, env, default_value_t = 2)]
    pub aareguru_retries: u32,

    /// The pause before the first repetition, in milliseconds; doubled for
    /// each further one, and lengthened at random by up to as much again.
    #[arg(long, env, default_value_t = 250)]
    pub aareguru_retry_pause_milliseconds: u64,

    /// How long an answer may take with all repetitions, in seconds.
    #[arg(long, env, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub aareguru_total_timeout_seconds: u64,

    /// How many requests in a row may fail before the API is left alone for a
    /// while.
    #[arg(long, env, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub aareguru_breaker_failures: u32,

    /// How long the API is left alone at first, in seconds; doubled each time
    /// that the API, asked again, fails again.
    #[arg(long, env, default_value_t = 5)]
    pub aareguru_breaker_pause_seconds: u64,

    /// How long the API is left alone at most, in seconds.
    #[arg(long, env, default_value_t = 300)]
    pub aareguru_breaker_longest_pause_seconds: u64,

    /// How long the API is left alone after its host has blocked this address,
    /// in seconds.
    #[arg(long, env, default_value_t = 900)]
    pub aareguru_breaker_blocked_pause_seconds: u64,

    /// The Redis or Valkey by which several instances act as one, such as
    /// `redis://USER:PASSWORD@HOST:6379/DATABASE`; `rediss://` is with TLS, and
    /// `redis+sentinel://HOST:26379,HOST:26379/SERVICE` asks Sentinels for the
    /// master. Redis Cluster is not supported. Without it an instance is alone.
    #[arg(long, env, help_heading = "Several instances", hide_env_values = true)]
    pub redis_url: Option<Secret>,

    /// The certificate of the CA that has signed Redis's, as PEM, with
    /// `rediss://`. Without it the system's CAs are trusted.
    #[arg(long, env)]
    pub redis_ca_file: Option<PathBuf>,

    /// The certificate by which Redis knows us, as PEM, if it asks for one.
    #[arg(long, env)]
    pub redis_cert_file: Option<PathBuf>,

    /// The key of that certificate, as PEM.
    #[arg(long, env)]
    pub redis_key_file: Option<PathBuf>,

    /// What the names of all keys in Redis begin with. Instances that share a
    /// Redis and are not to act as one need different ones.
    #[arg(long, env, default_value = "aareguru-mcp:")]
    pub redis_key_prefix: String,

    /// Start although Redis cannot be reached, and connect when it can be;
    /// until then `/health/ready` says that the server is not ready.
    #[arg(long, env)]
    pub redis_wait: bool,

    /// How long Redis may take to answer or to be connected to, in
    /// milliseconds.
    #[arg(long, env, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..))]
    pub redis_timeout_milliseconds: u64,

    /// How much to log: off, error, warn, info, debug, trace, or directives for
    /// our own crates such as `info,aareguru=debug`.
    #[arg(long, env, help_heading = "Logs and traces", default_value = "info")]
    pub log_level: String,

    /// How to log: text for people, json for machines.
    #[arg(long, env, value_enum, ignore_case = true, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Where an OpenTelemetry collector takes traces over HTTP, such as
    /// `http://localhost:4318`; `/v1/traces` is added. Other `OTEL_` variables
    /// (headers, timeout, sampler, service name) are honoured too.
    // It may hold a password.
    #[arg(long, env, hide_env_values = true)]
    pub otel_exporter_otlp_endpoint: Option<Secret>,

    /// Chose between two transports once; there is only one now, the full one.
    #[arg(long, env, help_heading = "Accepted, without effect", hide = true)]
    pub use_full_sse: bool,
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
        let (host, port) = (&self.http_host, self.http_port);
        if host.contains(':') && !host.starts_with('[') {
            return format!("[{host}]:{port}");
        }
        format!("{host}:{port}")
    }

    /// See `shutdown_grace_seconds`.
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace_seconds)
    }

    /// How to reach the API.
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
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    pub(super) fn settings(arguments: &[&str]) -> Settings {
        let line = [&["aareguru-mcp"], arguments].concat();
        Line::try_parse_from(line).unwrap().settings
    }

    /// A value for a setting that is a secret, with a mark that must not be
    /// seen.
    fn with_secret(flag: &str) -> (Settings, &'static str) {
        const MARK: &str = "mark-of-a-secret";
        let values = [
            format!("alice:{MARK}"),
            format!("redis://alice:{MARK}@localhost"),
            format!("http://alice:{MARK}@localhost"),
        ];
        let parsed = values.iter().find_map(|value| {
            let line = ["aareguru-mcp", flag, value];
            Line::try_parse_from(line).ok()
        });
        let parsed = parsed.unwrap_or_else(|| panic!("no value for {flag} is known here"));
        (parsed.settings, MARK)
    }

    #[test]
    fn whoever_debugs_sees_no_secret() {
        let command = <Line as clap::CommandFactory>::command();
        let secrets = command
            .get_arguments()
            .filter(|argument| argument.is_hide_env_values_set());
        let mut seen = 0;
        for argument in secrets {
            let (settings, mark) = with_secret(&format!("--{}", argument.get_long().unwrap()));
            let shown = format!("{settings:?} {settings:#?}");
            assert!(!shown.contains(mark), "{argument}: {shown}");
            if let Ok(guard) = crate::guard::Guard::new(&settings) {
                let shown = format!("{guard:?}");
                assert!(!shown.contains(mark), "{argument}: {shown}");
            }
            seen += 1;
        }
        assert!(seen >= 3);
    }

    #[test]
    fn an_ipv6_host_gets_its_brackets() {
        let plain = settings(&["--http-host", "::1", "--http-port", "1"]);
        assert_eq!(plain.address(), "[::1]:1");
        let bracketed = settings(&["--http-host", "[::1]", "--http-port", "1"]);
        assert_eq!(bracketed.address(), "[::1]:1");
    }

    #[test]
    fn the_defaults_are_those_of_the_libraries() {
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
