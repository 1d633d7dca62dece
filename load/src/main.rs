//! Measures the transport against its ceiling: what the same calls cost a bare axum server without
//! an MCP library.
//!
//! - `cli`: the commands.
//! - `peer`: the servers that are measured, each in a separate process.
//! - `server`: a running server, as the measuring side sees it; `process`: its CPU time and
//!   memory; `scrape`: its metrics.
//! - `client`: one session over any of the transports; `session_pool`: very many sessions.
//! - `measure`: one file per measure.
//! - `run`: load as you want it, on any server, with limits to keep.
//! - `soak`: the product for a long time, with failures: what it does not release.
//! - `scale`: the product with ever more sessions: what grows, and how.
//! - `upstream`: a substitute for the API.
//! - `bench`: all measures of all servers, in rounds, as one table.
//! - `chart`, `table`: numbers as SVG and as Markdown; `output`: the files for them.
//! - `cores`, `sockets`: the cores of server and client, and the limit on sockets.

mod cli;

mod peer;
mod process;
mod scrape;
mod server;

mod client;
mod session_pool;

mod bench;
mod measure;
mod run;
mod scale;
mod soak;
mod upstream;

mod chart;
mod output;
mod table;

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
