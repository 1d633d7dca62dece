//! An MCP server that answers questions about the Swiss river Aare.
//!
//! # Map
//!
//! In the order in which the program meets them:
//!
//! - [`cli`]: the command line, and [`healthcheck`] for containers.
//! - [`exit`]: what the exit codes mean.
//! - [`settings`]: every setting, its name, its default; [`base_path`] is one.
//! - [`telemetry`]: logs on.
//! - [`app`]: the parts that all connections share, built without a port.
//! - [`cluster`]: what instances share, if there are several.
//! - [`guard`]: who may pass: keys, limits, origins.
//! - [`http`]: every route and every layer, in order.
//! - [`mcp`]: the river as MCP presents it: tools and resources.
//! - `graphql`: the same river as GraphQL presents it.
//! - [`serve`]: the accept loop, and how it ends.
//! - `duplex`: one client on one connection that goes both ways: the part
//!   that the WebSocket and standard input and output have in common.
//! - [`stdio`]: the same server on standard input and output.
//! - [`terminal`]: the river for people at a terminal.
//! - [`hash_key`]: keys for the settings.
//! - [`banner`]: what `serve` prints when it is ready.
//! - [`connect`]: how each client is connected.

pub mod base_path;
pub mod cli;
pub mod exit;
pub mod healthcheck;
pub mod settings;

pub mod telemetry;

pub mod app;
pub mod cluster;
mod counter_vec;
mod duplex;
#[cfg(feature = "graphql")]
pub mod graphql;
pub mod guard;
pub mod http;
mod log_throttle;
pub mod mcp;
mod refusal;
mod route_service;
pub mod serve;
pub mod stdio;
pub mod terminal;

pub mod hash_key;

pub mod banner;
pub mod connect;
