//! The GraphQL API at `/graphql`.
//!
//! The schema only translates the answers of `aareguru`; each family of types has a file.
//! `service.rs` executes operations, `limits.rs` limits them, and `http.rs`, `event_stream.rs` and
//! `websocket.rs` are the transports. `docs/GRAPHQL.md` is the documentation for users.

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
