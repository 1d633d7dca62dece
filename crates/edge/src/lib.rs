//! The part of the HTTP server in front of the routes: connections, access checks, request logs,
//! health and metrics.
//!
//! - `serve`: listeners, limits and timeouts of connections, shutdown.
//! - `guard`: the checks of a request, in order: connection limit, `Host` and `Origin`, CORS, client
//!   address, API key, rate limit. `config` configures it.
//! - `request_telemetry`: the id, span, log line and metrics of each request; `trace_context`
//!   continues the traces of clients.
//! - `health`, `prometheus`: the endpoints for probes and scrapers.
//! - `access`, `base_path`, `client_address`, `rate_limit_network`, `refusal`, `route_service`, `secret`: types that these
//!   share with the routes.
//! - `accept`, `counter_vec`, `log_throttle`: helpers for headers, metrics and logs.
//!
//! The routes themselves, and the order of the layers, are in the binary.

pub mod accept;
mod access;
mod base_path;
mod client_address;
mod config;
mod counter_vec;
mod guard;
pub mod health;
mod log_throttle;
pub mod prometheus;
mod rate_limit_network;
pub mod refusal;
pub mod request_telemetry;
mod route_service;
mod secret;
pub mod serve;
#[cfg_attr(not(feature = "otlp"), path = "trace_context_disabled.rs")]
pub mod trace_context;

pub use self::{
    access::Access,
    base_path::BasePath,
    client_address::{ClientIpHeader, PeerAddress, TrustedProxy},
    config::{ApiKeyConfig, Config},
    counter_vec::CounterVec,
    guard::{
        Allowance, Caller, Guard, KeyHandle, RateLimitExceeded, SharedLimit, hash_api_key,
        run_background_tasks, validate_key_entry,
    },
    log_throttle::LogThrottle,
    rate_limit_network::RateLimitNetwork,
    route_service::RouteService,
    secret::Secret,
};
