//! `load bench`.

use std::path::PathBuf;

use clap::Args;

use crate::{
    bench::{self, Machine, Plan},
    cores::Cores,
    server::Kind,
};

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// A sanity run of less than a minute.
    #[arg(long)]
    quick: bool,

    /// Write the table to this file too.
    #[arg(long)]
    write: Option<PathBuf>,

    /// The servers to measure, the ceiling included. [default: all that
    /// are built]
    #[arg(long, value_enum, value_delimiter = ',')]
    servers: Vec<Kind>,

    /// How often each measure is taken.
    #[arg(long)]
    rounds: Option<usize>,

    /// How many calls one measure takes.
    #[arg(long)]
    calls: Option<u64>,

    /// How many sessions do nothing.
    #[arg(long)]
    idle: Option<usize>,

    /// How many sessions are held at once.
    #[arg(long)]
    hold: Option<usize>,
}

impl BenchArgs {
    pub(super) async fn run(self, machine: &Machine, cores: Option<Cores>) -> anyhow::Result<()> {
        let mut plan = if self.quick {
            Plan::quick()
        } else {
            Plan::full()
        };
        if !self.servers.is_empty() {
            plan.servers = self.servers;
        }
        plan.rounds = self.rounds.unwrap_or(plan.rounds);
        plan.calls = self.calls.unwrap_or(plan.calls);
        plan.idle = self.idle.unwrap_or(plan.idle);
        plan.hold = self.hold.unwrap_or(plan.hold);
        bench::run(&plan, machine, cores, self.write.as_deref()).await
    }
}
