//! The MCP server about the river: tools, resources, prompts, completions, subscriptions and apps.
//!
//! A handler translates arguments to a question to `aareguru`, and its answer to text and structured
//! content of `answers`. Transports are in `rmcp-transport` and in the binary.

#![expect(
    deprecated,
    reason = "log messages are deprecated in the protocol, but clients still request them"
)]

mod apps;
mod completion;
mod icon;
mod log_notifier;
mod metrics;
mod prompts;
mod resources;
mod server;
mod subscriptions;
mod tools;

pub use self::{metrics::ContinueTrace, server::AareServer};
