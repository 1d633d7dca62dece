//! The commands.

mod bench_args;
mod run_args;
mod scale_args;
mod single;
mod soak_args;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio::runtime;

use crate::{
    bench::Machine,
    cores::{self, Cores},
    measure, peer,
    server::Kind,
    sockets,
};

/// Puts load on MCP servers and measures them, on this machine only.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// Let the system choose the cores, instead of one for the server and one
    /// for the client.
    #[arg(long, global = true)]
    no_pin: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All measures of all servers, in rounds, as one table.
    Bench(bench_args::BenchArgs),
    /// Load on a server that runs, as you want it; tells latencies and errors,
    /// and fails if limits are not kept.
    Run(Box<run_args::RunArgs>),
    /// The product under a mixed load with cuts, slow readers and an upstream
    /// that ails: what grows, and whether it lets go of everything in the end.
    Soak(soak_args::SoakArgs),
    /// The product with ever more sessions: what each costs, what it costs when
    /// all go at once, and how long all take to hear of an update.
    Scale(scale_args::ScaleArgs),
    #[command(flatten)]
    Single(single::Single),
    /// Be one of the servers that are measured, until standard input ends.
    Peer {
        #[arg(value_enum)]
        server: Kind,
        /// The core to stay on.
        #[arg(long)]
        core: Option<usize>,
        /// What the product asks instead of the API; its recordings otherwise.
        #[arg(long, value_name = "URL")]
        upstream: Option<String>,
    },
}

impl Cli {
    /// Runs to the end.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Bench(args) => measuring(self.no_pin, async |machine, cores| {
                args.run(&machine, cores).await
            }),
            Command::Run(args) => measuring(true, async |_, _| args.run().await),
            Command::Soak(args) => measuring(true, async |_, _| args.run().await),
            Command::Scale(args) => measuring(self.no_pin, async |_, cores| args.run(cores).await),
            Command::Single(single) => measuring(self.no_pin, async |_, cores| {
                measure::within_deadline(single.run(cores)).await
            }),
            Command::Peer {
                server,
                core,
                upstream,
            } => peer::run(server, core, upstream.as_deref()),
        }
    }
}

/// Does the work of the measuring side, on one core.
fn measuring(
    no_pin: bool,
    work: impl AsyncFnOnce(Machine, Option<Cores>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    sockets::raise_limit()?;
    // Before this process limits itself to one core.
    let machine = Machine::read()?;
    let cores = if no_pin { None } else { Cores::choose()? };
    if let Some(cores) = cores {
        cores::pin(cores.client)?;
    }
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    runtime.block_on(work(machine, cores))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
