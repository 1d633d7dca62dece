#![doc = include_str!("../README.md")]
//!
//! # Map of the crate
//!
//! The feature `sse` (default) contains the HTTP+SSE service. Without it, the crate contains the
//! check of `Host` and `Origin`, principals, refusals, request bodies, rendered results and message
//! counters, for other transports.
//!
//! - `rebinding`: the check of `Host` and `Origin` headers.
//! - `principal`: the identity and address of a client.
//! - `client_limiter`: limits on sessions, in total and per client.
//! - `body`: reads request bodies.
//! - `json_limits`: limits what a body may become in memory.
//! - `refusal`: why a request was refused, and the response to it.
//! - `rendered`: serialized results.
//! - `message_counters`: counts received messages.
//! - `sse`: the HTTP+SSE service.

#![warn(missing_docs)]

mod body;
mod client_limiter;
mod json_limits;
mod message_counters;
mod principal;
mod rebinding;
mod refusal;
mod rendered;
#[cfg(feature = "sse")]
mod sse;

pub use body::{is_json, read_body};
pub use client_limiter::{ClientLimiter, LimitExceeded, Permit, SessionLimiter, SessionPermit};
pub use json_limits::JsonLimits;
pub use message_counters::MessageCounters;
pub use principal::{ClientAddress, ClientKey, Principal};
pub use rebinding::{
    InvalidPattern, Rebinding, RebindingLayer, RebindingProtection, RefusedHeader,
};
pub use refusal::Refusal;
pub use rendered::RenderedResult;

#[cfg(feature = "sse")]
pub use sse::*;
