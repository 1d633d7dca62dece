//! Support for MCP's official conformance suite: the handler that its scenarios expect, and a
//! bridge to HTTP+SSE. Not part of the product.
//!
//! - [`Everything`]: a handler with the tools, prompts and resources that the suite's scenarios
//!   request by name.
//! - [`bridge`]: connects the suite, which supports only Streamable HTTP, to HTTP+SSE.
//!
//! `README.md` explains how to run the suite, and lists its results.

#![expect(
    deprecated,
    reason = "the suite tests logging and sampling, which are deprecated"
)]

mod bridge;
mod everything;

pub use bridge::bridge;
pub use everything::Everything;
