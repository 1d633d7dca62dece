//! What every request passes: the listener, API keys, CORS, rate limits, health, metrics and logs.

pub(crate) mod attacks;
mod base_path;
mod cors;
mod hash_key;
mod health;
mod key_reload;
pub(crate) mod keys;
mod listening;
mod logs;
mod metrics;
mod nginx;
mod rate_limit;
mod rebinding;
pub(crate) mod routes;
mod settings;
mod shutdown;
mod traces;
