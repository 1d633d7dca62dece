//! The real binary from the outside.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod forbidden_claims;
mod logging_notifications;
mod mcp;

mod architecture;
mod attacks;
mod base_path;
mod browser;
#[cfg(feature = "redis")]
mod cluster_chaos;
#[cfg(feature = "redis")]
mod cluster_failover;
#[cfg(feature = "redis")]
mod cluster_redis_failure;
#[cfg(feature = "redis")]
mod cluster_relay;
#[cfg(feature = "redis")]
mod cluster_rolling;
#[cfg(feature = "redis")]
mod cluster_shared_state;
#[cfg(feature = "redis")]
mod cluster_slow_redis;
#[cfg(feature = "redis")]
mod cluster_streamable;
#[cfg(feature = "redis")]
mod cluster_streamable_resume;
mod command_line;
mod compare;
mod completion;
mod conditions;
mod conformance;
mod cors;
mod danger;
mod deploy;
mod deploy_monitoring;
mod forecast;
mod golden;
#[cfg(feature = "graphql")]
mod graphql;
mod hash_key;
mod health;
mod history;
mod history_sources;
mod implausible;
mod interop;
mod key_reload;
mod keys;
mod listening;
#[cfg(feature = "redis")]
mod load_balancing;
mod locust;
mod logs;
mod metrics;
mod nginx;
mod old_clients;
mod page;
mod prompts;
mod questions;
mod rate_limit;
mod readme;
mod rebinding;
#[cfg(feature = "redis")]
mod redis_connection;
#[cfg(feature = "redis")]
mod redis_sentinel;
#[cfg(feature = "redis")]
mod redis_tls;
mod resources;
mod response_cache;
mod routes;
mod security;
mod settings;
mod shutdown;
mod sse;
mod stdio;
mod streamable;
mod streamable_bounds;
mod subscriptions;
mod terminal;
mod texts;
mod traces;
mod transports;
mod upstream_down;
mod upstream_failures;
mod websocket;
mod websocket_bounds;
