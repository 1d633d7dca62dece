//! An MCP server that answers questions about the Swiss river Aare.
//!
//! # Map
//!
//! In the order in which the program meets them:
//!
//! - [`cli`]: the command line, and [`healthcheck`] for containers.
//! - [`exit`]: what the exit codes mean.
//! - [`settings`]: every setting, its name, its default.
//! - [`telemetry`]: logs on.
//! - [`app`]: the parts that all connections share, built without a port.
//! - [`clustering`]: state shared with other instances.
//! - [`routes`]: every route and every layer, in order.
//! - `graphql`: the same river as GraphQL presents it.
//! - `duplex`: one client on one connection that goes both ways: the part
//!   that the WebSocket and standard input and output have in common.
//! - [`stdio`]: the same server on standard input and output.
//! - [`terminal`]: the river for people at a terminal.
//! - [`hash_key`]: keys for the settings.
//! - [`banner`]: what `serve` prints when it is ready.
//! - [`connect`]: how each client is connected.

pub mod cli;
pub mod exit;
pub mod healthcheck;
pub mod settings;

pub mod telemetry;

pub mod app;
#[cfg_attr(not(feature = "redis"), path = "clustering_disabled.rs")]
pub mod clustering;
mod duplex;
mod health_checks;
pub mod routes;
mod session_metrics;
pub mod stdio;
pub mod streamable;
pub mod terminal;
pub mod websocket;

pub mod hash_key;

pub mod banner;
pub mod connect;
