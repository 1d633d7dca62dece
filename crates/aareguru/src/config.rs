//! Configuration of a client. Reads no environment and no files; the program fills it from its own
//! settings.

use std::sync::Arc;
use std::time::Duration;

use crate::Clock;
use crate::shared_cache::SharedCache;

/// Configuration of a [`Client`](crate::Client).
///
/// ```
/// use aareguru::Config;
///
/// let config = Config {
///     app_name: "swim-sign".to_owned(),
///     app_version: "1.2".to_owned(),
///     ..Config::default()
/// };
/// assert_eq!(config.base_url, "https://aareguru.existenz.ch");
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// Base URL of the Aareguru API: `http` or `https`, with or without a path before the API's own
    /// (`/v2018/…`).
    pub base_url: String,
    /// Base URL of the hydro API of existenz.ch: the URL before `/latest`.
    pub hydro_base_url: String,
    /// Sent as `app` with each request, as the APIs' author requests.
    pub app_name: String,
    /// Sent as `version` with each request.
    pub app_version: String,
    /// Time limit of one request, from connecting to the last byte.
    pub timeout: Duration,
    /// Time limit of connecting.
    pub connect_timeout: Duration,
    /// Time limit of a fetch, including retries and the pauses between them.
    pub total_timeout: Duration,
    /// How often to retry a request after a transient error: unreachable, timeout, status 429 or
    /// 5xx.
    pub retries: u32,
    /// The pause before the first retry. It doubles with each retry, with random jitter of up to
    /// the same length. A longer `Retry-After` of the API is respected.
    pub retry_pause: Duration,
    /// The maximum number of concurrent requests; 0 counts as 1. Further requests wait, within
    /// their [`timeout`](Self::timeout).
    pub max_requests: u32,
    /// The maximum number of idle connections per host that are kept open.
    pub max_idle_connections: usize,
    /// How long a response is fresh.
    ///
    /// The API itself caches responses for 2 minutes, and the river is measured every 10. Zero
    /// disables the cache; concurrent callers still share one request.
    pub cache_ttl: Duration,
    /// How long a response is kept as a fallback while the API fails. Zero disables the fallback.
    pub stale_for: Duration,
    /// The number of consecutive failures that opens the circuit breaker of an API; 0 counts as 1.
    pub breaker_failures: u32,
    /// The first pause of an open circuit breaker. It doubles each time the trial request fails.
    pub breaker_pause: Duration,
    /// The longest pause of an open circuit breaker.
    pub breaker_longest_pause: Duration,
    /// The pause after the API's host has blocked this client. The address stays blocked, and
    /// further requests prolong that.
    pub breaker_blocked_pause: Duration,
    /// The clock against which the age of readings is computed.
    pub clock: Clock,
    /// The cache shared with other processes, if any. Recordings are not shared.
    pub shared_cache: Option<Arc<dyn SharedCache>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: "https://aareguru.existenz.ch".to_owned(),
            hydro_base_url: "https://api.existenz.ch/apiv1/hydro".to_owned(),
            app_name: env!("CARGO_PKG_NAME").to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(20),
            retries: 2,
            retry_pause: Duration::from_millis(250),
            max_requests: 100,
            max_idle_connections: 20,
            cache_ttl: Duration::from_secs(120),
            stale_for: Duration::from_secs(24 * 60 * 60),
            breaker_failures: 5,
            breaker_pause: Duration::from_secs(5),
            breaker_longest_pause: Duration::from_secs(5 * 60),
            breaker_blocked_pause: Duration::from_secs(15 * 60),
            clock: Clock::system(),
            shared_cache: None,
        }
    }
}
