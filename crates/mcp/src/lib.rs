//! The MCP server handler: tools, resources, prompts, completions, subscriptions and apps.
//!
//! It translates requests into questions to `aareguru`, and the results into the text and
//! structured content of `answers`. The transports are in `rmcp-transport` and in the binary.

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
