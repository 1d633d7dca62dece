//! What MCP's official conformance suite needs to test this server's HTTP
//! stack, and what no product should contain.
//!
//! - [`Everything`]: a handler with the tools, prompts and resources that the
//!   suite's scenarios ask for by name.
//! - [`bridge`]: lets the suite, which speaks only Streamable HTTP, reach
//!   HTTP+SSE.
//!
//! How the suite is run, and what it found, stands in `README.md`.

#![expect(
    deprecated,
    reason = "the suite tests logging and sampling, which are on their way out"
)]

mod bridge;
mod everything;

pub use bridge::bridge;
pub use everything::Everything;
