//! What a client of the API needs to know. Made to be filled from the settings
//! of a larger program; reads no environment and no file itself.

use std::sync::Arc;
use std::time::Duration;

use crate::Clock;
use crate::shared_cache::SharedCache;

/// Settings of a [`Client`](crate::Client).
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
    /// Where the Aareguru API lives: an `http` or `https` URL, with or without
    /// a path before the API's own (`/v2018/…`).
    pub base_url: String,
    /// Where the hydro API of existenz.ch lives: the URL before `/latest`.
    pub hydro_base_url: String,
    /// Sent as `app` with each request; the APIs' author asks for it.
    pub app_name: String,
    /// Sent as `version` with each request.
    pub app_version: String,
    /// The longest that one request may take, from connecting to the last byte.
    pub timeout: Duration,
    /// The longest that connecting may take.
    pub connect_timeout: Duration,
    /// The longest that an ask may take, with all its requests and the pauses
    /// between them.
    pub total_timeout: Duration,
    /// How often a request is repeated that failed in a way that may pass:
    /// unreachable, too slow, status 429 or 5xx.
    pub retries: u32,
    /// The pause before the first repetition; doubled for each further one,
    /// and lengthened at random by up to as much again. A longer `Retry-After`
    /// of the API is kept to.
    pub retry_pause: Duration,
    /// How many requests may be under way at once; 0 counts as 1. More wait,
    /// within their [`timeout`](Self::timeout).
    pub max_requests: u32,
    /// How many idle connections are kept open for the next request.
    pub max_idle_connections: usize,
    /// How long an answer is used before the API is asked again.
    ///
    /// The API itself keeps answers for 2 minutes, and the river is measured
    /// every 10. Zero keeps nothing; askers at the same moment still share one
    /// request.
    pub cache_ttl: Duration,
    /// How long an answer is kept to be shown, marked, while the API ails.
    /// Zero keeps none.
    pub stale_for: Duration,
    /// How many requests in a row may fail before an API is left alone for a
    /// while; 0 counts as 1.
    pub breaker_failures: u32,
    /// For how long at first. Doubled each time that the API, asked again,
    /// fails again.
    pub breaker_pause: Duration,
    /// For how long at most.
    pub breaker_longest_pause: Duration,
    /// For how long after the API's host has blocked us; an address stays
    /// blocked, and asking on makes it worse.
    pub breaker_blocked_pause: Duration,
    /// The present, by which readings are judged.
    pub clock: Clock,
    /// Where to find what other processes were answered; `None` asks for
    /// itself. Recordings are not shared.
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
