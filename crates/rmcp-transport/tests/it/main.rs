//! The transport from the outside: bytes on the wire, against a real server on a free port.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod server;

mod any_body;
mod bounds;
mod chaos;
mod delivery;
mod drain;
mod handshake;
mod leak;
mod lifetime;
mod memory_store;
mod observability;
mod rebinding;
mod refusals;
mod relay;
mod resume;
mod store_failure;
mod takeover;
mod transcripts;
