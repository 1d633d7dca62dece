//! The command line: which subcommand runs, and how a failure is told.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use tokio::runtime::Runtime;

use crate::{
    app::App,
    banner,
    cluster::Cluster,
    exit::{self, Misconfigured},
    guard, hash_key,
    healthcheck::{self, Target},
    http,
    serve::{self, Inherited, Limits, Listener, Server, Shutdown},
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
    /// Ask a running server whether it is well; exit code 0 says yes, 1 no.
    ///
    /// It finds the server by the server's own settings.
    Healthcheck(HealthcheckArgs),
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

#[derive(Debug, Args)]
struct HealthcheckArgs {
    /// Where to ask instead, such as `http://127.0.0.1:8000/health/ready`.
    #[arg(long, value_parser = Target::parse)]
    url: Option<Target>,

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
        // The environment may only be changed while there is one thread.
        let inherited = Inherited::take();
        let runtime = Runtime::new().context("starting the runtime")?;
        let result = runtime.block_on(async {
            match self.command.unwrap_or(Command::Serve(self.serve)) {
                Command::Serve(args) => serve(&args, inherited).await,
                Command::Stdio(args) => stdio(&args).await,
                Command::CheckConfig(args) => check_config(&args).await,
                Command::HashKey(args) => hash_key::run(args.name.as_deref(), args.generate),
                Command::Healthcheck(args) => healthcheck(&args).await,
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

fn resolve(flags: &Flags) -> Result<Effective, Misconfigured> {
    flags
        .resolve()
        .map_err(|problems| Misconfigured(problems.into()))
}

/// Everything else that may be wrong with settings comes out here.
fn ready(effective: &Effective, demo: bool) -> Result<Ready, Misconfigured> {
    let telemetry = Telemetry::start(&effective.settings).map_err(Misconfigured)?;
    let app = App::build(&effective.settings, demo, None).map_err(Misconfigured)?;
    Ok(Ready { app, telemetry })
}

/// The same as one of several instances, if the settings say so.
async fn ready_in_cluster(effective: &Effective, demo: bool) -> anyhow::Result<Ready> {
    let settings = &effective.settings;
    let telemetry = Telemetry::start(settings).map_err(Misconfigured)?;
    // Before everything that counts.
    Prometheus::installed();
    let cluster = Cluster::join(settings).await?;
    let app = App::build(settings, demo, cluster).map_err(Misconfigured)?;
    Ok(Ready { app, telemetry })
}

async fn stdio(args: &RunArgs) -> anyhow::Result<()> {
    let ready = ready(&resolve(&args.settings)?, args.demo)?;
    let served = stdio::run(&ready.app).await;
    ready.telemetry.flush().await;
    served
}

async fn check_config(args: &CheckConfigArgs) -> anyhow::Result<()> {
    let effective = resolve(&args.run.settings)?;
    let shown = if args.json {
        format!("{:#}\n", effective.json())
    } else {
        effective.table()
    };
    io::stdout().write_all(shown.as_bytes())?;
    Cluster::check(&effective.settings).map_err(Misconfigured)?;
    ready(&effective, args.run.demo)?.telemetry.flush().await;
    Ok(())
}

async fn ask(question: &Question) -> anyhow::Result<()> {
    // A question has no flag for each setting.
    let effective = resolve(&Flags::default())?;
    question.answer(&effective.settings).await
}

async fn healthcheck(args: &HealthcheckArgs) -> anyhow::Result<()> {
    let target = match &args.url {
        Some(target) => target.clone(),
        None => Target::of(&resolve(&args.settings)?.settings).map_err(Misconfigured)?,
    };
    let well = healthcheck::run(&target).await?;
    writeln!(io::stdout(), "{well}").context("writing to standard output")
}

/// The life of a server, from the first line of the log to the last.
async fn serve(args: &RunArgs, inherited: Inherited) -> anyhow::Result<()> {
    let effective = resolve(&args.settings)?;
    let settings = &effective.settings;
    let Ready { app, telemetry } = ready_in_cluster(&effective, args.demo).await?;
    let again = || Ok(resolve(&args.settings)?.settings);
    let served = tokio::select! {
        served = serve_until_stopped(&app, settings, args.demo, inherited) => served,
        failed = guard::maintain(&app, again) => failed,
    };
    // Connections have ended or were cut: what is left to be told is told now,
    // and the exit code says which it was.
    telemetry.flush().await;
    served
}

async fn serve_until_stopped(
    app: &App,
    settings: &Settings,
    demo: bool,
    inherited: Inherited,
) -> anyhow::Result<()> {
    // Whoever reads that it listens may already tell it to stop.
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
    tokio::spawn(Prometheus::installed().upkeep());
    let mut router = http::router(app);
    match settings
        .metrics_address
        .as_deref()
        .filter(|it| !it.is_empty())
    {
        Some(address) => {
            let listener = Listener::tcp(address, "METRICS_ADDRESS").await?;
            let router = http::metrics(&app.guard);
            let (limits, timeouts) = (settings.connection_limits(), settings.timeouts());
            // Until the process ends, so that its last minutes can be seen too.
            tokio::spawn(serve::for_ever(listener, router, limits, timeouts));
        }
        None => router = router.merge(http::metrics(&app.guard)),
    }
    app.guard.warn(settings);
    let limits = settings.connection_limits();
    let server = Server {
        router,
        limits: Limits {
            connections: serve::raise_limit(limits.connections),
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
    serve::run(listeners, server, signals).await?;
    if app.shutdown.is_cancelled() {
        // What has no connection ends too, and tells so.
        app.streamable.ended().await;
    }
    Ok(())
}

/// Sockets that systemd has opened come first, then a Unix socket, then a port.
async fn listeners(settings: &Settings, inherited: Inherited) -> anyhow::Result<Vec<Listener>> {
    let inherited = inherited.listeners()?;
    if !inherited.is_empty() {
        return Ok(inherited);
    }
    Ok(vec![match &settings.http_socket {
        Some(path) => Listener::unix(path, settings.http_socket_mode)?,
        None => Listener::tcp(&settings.address(), "HTTP_HOST, HTTP_PORT").await?,
    }])
}

/// Writes what the command line parser has to say: help, or what is wrong.
pub fn tell(answer: &clap::Error) -> ExitCode {
    // Nothing is left to do if the terminal is gone.
    let _ = answer.print();
    if answer.use_stderr() {
        ExitCode::from(exit::USAGE)
    } else {
        ExitCode::SUCCESS
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
