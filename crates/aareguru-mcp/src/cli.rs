//! The command line: which subcommand runs, and how a failure is told.

use std::io::{self, Write};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    app::App, banner, http, serve, settings::Settings, stdio, telemetry, terminal::Question,
};

/// Answers questions about the Swiss river Aare over MCP.
///
/// Without a subcommand it serves, as `aareguru-mcp serve` does.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: RunArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve MCP over HTTP+SSE (the default).
    Serve(RunArgs),
    /// Serve MCP on standard input and output; logs go to standard error.
    Stdio(RunArgs),
    #[command(flatten)]
    Ask(Question),
}

/// The settings without a flag for each.
#[derive(Debug, Parser)]
struct FromEnvironment {
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Answer from recordings made on 2023-05-09 instead of the live API;
    /// every answer says so. Needs no network.
    #[arg(long)]
    demo: bool,

    #[command(flatten)]
    settings: Settings,
}

impl Cli {
    /// Runs to the end.
    ///
    /// # Errors
    ///
    /// What keeps the program from starting or serving, with the setting to
    /// change where there is one.
    pub fn run(self) -> anyhow::Result<()> {
        let runtime = Runtime::new().context("starting the runtime")?;
        let result = runtime.block_on(async {
            match self.command.unwrap_or(Command::Serve(self.serve)) {
                Command::Serve(args) => serve(&args).await,
                Command::Stdio(args) => stdio(&args).await,
                Command::Ask(question) => ask(&question).await,
            }
        });
        // A read from standard input cannot be cancelled: do not wait for it.
        runtime.shutdown_background();
        result
    }
}

async fn stdio(args: &RunArgs) -> anyhow::Result<()> {
    let _logs = telemetry::init(&args.settings)?;
    stdio::run(&App::build(&args.settings, args.demo)?).await
}

async fn ask(question: &Question) -> anyhow::Result<()> {
    let from_environment = FromEnvironment::try_parse_from([env!("CARGO_PKG_NAME")])?;
    question.answer(&from_environment.settings).await
}

async fn serve(args: &RunArgs) -> anyhow::Result<()> {
    let settings = &args.settings;
    let _logs = telemetry::init(settings)?;
    let app = App::build(settings, args.demo)?;
    let wanted = settings.address();
    let listener = TcpListener::bind(&wanted)
        .await
        .with_context(|| format!("cannot listen on {wanted} (HTTP_HOST, HTTP_PORT)"))?;
    let address = listener.local_addr().context("reading the bound address")?;
    tracing::info!(%address, demo = args.demo, version = env!("CARGO_PKG_VERSION"), "listening");
    banner::print(address, settings, args.demo)?;
    serve::run(
        listener,
        http::router(&app),
        serve::signal()?,
        &app.shutdown,
        settings.shutdown_grace(),
    )
    .await
}

/// Writes why the program failed to standard error, in one line.
pub fn report(error: &anyhow::Error) {
    // Nothing is left to do if standard error is gone.
    let _ = writeln!(io::stderr(), "aareguru-mcp: {error:#}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serving_is_the_default() {
        let cli = Cli::try_parse_from(["aareguru-mcp", "--demo", "--http-port", "0"]).unwrap();
        assert!(cli.command.is_none());
        assert!(cli.serve.demo);
    }
}
