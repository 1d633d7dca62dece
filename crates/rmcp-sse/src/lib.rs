#![doc = include_str!("../README.md")]
//!
//! # Map of the crate
//!
//! In the order in which a request meets them:
//!
//! - `service`: the tower service; which path and method goes where.
//! - `stream`: `GET /sse`, opens a session and streams its events.
//! - `message`: `POST /messages`, checks a message and hands it to its session.
//! - `registry`: the open sessions of this process.
//! - `session`: one session: its id, its inbox, and the task that serves it.
//! - `transport`: rmcp's `Transport` between inbox and outbox.
//! - `handler`: what every handler gets on this transport: the version cap,
//!   cancellation, and a caught panic.
//! - `outbox`: the events on their way to one client.
//! - `event`: the bytes of an event.
//! - `response`: response bodies and the plain refusals.

#![warn(missing_docs)]

mod config;
mod service;

mod event;
mod handler;
mod message;
mod outbox;
mod registry;
mod response;
mod session;
mod stream;
mod transport;

pub use config::SseServerConfig;
pub use response::SseBody;
pub use service::SseService;
