//! An MCP server that answers questions about the Swiss river Aare.
//!
//! The program:
//!
//! - [`cli`]: the command line and its subcommands: [`healthcheck`], [`hash_key`], [`terminal`] and
//!   the two servers, HTTP and [`stdio`].
//! - [`settings`]: all settings with their names, defaults and sources.
//! - [`exit`]: the exit codes.
//! - [`telemetry`]: logs and traces.
//!
//! The server:
//!
//! - [`app`]: the parts that all connections share, built without binding a port.
//! - [`routes`]: the route table and the layers of the HTTP server.
//! - [`streamable`], [`websocket`], [`stdio`]: the transports that this crate implements. `duplex`
//!   is the part that WebSocket and standard input and output share; `session_metrics` are the
//!   metrics of a transport.
//! - [`clustering`]: state shared with other instances.
//! - `health_checks`: the readiness checks.
//! - [`banner`], [`connect`]: the endpoints and the client configurations that the server prints
//!   and shows on its pages.

pub mod app;
pub mod banner;
pub mod cli;
#[cfg_attr(not(feature = "redis"), path = "clustering_disabled.rs")]
pub mod clustering;
pub mod connect;
mod duplex;
pub mod exit;
pub mod hash_key;
mod health_checks;
pub mod healthcheck;
pub mod routes;
mod session_metrics;
pub mod settings;
pub mod stdio;
pub mod streamable;
pub mod telemetry;
pub mod terminal;
pub mod websocket;
