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

/// Puts load on MCP servers on this machine and measures them.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct LoadCli {
    /// Do not pin the server and the client to one core each.
    #[arg(long, global = true)]
    no_pin: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run all measures of all servers, in rounds, and print one table.
    Bench(BenchArgs),
    /// Put load on a running server; report latencies and errors, and fail if a
    /// limit is exceeded.
    Run(Box<run_args::RunArgs>),
    /// Run the product under mixed load with broken connections, slow readers and
    /// upstream failures; report growth, and fail if resources leak.
    Soak(SoakArgs),
    /// Measure the product with a growing number of sessions: the cost of each, of
    /// closing all at once, and of an update to all.
    Scale(ScaleArgs),
    #[command(flatten)]
    Measure(measure_command::MeasureCommand),
    /// Run one of the measured servers until standard input is closed.
    Peer {
        #[arg(value_enum)]
        server: ServerKind,
        /// The core to run on.
        #[arg(long)]
        core: Option<usize>,
        /// The upstream of the product; without it, the product uses recordings.
        #[arg(long, value_name = "URL")]
        upstream: Option<String>,
    },
}

impl LoadCli {
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

/// Runs a measurement, with the client on one core.
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
