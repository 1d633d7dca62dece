//! Runs all measures of all servers, in rounds, and reports them as one table.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "progress and results"
)]

mod bench_report;
mod machine;
mod other_programs;
mod results;
mod row;

use std::{env, path::PathBuf};

use anyhow::ensure;
use clap::{Args, ValueEnum, builder::ArgPredicate::IsPresent};

use self::{other_programs::OtherPrograms, results::Results, row::Row};
use crate::{
    cores::Cores,
    measure::{self, calls::quantile_ms, within_deadline},
    output,
    server::ServerUnderTest,
    server_kind::ServerKind,
};

/// Rounds of opening and closing sessions. Each takes the grace period of the server.
const REOPEN_ROUNDS: usize = 3;

/// Concurrently open sessions in a full run.
const FULL_RUN_SESSIONS: usize = 20_000;

const STARTS_PER_ROUND: usize = 5;

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Run a short check of less than a minute.
    #[arg(long)]
    quick: bool,

    /// Also write the table to this file.
    #[arg(long)]
    write: Option<PathBuf>,

    /// The servers to measure, including the ceiling. [default: all that
    /// are built]
    #[arg(long, value_enum, value_delimiter = ',')]
    servers: Vec<ServerKind>,

    /// The number of rounds.
    #[arg(long, default_value = "5", default_value_if("quick", IsPresent, "1"))]
    rounds: usize,

    /// The number of calls per measure.
    #[arg(
        long,
        default_value = "50000",
        default_value_if("quick", IsPresent, "10000")
    )]
    calls: u64,

    /// The number of idle sessions.
    #[arg(
        long,
        default_value = "5000",
        default_value_if("quick", IsPresent, "1000")
    )]
    idle: usize,

    /// The number of concurrently open sessions.
    #[arg(
        long,
        default_value = "20000",
        default_value_if("quick", IsPresent, "2000")
    )]
    hold: usize,
}

impl BenchArgs {
    /// Measures, prints the table, and writes it to a file if requested. Fails if a server in Rust
    /// could not be measured.
    pub(crate) async fn run(mut self, cores: Option<Cores>) -> anyhow::Result<()> {
        if self.servers.is_empty() {
            self.servers = ServerKind::available();
        }
        let mut results = Results::default();
        let others = OtherPrograms::watch()?;
        for round in 0..self.rounds {
            // The order rotates, so that a machine that slows down favours no server.
            let mut servers = self.servers.clone();
            servers.rotate_left(round % self.servers.len());
            for kind in servers {
                let (round, rounds) = (round + 1, self.rounds);
                eprintln!("round {round} of {rounds}: {}", kind.name());
                self.measure_round(kind, cores, &mut results).await;
            }
        }
        // This would take very long with slow servers.
        for kind in self.servers.iter().filter(|kind| kind.slowness() == 1) {
            eprintln!("many sessions: {}", kind.name());
            self.measure_once(*kind, cores, &mut results).await;
        }

        results.note(format!(
            "Other programs used {:.0} % of the machine.",
            others.percent()?
        ));
        for kind in ServerKind::value_variants() {
            if !self.servers.contains(kind) {
                results.note(format!("`{}` was not measured.", kind.name()));
            }
        }
        let table = bench_report::table(&self, &results);
        println!("{table}");
        if let Some(path) = &self.write {
            let command = env::args().skip(1).collect::<Vec<_>>().join(" ");
            let page = bench_report::page(&table, &self, cores, (&command, path))?;
            output::write(path, &page)?;
            let chart = bench_report::chart(&self, &results)?;
            output::write(&path.with_extension("svg"), &chart)?;
        }
        let failures = results.own_failures();
        ensure!(failures == 0, "{failures} measures failed, see above");
        Ok(())
    }

    /// Runs the measures of every round, each with a new process.
    async fn measure_round(&self, kind: ServerKind, cores: Option<Cores>, results: &mut Results) {
        for _ in 0..STARTS_PER_ROUND.div_ceil(kind.slowness()) {
            let took = within_deadline(measure::start::run(kind, cores)).await;
            let rows = took.map(|took| vec![(Row::Start, took.as_secs_f64() * 1e3)]);
            results.add_all(kind, "start", rows);
        }
        for sessions in [32, 500] {
            let rows = with_server(kind, cores, async |server| {
                let calls = self.calls / kind.slowness() as u64;
                let calls = measure::calls::run(server, &kind.call(), sessions, calls).await?;
                let [p50, p99] = [0.5, 0.99].map(|quantile| quantile_ms(&calls.latency, quantile));
                Ok(vec![
                    (Row::CallCpu { sessions }, calls.cpu_us_per_call()),
                    (Row::CallRate { sessions }, calls.per_second()),
                    (Row::P50 { sessions }, p50),
                    (Row::P99 { sessions }, p99),
                    (Row::Tail { sessions }, p99 / p50),
                ])
            });
            results.add_all(kind, &format!("calls in {sessions} sessions"), rows.await);
        }
        let rows = with_server(kind, cores, async |server| {
            let idle = measure::idle::run(server, self.idle / kind.slowness()).await?;
            Ok(vec![
                (Row::IdleMemory, idle.kib_per_session),
                (Row::OpenRate, idle.opened_per_cpu_second),
            ])
        });
        results.add_all(kind, "idle sessions", rows.await);
    }

    /// Runs the measures that take long and vary little, once.
    async fn measure_once(&self, kind: ServerKind, cores: Option<Cores>, results: &mut Results) {
        let held = with_server(kind, cores, async |server| {
            measure::hold::run(server, self.hold).await
        });
        let rows = held.await.map(|held| {
            held.limit(self.hold)
                .into_iter()
                .for_each(|limit| results.note(limit));
            if let Some(error) = &held.failure {
                results.fail(kind, "held sessions", error);
            }
            vec![(Row::Held, held.answered as f64)]
        });
        results.add_all(kind, "held sessions", rows);
        if self.quick {
            return;
        }
        let rows = with_server(kind, cores, async |server| {
            let grace = kind.grace();
            let memory = measure::idle::reopen(server, self.idle, REOPEN_ROUNDS, grace).await?;
            let (first, last) = (memory[0] as f64, memory[REOPEN_ROUNDS - 1] as f64);
            Ok(vec![
                (Row::MemoryClosed, first / 1024.0),
                (Row::MemoryKept, last / first),
            ])
        });
        results.add_all(kind, "reopened sessions", rows.await);
    }
}

/// Starts a server, measures it, and stops it.
async fn with_server<T>(
    kind: ServerKind,
    cores: Option<Cores>,
    measure: impl AsyncFnOnce(&ServerUnderTest) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let server = ServerUnderTest::start(kind, cores, None).await?;
    let result = within_deadline(measure(&server)).await;
    server.stop().await?;
    result
}
