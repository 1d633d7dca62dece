//! The commands.

mod bench_args;
mod single;

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

/// Measures MCP servers over HTTP+SSE, on this machine only.
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
    #[command(flatten)]
    Single(single::Single),
    /// Be one of the servers that are measured, until standard input ends.
    Peer {
        #[arg(value_enum)]
        server: Kind,
        /// The core to stay on.
        #[arg(long)]
        core: Option<usize>,
    },
}

impl Cli {
    /// Runs to the end.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Bench(args) => measuring(self.no_pin, async |machine, cores| {
                args.run(&machine, cores).await
            }),
            Command::Single(single) => measuring(self.no_pin, async |_, cores| {
                measure::within_deadline(single.run(cores)).await
            }),
            Command::Peer { server, core } => peer::run(server, core),
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
