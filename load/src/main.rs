//! Measures the transport against its ceiling: what the same calls cost a bare
//! axum server that knows no MCP library.
//!
//! - `cli`: the commands.
//! - `peer`: the servers that are measured, each in a process of its own.
//! - `server`: a running server, as the measuring side sees it.
//! - `process`: its CPU time and memory, as the kernel tells them.
//! - `client`: the client: HTTP/1.1 and events over raw sockets.
//! - `measure`: one file a measure.
//! - `run`: load as its user wants it, on any server, with limits to keep.
//! - `soak`: the product for a long time, with troubles: what it holds on to.
//! - `scale`: the product with ever more sessions: what grows, and how.
//! - `crowd`: very many sessions; `upstream`: a stand-in for the API; `scrape`:
//!   what a server tells of itself.
//! - `bench`: all measures of all servers, in rounds, as one table.
//! - `chart`: numbers over time as SVG.
//! - `cores`, `sockets`: which core runs what, and how many sockets there are.

mod cli;

mod peer;
mod server;

mod client;
mod process;

mod bench;
mod measure;
mod run;
mod scale;
mod soak;

mod crowd;
mod scrape;
mod upstream;

mod chart;

mod cores;
mod sockets;

use clap::Parser;

/// The product's allocator, so that servers are compared and not allocators.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> anyhow::Result<()> {
    cli::Cli::parse().run()
}
