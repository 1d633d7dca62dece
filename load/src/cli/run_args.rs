//! `load run`.

use anyhow::ensure;
use clap::Args;

use crate::{
    load_target::Transport,
    output::Output,
    process::Process,
    run::{self, Mix, Plan, RunLimits},
};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    plan: Plan,

    /// The transport at the URLs. [default: derived from the URL]
    #[arg(long, value_enum)]
    transport: Option<Transport>,

    /// A header to send with every request, such as `X-API-Key: abc`.
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,

    /// The tools to call, or methods such as `ping` and `resources/read`, each with
    /// a weight.
    #[arg(
        long,
        default_value = "ping",
        value_delimiter = ',',
        value_name = "NAME=WEIGHT"
    )]
    mix: Vec<String>,

    /// The arguments of a tool or the parameters of a method, such as
    /// `get_forecast={"city":"bern"}`.
    #[arg(long, value_name = "NAME=JSON")]
    arguments: Vec<String>,

    /// The server's process id, to measure its CPU time per call and its memory per
    /// session.
    #[arg(long)]
    pid: Option<u32>,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    limits: RunLimits,
}

impl RunArgs {
    #[expect(clippy::print_stdout, reason = "this is the result")]
    pub(super) async fn run(mut self) -> anyhow::Result<()> {
        self.plan.check()?;
        for target in &mut self.plan.targets {
            target.transport = self.transport.unwrap_or(target.transport);
            for header in &self.headers {
                target.add_header(header)?;
            }
        }
        let mix = Mix::parse(&self.mix, &self.arguments)?;
        let server = self.pid.map(Process::new).transpose()?;
        let report = run::run(&self.plan, &mix, server).await?;
        print!("{report}");
        self.output.write(&report, || report.chart())?;
        let exceeded = self.limits.violations(&report).join("; ");
        ensure!(exceeded.is_empty(), "limits exceeded: {exceeded}");
        Ok(())
    }
}
