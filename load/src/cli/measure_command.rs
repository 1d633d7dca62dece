//! Runs one measure of one server, which is started for it or already running.
#![expect(clippy::print_stdout, reason = "these are the results")]

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::{
    client::RequestTemplate,
    cores::Cores,
    load_target::LoadTarget,
    measure::{self, calls::quantile_ms},
    server::ServerUnderTest,
    server_kind::ServerKind,
};

#[derive(Debug, Subcommand)]
pub(super) enum MeasureCommand {
    /// CPU time and latency of tool calls in a closed loop.
    Calls {
        #[command(flatten)]
        subject: ServerArgs,

        /// The number of concurrent sessions.
        #[arg(long, default_value_t = 32)]
        sessions: usize,

        /// The total number of calls.
        #[arg(long, default_value_t = 100_000)]
        calls: u64,

        /// The tool to call. [default: that of `bench`]
        #[arg(long)]
        tool: Option<String>,

        /// The arguments of the tool, as a JSON object.
        #[arg(long, requires = "tool", default_value = "{}")]
        arguments: String,
    },
    /// Memory of idle sessions.
    Idle {
        #[command(flatten)]
        subject: ServerArgs,

        #[arg(long, default_value_t = 5_000)]
        sessions: usize,
    },
    /// Memory after each of several rounds of opening and closing sessions.
    Reopen {
        #[command(flatten)]
        subject: ServerArgs,

        #[arg(long, default_value_t = 5_000)]
        sessions: usize,

        #[arg(long, default_value_t = 3)]
        rounds: usize,

        /// How long the server keeps a session without a stream, in seconds.
        /// [default: the known value of the server]
        #[arg(long)]
        grace: Option<u64>,
    },
    /// CPU time of opening and initializing sessions.
    Open {
        #[command(flatten)]
        subject: ServerArgs,

        #[arg(long, default_value_t = 5_000)]
        sessions: usize,
    },
    /// Number of sessions that can be open and answer a ping.
    Hold {
        #[command(flatten)]
        subject: ServerArgs,

        #[arg(long, default_value_t = 20_000)]
        sessions: usize,
    },
    /// Latency of one session, alone and next to sessions that send large calls
    /// and never read a response.
    Isolation {
        #[command(flatten)]
        subject: ServerArgs,

        /// The number of misbehaving sessions.
        #[arg(long, default_value_t = 20)]
        disturbers: usize,

        /// The number of calls to measure, alone and then disturbed.
        #[arg(long, default_value_t = 10_000)]
        calls: u64,
    },
    /// Time from the start of the process to the first initialized session.
    Start {
        /// The server to start.
        #[arg(long, value_enum, default_value_t = ServerKind::RmcpTransport)]
        server: ServerKind,

        #[arg(long, default_value_t = 10)]
        times: usize,
    },
}

#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// The server to start and measure.
    #[arg(long, value_enum, default_value_t = ServerKind::RmcpTransport)]
    server: ServerKind,

    /// The event stream of a server that is already running, on a loopback address.
    #[arg(long, value_name = "URL", requires = "pid", conflicts_with = "server")]
    peer_url: Option<LoadTarget>,

    /// The process id of that server.
    #[arg(long, requires = "peer_url")]
    pid: Option<u32>,
}

impl MeasureCommand {
    pub(super) async fn run(self, cores: Option<Cores>) -> anyhow::Result<()> {
        match self {
            Self::Calls {
                subject,
                sessions,
                calls,
                tool,
                arguments,
            } => {
                let call = tool.map_or_else(
                    || subject.server.call(),
                    |tool| RequestTemplate::new(&tool, &arguments),
                );
                let server = subject.start(cores).await?;
                let done = measure::calls::run(&server, &call, sessions, calls).await?;
                println!("{calls} calls in {sessions} sessions, all answered");
                println!("server CPU per call   {:.1} µs", done.cpu_us_per_call());
                println!("calls per second      {:.0}", done.per_second());
                for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
                    let latency = quantile_ms(&done.latency, quantile);
                    println!("{name}                   {latency:.2} ms");
                }
            }
            Self::Idle { subject, sessions } => {
                let server = subject.start(cores).await?;
                let each = measure::idle::run(&server, sessions).await?.kib_per_session;
                println!("{sessions} idle sessions, {each:.1} KiB each");
            }
            Self::Reopen {
                subject,
                sessions,
                rounds,
                grace,
            } => {
                let grace = match (grace, &subject.peer_url) {
                    (Some(seconds), _) => Duration::from_secs(seconds),
                    (None, Some(_)) => Duration::ZERO,
                    (None, None) => subject.server.grace(),
                };
                let server = subject.start(cores).await?;
                let memory = measure::idle::reopen(&server, sessions, rounds, grace).await?;
                println!("memory after each round of {sessions} sessions: {memory:?} KiB");
            }
            Self::Open { subject, sessions } => {
                let server = subject.start(cores).await?;
                let (_, rate) = measure::open::run(&server, sessions).await?;
                println!("{sessions} sessions, {rate:.0} in each second of the server's CPU");
            }
            Self::Hold { subject, sessions } => {
                let server = subject.start(cores).await?;
                let held = measure::hold::run(&server, sessions).await?;
                println!("{} sessions tried, {} answered", held.tried, held.answered);
                if let Some(limit) = held.limit(sessions) {
                    println!("{limit}");
                }
                return held.failure.map_or(Ok(()), Err);
            }
            Self::Isolation {
                subject,
                disturbers,
                calls,
            } => {
                let (call, server) = (subject.server.call(), subject.start(cores).await?);
                let done = measure::isolation::run(&server, &call, disturbers, calls).await?;
                println!("{calls} calls of one session, alongside {disturbers} that do not read");
                for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
                    let alone = quantile_ms(&done.alone, quantile);
                    let disturbed = quantile_ms(&done.disturbed, quantile);
                    let ratio = disturbed / alone;
                    println!(
                        "{name}  {alone:.2} ms alone, {disturbed:.2} ms disturbed, {ratio:.1} times"
                    );
                }
                println!("disturbers were refused {} times", done.refused);
            }
            Self::Start { server, times } => {
                for _ in 0..times {
                    let took = measure::start::run(server, cores).await?;
                    println!("first session after {:.1} ms", took.as_secs_f64() * 1e3);
                }
            }
        }
        Ok(())
    }
}

impl ServerArgs {
    /// Starts the server, or attaches to the running one.
    async fn start(&self, cores: Option<Cores>) -> anyhow::Result<ServerUnderTest> {
        match (&self.peer_url, self.pid) {
            (Some(target), Some(pid)) => ServerUnderTest::attach(target.clone(), pid),
            _ => ServerUnderTest::start(self.server, cores, None).await,
        }
    }
}
