//! What a client of the API needs to know. Made to be filled from the settings
//! of a larger program; reads no environment and no file itself.

use std::time::Duration;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where the API lives: an `http` or `https` URL, with or without a path
    /// before the API's own (`/v2018/…`).
    pub base_url: String,
    /// Sent as `app` with each request; the API's author asks for it.
    pub app_name: String,
    /// Sent as `version` with each request.
    pub app_version: String,
    /// The longest that one request may take, from connecting to the last byte.
    pub timeout: Duration,
    /// The longest that connecting may take.
    pub connect_timeout: Duration,
    /// How many idle connections are kept open for the next request.
    pub max_idle_connections: usize,
    /// How long an answer is used before the API is asked again.
    ///
    /// The API itself keeps answers for 2 minutes, and the river is measured
    /// every 10. Zero keeps nothing; askers at the same moment still share one
    /// request.
    pub cache_ttl: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: "https://aareguru.existenz.ch".to_owned(),
            app_name: env!("CARGO_PKG_NAME").to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            max_idle_connections: 20,
            cache_ttl: Duration::from_secs(120),
        }
    }
}
