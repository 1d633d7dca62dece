//! What clients of each transport see on the wire, and real MCP clients.

mod conformance;
pub(crate) mod controllable_server;
pub(crate) mod interop;
mod locust;
mod message_limits;
mod old_clients;
mod sse;
mod stdio;
mod streamable;
mod streamable_bounds;
mod websocket;
mod websocket_bounds;
