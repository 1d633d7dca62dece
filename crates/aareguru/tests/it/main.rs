//! The crate against a real HTTP server on this machine. A single binary, to link only once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod endpoints;
mod errors;
mod faults;
mod metrics;
mod mutation;
mod places;
mod recorded;
mod safety;
mod sharing;
mod single_fault;
