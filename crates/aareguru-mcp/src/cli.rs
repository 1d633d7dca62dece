//! The command line: which subcommand runs, and how a failure is told.

use std::{
    future::pending,
    io::{self, Write},
    time::Duration,
};

use anyhow::Context;
use axum::Router;
use clap::{Args, Parser, Subcommand};
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    banner, guard, hash_key, http, serve,
    settings::{Effective, Flags, Settings},
    stdio,
    telemetry::{Telemetry, prometheus::Prometheus},
    terminal::Question,
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
    /// Serve MCP over Streamable HTTP, HTTP+SSE and WebSocket (the default).
    Serve(RunArgs),
    /// Serve MCP on standard input and output; logs go to standard error.
    Stdio(RunArgs),
    /// Show the settings in effect and where each comes from, and check all
    /// that can be checked without serving.
    ///
    /// Secrets are not shown. The exit code is 0 if `serve` would start with
    /// these settings, as far as they are concerned.
    CheckConfig(CheckConfigArgs),
    /// Make the form in which an API key can stand in settings that others may
    /// read.
    ///
    /// The key is asked for, or read from standard input. What is to be put
    /// into `API_KEYS`, or into a file of it, is printed on standard output.
    HashKey(HashKeyArgs),
    #[command(flatten)]
    Ask(Question),
}

#[derive(Debug, Args)]
struct CheckConfigArgs {
    /// Show the settings as JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Args)]
struct HashKeyArgs {
    /// Whose key it is; the name is what logs and metrics show.
    #[arg(long)]
    name: Option<String>,

    /// Make a new random key, and print it on standard error.
    #[arg(long)]
    generate: bool,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Answer from recordings made on 2023-05-09 instead of the live API;
    /// every answer says so. Needs no network.
    #[arg(long)]
    demo: bool,

    #[command(flatten)]
    settings: Flags,
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
                Command::CheckConfig(args) => check_config(&args).await,
                Command::HashKey(args) => hash_key::run(args.name.as_deref(), args.generate),
                Command::Ask(question) => ask(&question).await,
            }
        });
        // A read from standard input cannot be cancelled: do not wait for it.
        runtime.shutdown_background();
        result
    }
}

/// What there is before a port is bound.
struct Ready {
    app: App,
    telemetry: Telemetry,
}

/// Everything that may be wrong with settings comes out here.
fn ready(effective: &Effective, demo: bool) -> anyhow::Result<Ready> {
    let telemetry = Telemetry::start(&effective.settings)?;
    let app = App::build(&effective.settings, demo)?;
    Ok(Ready { app, telemetry })
}

async fn stdio(args: &RunArgs) -> anyhow::Result<()> {
    let ready = ready(&args.settings.resolve()?, args.demo)?;
    let served = stdio::run(&ready.app).await;
    ready.telemetry.flush().await;
    served
}

async fn check_config(args: &CheckConfigArgs) -> anyhow::Result<()> {
    let effective = args.run.settings.resolve()?;
    let shown = if args.json {
        format!("{:#}\n", effective.json())
    } else {
        effective.table()
    };
    io::stdout().write_all(shown.as_bytes())?;
    ready(&effective, args.run.demo)?.telemetry.flush().await;
    Ok(())
}

async fn ask(question: &Question) -> anyhow::Result<()> {
    // A question has no flag for each setting.
    let effective = Flags::default().resolve()?;
    question.answer(&effective.settings).await
}

async fn serve(args: &RunArgs) -> anyhow::Result<()> {
    let effective = args.settings.resolve()?;
    let settings = &effective.settings;
    let Ready { app, telemetry } = ready(&effective, args.demo)?;
    let again = || Ok(args.settings.resolve()?.settings);
    let served = tokio::select! {
        served = serve_until_stopped(&app, settings, args.demo) => served,
        failed = guard::upkeep(&app, again) => failed,
    };
    telemetry.flush().await;
    served
}

async fn serve_until_stopped(app: &App, settings: &Settings, demo: bool) -> anyhow::Result<()> {
    let listener = listen(&settings.address(), "HTTP_HOST, HTTP_PORT").await?;
    let address = listener.local_addr().context("reading the bound address")?;
    // Whoever reads that it listens may already tell it to stop.
    let stop = serve::signal()?;
    tracing::info!(%address, demo, version = env!("CARGO_PKG_VERSION"), "listening");
    banner::print(address, settings, demo)?;
    tokio::spawn(Prometheus::installed().upkeep());
    let mut router = http::router(app);
    match settings
        .metrics_address
        .as_deref()
        .filter(|it| !it.is_empty())
    {
        Some(address) => {
            let listener = listen(address, "METRICS_ADDRESS").await?;
            tokio::spawn(metrics(listener, http::metrics(&app.guard)));
        }
        None => router = router.merge(http::metrics(&app.guard)),
    }
    app.guard.warn(settings);
    serve::run(
        listener,
        router,
        stop,
        &app.shutdown,
        settings.shutdown_grace(),
    )
    .await
}

async fn listen(address: &str, settings: &str) -> anyhow::Result<TcpListener> {
    let listening = TcpListener::bind(address).await;
    listening.with_context(|| format!("cannot listen on {address} ({settings})"))
}

/// Serves the metrics on an address of their own until the process ends, so
/// that its last minutes can be seen too.
async fn metrics(listener: TcpListener, router: Router) {
    let never = CancellationToken::new();
    let served = serve::run(listener, router, pending(), &never, Duration::ZERO);
    if let Err(error) = served.await {
        tracing::error!(%error, "metrics are not served any more");
    }
}

/// Writes why the program failed to standard error, a line for
/// each thing that is wrong.
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
