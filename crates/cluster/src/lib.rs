//! Shares state among several instances through Redis or Valkey, so that they act as one.
//!
//! - [`Cluster`]: the membership of this instance. It shares the responses of the upstream APIs
//!   (`upstream_cache`), the rate limit (`rate_limit`) and notices (`notices`).
//! - [`sse`]: sessions of HTTP+SSE that any instance can continue.
//! - `connection`: the connection to Redis that all of them use.
//!
//! docs/CLUSTER.md lists the keys in Redis and their lifetimes.

mod cluster;
mod config;
mod connection;
mod instance_id;
mod notices;
mod rate_limit;
pub mod sse;
mod upstream_cache;

pub use self::{
    cluster::Cluster,
    config::{Config, JoinError},
    connection::{CommandPurpose, ConnectionState, Redis},
    instance_id::InstanceId,
    notices::Notice,
};
