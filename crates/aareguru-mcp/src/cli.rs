//! Parses the command line, runs the subcommand, and reports failures.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use edge::{
    prometheus::Prometheus,
    serve::{self, ConnectionLimits, InheritedSockets, Listener, Server, Shutdown},
};
use rmcp_transport::Principal;
use tokio::runtime::Runtime;

use crate::{
    app::App,
    banner, clustering,
    exit::{self, ConfigError},
    hash_key,
    healthcheck::{self, Target},
    routes,
    settings::{Effective, Flags, Settings},
    stdio,
    telemetry::Telemetry,
    terminal::RiverCommand,
};

/// MCP server for the Swiss river Aare: temperature, flow, flood danger, weather and history.
///
/// Without a subcommand, runs `serve`.
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
    /// Print the effective settings and their origins, and validate them.
    ///
    /// Secrets are not shown. Exits with 0 if the settings are valid for `serve`, and with 78 if not.
    CheckConfig(CheckConfigArgs),
    /// Print the hash of an API key, for settings that others may read.
    ///
    /// Reads the key from a prompt or from standard input. Prints an entry for `API_KEYS`, or for
    /// the file that `API_KEYS_FILE` names, on standard output.
    HashKey(HashKeyArgs),
    /// Check a running server; exits with 0 if it is healthy and with 1 if not.
    ///
    /// The settings of the server determine its address.
    Healthcheck(HealthcheckArgs),
    #[command(flatten)]
    River(RiverCommand),
}

#[derive(Debug, Args)]
struct CheckConfigArgs {
    /// Print the settings as JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Args)]
struct HashKeyArgs {
    /// The name of the key, which logs and metrics show.
    #[arg(long)]
    name: Option<String>,

    /// Generate a random key, and print it on standard error.
    #[arg(long)]
    generate: bool,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Use recordings made on 2023-05-09 instead of the live API. Needs no network; every answer is
    /// marked as recorded.
    #[arg(long)]
    demo: bool,

    #[command(flatten)]
    settings: Flags,
}

#[derive(Debug, Args)]
struct HealthcheckArgs {
    /// The URL to check instead, such as `http://127.0.0.1:8000/health/ready`.
    #[arg(long, value_parser = Target::parse)]
    url: Option<Target>,

