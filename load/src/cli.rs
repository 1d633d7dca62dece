//! The commands.

mod measure_command;
mod run_args;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio::runtime;

use crate::{
    bench::BenchArgs,
    cores::{self, Cores},
    measure, peer,
    scale::ScaleArgs,
    server_kind::ServerKind,
    soak::SoakArgs,
    sockets,
};

/// Puts load on MCP servers and measures them, on this machine only.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct LoadCli {
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
    Bench(BenchArgs),
    /// Load on a server that runs, as you want it; reports latencies and errors,
    /// and fails if limits are not kept.
    Run(Box<run_args::RunArgs>),
    /// The product under a mixed load with cuts, slow readers and upstream
    /// failures: what grows, and whether it releases everything at last.
    Soak(SoakArgs),
    /// The product with ever more sessions: what each costs, what it costs when
    /// all close at once, and how long an update takes to reach all of them.
    Scale(ScaleArgs),
    #[command(flatten)]
    Measure(measure_command::MeasureCommand),
    /// Be one of the servers that are measured, until standard input ends.
    Peer {
        #[arg(value_enum)]
        server: ServerKind,
        /// The core to stay on.
        #[arg(long)]
        core: Option<usize>,
        /// The upstream of the product; its recordings otherwise.
        #[arg(long, value_name = "URL")]
        upstream: Option<String>,
    },
}

impl LoadCli {
    /// Runs to the end.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let no_pin = self.no_pin;
        match self.command {
            Command::Bench(bench) => measuring(no_pin, async |cores| bench.run(cores).await),
            Command::Run(args) => measuring(true, async |_| args.run().await),
            Command::Soak(soak) => measuring(true, async |_| soak.run().await),
            Command::Scale(scale) => measuring(no_pin, async |cores| scale.run(cores).await),
            Command::Measure(measure) => measuring(no_pin, async |cores| {
                measure::within_deadline(measure.run(cores)).await
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
    work: impl AsyncFnOnce(Option<Cores>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    sockets::raise_limit()?;
    let cores = if no_pin { None } else { Cores::choose()? };
    if let Some(cores) = cores {
        cores::pin(cores.client)?;
    }
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    runtime.block_on(work(cores))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_valid() {
        LoadCli::command().debug_assert();
    }
}
