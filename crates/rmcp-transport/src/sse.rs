//! The HTTP+SSE service.
//!
//! In the order in which they handle a request:
//!
//! - `config`: the configuration, with every limit.
//! - `service`: the tower service; routes requests. `service_state`: the state that its parts share.
//! - `stream_endpoint`: `GET /sse`; opens or resumes a session, streams its events.
//! - `message_endpoint`: `POST /messages`; checks a message and delivers it to its session.
//! - `parse`: parses a JSON-RPC message.
//! - `delivery`, `relay`: delivery to sessions of other processes.
//! - `store`: sessions that outlive their process.
//! - `registry`: the open sessions of this process.
//! - `session`: one session, its requests in flight, and its `Peer`.
//! - `outbox`: the queue of events for one client, and those kept for a resume.
//! - `sweep`: enforces time limits, and drains sessions on shutdown.
//! - `client_info`: infers the parameters of a client that does not initialize again.
//! - `event`, `event_stream`, `id`, `response`, `close_reason`, `metrics`: formats and types that
//!   the others use.

mod client_info;
mod close_reason;
mod config;
mod delivery;
mod event;
mod event_stream;
mod id;
mod message_endpoint;
mod metrics;
mod outbox;
mod parse;
mod registry;
mod relay;
mod response;
mod service;
mod service_state;
mod session;
mod store;
mod stream_endpoint;
mod sweep;

pub use config::SseServerConfig;
pub use delivery::{Delivery, DeliveryId};
pub use id::{SessionId, SessionTag};
pub use relay::{Relay, RelayFuture};
pub use response::SseBody;
pub use service::SseService;
pub use store::{
    Commit, PendingDelivery, SessionRecord, SessionRef, SessionStore, Snapshot, StoreError,
    StoreFuture, TakeoverRequest,
};
