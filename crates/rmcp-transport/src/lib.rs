#![doc = include_str!("../README.md")]
//!
//! # Map of the crate
//!
//! The feature `sse` (default) contains the HTTP+SSE service. Without it, the crate contains the
//! check of `Host` and `Origin`, principals, refusals, request bodies, rendered results and message
//! counters, for other transports.
//!
//! In the order in which they handle a request:
//!
//! - `config`: the configuration, with every limit.
//! - `service`: the tower service; routes requests. `service_state`: the state that its parts share.
//! - `rebinding`: the check of `Host` and `Origin` headers.
//! - `principal`: the identity and address of a client.
//! - `stream`: `GET /sse`; opens or resumes a session, streams its events.
//! - `message`: `POST /messages`; checks a message and delivers it to its session.
//! - `body`: reads request bodies.
//! - `parse`: parses a JSON-RPC message.
//! - `delivery`, `relay`: delivery to sessions of other processes.
//! - `store`: sessions that outlive their process.
//! - `registry`: the open sessions of this process.
//! - `session`: one session: its requests in flight, its `Peer`, its end.
//! - `outbox`: the queue of events for one client, and those kept for a resume.
//! - `sweep`: enforces time limits, and drains sessions on shutdown.
//! - `client_info`: what is known about a client that will not initialize again.
//! - `client_limiter`: limits on sessions, in total and per client.
//! - `rendered`: serialized results.
//! - `event`, `event_stream`, `id`, `response`, `refusal`, `close_reason`, `metrics`,
//!   `message_counters`: formats and types that the others use.

#![warn(missing_docs)]

mod body;
mod client_limiter;
mod message_counters;
mod principal;
mod rebinding;
mod refusal;
mod rendered;

#[cfg(feature = "sse")]
mod client_info;
#[cfg(feature = "sse")]
mod close_reason;
#[cfg(feature = "sse")]
mod config;
#[cfg(feature = "sse")]
mod delivery;
#[cfg(feature = "sse")]
mod event;
#[cfg(feature = "sse")]
mod event_stream;
#[cfg(feature = "sse")]
mod id;
#[cfg(feature = "sse")]
mod message;
#[cfg(feature = "sse")]
mod metrics;
#[cfg(feature = "sse")]
mod outbox;
#[cfg(feature = "sse")]
mod parse;
#[cfg(feature = "sse")]
mod registry;
#[cfg(feature = "sse")]
mod relay;
#[cfg(feature = "sse")]
mod response;
#[cfg(feature = "sse")]
mod service;
#[cfg(feature = "sse")]
mod service_state;
#[cfg(feature = "sse")]
mod session;
#[cfg(feature = "sse")]
mod store;
#[cfg(feature = "sse")]
mod stream;
#[cfg(feature = "sse")]
mod sweep;

pub use body::{is_json, read_body};
pub use client_limiter::{ClientLimiter, LimitExceeded, Permit, SessionLimiter, SessionPermit};
pub use message_counters::MessageCounters;
pub use principal::{ClientAddress, ClientKey, Principal};
pub use rebinding::{
    InvalidPattern, Rebinding, RebindingLayer, RebindingProtection, RefusedHeader,
};
pub use refusal::Refusal;
pub use rendered::RenderedResult;

#[cfg(feature = "sse")]
pub use config::SseServerConfig;
#[cfg(feature = "sse")]
pub use delivery::{Delivery, DeliveryId};
#[cfg(feature = "sse")]
pub use id::{SessionId, SessionTag};
#[cfg(feature = "sse")]
pub use relay::{Delivered, Relay};
#[cfg(feature = "sse")]
pub use response::SseBody;
#[cfg(feature = "sse")]
pub use service::SseService;
#[cfg(feature = "sse")]
pub use store::{
    Commit, Pending, Record, SessionRef, SessionStore, Snapshot, StoreError, Stored,
    TakeoverRequest,
};
