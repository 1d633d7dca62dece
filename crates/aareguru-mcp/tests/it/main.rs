//! The real binary from the outside.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

#[cfg(feature = "redis")]
mod cluster;
mod edge;
#[cfg(feature = "graphql")]
mod graphql;
mod pages;
mod project;
mod terminal;
mod tools;
mod transport;