    #[command(flatten)]
    settings: Flags,
}

impl Cli {
    /// Runs the subcommand.
    ///
    /// # Errors
    ///
    /// The reason why the program cannot start or serve, with the setting to change if there is one.
    pub fn run(self) -> anyhow::Result<()> {
        // Changes the environment, which is sound only while the process has a single thread.
        let inherited = InheritedSockets::take();
        let runtime = Runtime::new().context("cannot start the async runtime")?;
        let result = runtime.block_on(async {
            match self.command.unwrap_or(Command::Serve(self.serve)) {
                Command::Serve(args) => serve(&args, inherited).await,
                Command::Stdio(args) => stdio(&args).await,
                Command::CheckConfig(args) => check_config(&args).await,
                Command::HashKey(args) => hash_key::run(args.name.as_deref(), args.generate),
                Command::Healthcheck(args) => healthcheck(&args).await,
                Command::River(command) => run_river_command(&command).await,
            }
        });
        // A pending read from standard input cannot be cancelled: do not wait for it.
        runtime.shutdown_background();
        result
    }
}

/// The parts of the process before it binds a port.
struct Parts {
    app: App,
    telemetry: Telemetry,
}

fn resolve(flags: &Flags) -> Result<Effective, ConfigError> {
    flags
        .resolve()
        .map_err(|problems| ConfigError(problems.into()))
}

/// Builds the parts, and with that finds the errors of settings that `resolve` cannot find.
fn build(effective: &Effective, demo: bool) -> Result<Parts, ConfigError> {
    let telemetry = Telemetry::start(&effective.settings).map_err(ConfigError)?;
    let app = App::build(&effective.settings, demo, None).map_err(ConfigError)?;
    Ok(Parts { app, telemetry })
}

/// Builds the parts, and joins the other instances if the settings name a Redis.
async fn build_in_cluster(effective: &Effective, demo: bool) -> anyhow::Result<Parts> {
    let settings = &effective.settings;
    let telemetry = Telemetry::start(settings).map_err(ConfigError)?;
    // Metrics that are created earlier record nothing.
    Prometheus::installed();
    let cluster = clustering::join(settings).await?;
    let app = App::build(settings, demo, cluster).map_err(ConfigError)?;
    Ok(Parts { app, telemetry })
}

async fn stdio(args: &RunArgs) -> anyhow::Result<()> {
    let Parts { app, telemetry } = build(&resolve(&args.settings)?, args.demo)?;
    let result = stdio::run(&app).await;
    telemetry.flush().await;
    result
}

async fn check_config(args: &CheckConfigArgs) -> anyhow::Result<()> {
    let effective = resolve(&args.run.settings)?;
    let text = if args.json {
        format!("{:#}\n", effective.json())
    } else {
        effective.table()
    };
    io::stdout().write_all(text.as_bytes())?;
    clustering::check(&effective.settings).map_err(ConfigError)?;
    build(&effective, args.run.demo)?.telemetry.flush().await;
    Ok(())
}

async fn run_river_command(command: &RiverCommand) -> anyhow::Result<()> {
    // These subcommands have no flags for settings.
    let effective = resolve(&Flags::default())?;
    command.run(&effective.settings).await
}

async fn healthcheck(args: &HealthcheckArgs) -> anyhow::Result<()> {
    let target = match &args.url {
        Some(target) => target.clone(),
        None => Target::from_settings(&resolve(&args.settings)?.settings).map_err(ConfigError)?,
    };
    let report = healthcheck::run(&target).await?;
    writeln!(io::stdout(), "{report}").context("cannot write to standard output")
}

async fn serve(args: &RunArgs, inherited: InheritedSockets) -> anyhow::Result<()> {
    let effective = resolve(&args.settings)?;
    let settings = &effective.settings;
    let Parts { app, telemetry } = build_in_cluster(&effective, args.demo).await?;
    let read_config = || Ok(resolve(&args.settings)?.settings.edge().api_keys);
    let end_sessions_of = |principal: &Principal| app.end_sessions_of(principal);
    let result = tokio::select! {
        result = serve_until_stopped(&app, settings, args.demo, inherited) => result,
        result = edge::run_background_tasks(&app.guard, read_config, end_sessions_of) => result,
    };
    telemetry.flush().await;
    result
}

async fn serve_until_stopped(
    app: &App,
    settings: &Settings,
    demo: bool,
    inherited: InheritedSockets,
) -> anyhow::Result<()> {
    // A supervisor may send a signal as soon as it reads that the server listens.
    let signals = serve::signals()?;
    let listeners = listeners(settings, inherited).await?;
    for listener in &listeners {
        tracing::info!(
            address = %listener,
            base_path = %settings.base_path(),
            demo,
            version = env!("CARGO_PKG_VERSION"),
            "listening"
        );
    }
    if let Some(first) = listeners.first() {
        banner::print(first, settings, demo)?;
    }
    tokio::spawn(Prometheus::installed().aggregate_histograms());
    let mut router = routes::router(app);
    match settings
        .metrics_address
        .as_deref()
        .filter(|it| !it.is_empty())
    {
        Some(address) => {
            let listener = Listener::tcp(address, "METRICS_ADDRESS").await?;
            let router = routes::metrics_router(&app.guard);
            let (limits, timeouts) = (settings.connection_limits(), settings.timeouts());
            // Not part of the shutdown, so that a scrape sees it.
            tokio::spawn(serve::serve_until_exit(listener, router, limits, timeouts));
        }
        None => router = router.merge(routes::metrics_router(&app.guard)),
    }
    app.guard.warn(&settings.edge());
    let limits = settings.connection_limits();
    let server = Server {
        router,
        limits: ConnectionLimits {
            max_connections: serve::raise_file_limit(limits.max_connections),
            ..limits
        },
        timeouts: settings.timeouts(),
        shutdown: Shutdown {
            stopping: app.stopping.clone(),
            delay: settings.shutdown_delay(),
            draining: app.shutdown.clone(),
            grace: settings.shutdown_grace(),
        },
    };
    serve::serve_until_shutdown(listeners, server, signals).await?;
    if app.shutdown.is_cancelled() {
        // Sessions without a connection must be closed and logged too.
        app.streamable.ended().await;
    }
    Ok(())
}

/// Returns the sockets passed by systemd, or else the Unix socket, or else the TCP port.
async fn listeners(
    settings: &Settings,
    inherited: InheritedSockets,
) -> anyhow::Result<Vec<Listener>> {
    let inherited = inherited.listeners()?;
    if !inherited.is_empty() {
        return Ok(inherited);
    }
    Ok(vec![match &settings.http_socket {
        Some(path) => Listener::unix(path, settings.http_socket_mode)?,
        None => Listener::tcp(&settings.address(), "HTTP_HOST, HTTP_PORT").await?,
    }])
}

/// Prints the help, the version, or the error of the command line parser, and returns the exit code.
pub fn print_parser_output(output: &clap::Error) -> ExitCode {
    // A closed terminal cannot be reported.
    let _ = output.print();
    if output.use_stderr() {
        ExitCode::from(exit::USAGE)
    } else {
        ExitCode::SUCCESS
    }
}

/// Prints why the program failed on standard error.
pub fn report(error: &anyhow::Error) {
    // A closed standard error cannot be reported.
    let _ = writeln!(io::stderr(), "aareguru-mcp: {error:#}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_definition_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_the_default_subcommand() {
        let cli = Cli::try_parse_from(["aareguru-mcp", "--demo", "--http-port", "0"]).unwrap();
        assert!(cli.command.is_none());
        assert!(cli.serve.demo);
    }
}
