//! The river as GraphQL, at `/graphql`.
//!
//! The schema only translates, as the tools do: what the numbers mean is the business of
//! `aareguru`. One file a family of types; `service.rs` executes, `limits.rs` bounds an operation,
//! and `http.rs`, `event_stream.rs` and `websocket.rs` are the transports. `docs/GRAPHQL.md` is for
//! its users.

#[macro_use]
mod object;
mod comparison;
mod conditions;
mod config;
mod danger;
mod error;
mod event_stream;
mod field_order;
mod forecast;
#[cfg(test)]
mod fuzz;
mod history;
mod http;
mod limits;
mod media_type;
mod metrics;
mod place;
mod query;
mod reading;
mod response_json;
mod scalars;
mod schema;
mod service;
mod sources;
mod subscription;
mod websocket;

pub use config::{Config, EditorPage};
pub use http::{get, get_schema, post};
pub use service::GraphQl;
