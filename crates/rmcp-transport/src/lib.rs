#![doc = include_str!("../README.md")]
//!
//! # Map of the crate
//!
//! In the order in which a request meets them:
//!
//! - `config`: the settings, with every bound.
//! - `service`: the tower service; which path and method goes where.
//! - `rebinding`: which `Host` and `Origin` headers are accepted.
//! - `principal`: who a request comes from.
//! - `stream`: `GET /sse`, opens a session or resumes it, streams its events.
//! - `message`: `POST /messages`, checks a message and hands it to its session.
//! - `parse`: reads a JSON-RPC message.
//! - `delivery`, `relay`: the way to sessions of other processes.
//! - `store`: sessions that outlive their process.
//! - `registry`: the open sessions of this process.
//! - `session`: one session: its calls, its `Peer`, its end.
//! - `outbox`: the events on their way to one client, and those it may ask for
//!   again.
//! - `sweep`: what ends by time: overdue sessions, and the service.
//! - `client_info`: what is known of a client that will not initialize again.
//! - `rendered`: a result that its handler has as JSON already.
//! - `event`, `id`, `response`, `refusal`, `metrics`: what the others write.

#![warn(missing_docs)]

mod config;
mod service;

mod rebinding;

mod principal;

mod client_info;
mod delivery;
mod event;
mod id;
mod message;
mod metrics;
mod outbox;
mod parse;
mod refusal;
mod registry;
mod relay;
mod rendered;
mod response;
mod session;
mod store;
mod stream;
mod sweep;

pub use config::SseServerConfig;
pub use delivery::{Delivery, DeliveryId};
pub use id::{SessionId, SessionTag};
pub use message::{is_json, read_body};
pub use metrics::MessageCounters;
pub use principal::{Client, ClientAddress, Principal};
pub use rebinding::{
    InvalidPattern, Rebinding, RebindingLayer, RebindingProtection, RefusedHeader,
};
pub use refusal::Refusal;
pub use relay::{Delivered, Relay};
pub use rendered::RenderedResult;
pub use response::SseBody;
pub use service::SseService;
pub use store::{
    Commit, Kept, Pending, Record, SessionStore, Snapshot, StoreError, Stored, Wanted,
};
