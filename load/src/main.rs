//! Load generator and benchmark for MCP servers. The baseline of the benchmark is the ceiling: a
//! bare axum server without an MCP library.
//!
//! - `cli`: the commands.
//! - `server_kind`: the servers that can be measured; `peer` runs one in a separate process,
//!   `product` and `sdk_server` start another program.
//! - `server`: a running server, as the measuring side sees it; `load_target`: its address and
//!   transport; `process`: its CPU time and memory; `metrics_scrape`: its metrics.
//! - `client`: one session over any of the transports; `session_pool`: many sessions.
//! - `measure`: one file per measure.
//! - `run`: configurable load on any server, with limits that fail the run.
//! - `soak`: the product under load for a long time, with failures; detects leaks.
//! - `scale`: the product with a growing number of sessions.
//! - `fake_upstream`: a fake of the Aareguru API.
//! - `bench`: all measures of all servers, in rounds, as one table.
//! - `chart`, `table`: numbers as SVG and as Markdown; `output`: the files for them.
//! - `cores`, `sockets`: the cores of server and client, and the limit on sockets.

mod cli;
mod fake_upstream;

mod load_target;
mod metrics_scrape;
mod peer;
mod process;
mod product;
mod sdk_server;
mod server;
mod server_kind;

mod client;
mod session_pool;

mod bench;
mod measure;
mod run;
mod scale;
mod soak;

mod chart;
mod output;
mod table;

mod cores;
mod sockets;

use clap::Parser;

/// The product's allocator, so that differences are not due to the allocator.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> anyhow::Result<()> {
    cli::LoadCli::parse().run()
}
