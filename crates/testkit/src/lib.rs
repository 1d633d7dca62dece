//! What the integration tests of several crates use: the server process, clients at the level of
//! bytes, and the services around the server: the API, Redis, nginx.
//!
//! A failure panics, and so does a wait that exceeds [`DEADLINE`].

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]
#![warn(missing_docs)]

pub mod binary;
pub mod browser_upstream;
mod build_directory;
pub mod certificate_authority;
pub mod client;
pub mod cluster;
pub mod keys;
pub mod nginx;
pub mod redis_server;
pub mod scrape;
mod skip;
pub mod streamable;
pub mod upstream;
pub mod websocket;
pub mod well_behaved_client;

use std::time::Duration;

pub use skip::skip;

/// Upper bound for every wait; a test that reaches it has failed.
pub const DEADLINE: Duration = Duration::from_secs(20);
