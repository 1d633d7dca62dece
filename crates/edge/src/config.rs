//! The configuration of the checks.

use std::path::PathBuf;

use crate::{
    client_address::{ClientIpHeader, TrustedProxy},
    rate_limit_network::RateLimitNetwork,
    secret::Secret,
};

/// Configures a [`Guard`](crate::Guard). Errors, warnings and refusals name the settings of
/// aareguru-mcp.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The host at which other machines can reach the server; `None` if only this machine can.
    pub public_host: Option<String>,
    /// Values of `Host` that are accepted in addition to the names of this machine.
    pub allowed_hosts: Vec<String>,
    /// Origins whose pages may use the server, in addition to pages of this machine.
    pub allowed_origins: Vec<String>,
    /// Origins whose pages may also read responses. `*` stands for all, but lets them use the server
    /// only if an API key is required.
    pub cors_origins: Vec<String>,
    /// Proxies whose forwarding header is trusted.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// The header in which they send the address of the client.
    pub client_ip_header: ClientIpHeader,
    /// The API keys.
    pub api_keys: ApiKeyConfig,
    /// The maximum number of requests of a client per minute; 0 disables the limit.
    pub rate_limit_per_minute: u32,
    /// Networks whose addresses have their own limit.
    pub rate_limit_networks: Vec<RateLimitNetwork>,
    /// The maximum number of clients that are counted separately.
    pub rate_limit_max_clients: usize,
}

/// Configures the API keys. This part can be reloaded.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyConfig {
    /// Entries, or names of files with entries after an `@`.
    pub entries: Vec<Secret>,
    /// A file with one entry per line.
    pub file: Option<PathBuf>,
    /// Whether requests need a key. If unset, they do if there is one.
    pub required: Option<bool>,
    /// Whether a key may be in the query of a request.
    pub in_query: bool,
}
