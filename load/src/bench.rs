//! All measures of all servers, in rounds, as one table.

mod machine;
mod neighbours;
mod report;
mod results;
mod row;

pub(crate) use machine::Machine;

use std::{env, fs, path::Path};

use anyhow::{Context, ensure};

use self::{neighbours::Neighbours, results::Results, row::Row};
use crate::{
    cores::Cores,
    measure::{self, within_deadline},
    server::{Kind, Server},
};

/// How much is measured.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) servers: Vec<Kind>,
    pub(crate) rounds: usize,
    /// Calls of one measure.
    pub(crate) calls: u64,
    pub(crate) idle: usize,
    /// Rounds of opening and closing, each as long as the grace of a server.
    pub(crate) reopen: usize,
    pub(crate) hold: usize,
    /// Starts in one round.
    pub(crate) starts: usize,
}

impl Plan {
    pub(crate) fn full() -> Self {
        Self {
            servers: Kind::available(),
            rounds: 5,
            calls: 50_000,
            idle: 5_000,
            reopen: 3,
            hold: 20_000,
            starts: 5,
        }
    }

    pub(crate) fn quick() -> Self {
        Self {
            rounds: 1,
            calls: 10_000,
            idle: 1_000,
            reopen: 0,
            hold: 2_000,
            ..Self::full()
        }
    }
}

/// Measures, prints the table, and writes it to a file if asked to. Fails in
/// the end if anything could not be measured that is not somebody else's.
pub(crate) async fn run(
    plan: &Plan,
    machine: &Machine,
    cores: Option<Cores>,
    write: Option<&Path>,
) -> anyhow::Result<()> {
    let mut results = Results::default();
    let neighbours = Neighbours::watch()?;
    for round in 0..plan.rounds {
        // Everyone is first once, so that a machine that slows down does not
        // favour one of them.
        let mut servers = plan.servers.clone();
        servers.rotate_left(round % plan.servers.len().max(1));
        for kind in servers {
            progress(&format!(
                "round {} of {}: {}",
                round + 1,
                plan.rounds,
                kind.name()
            ));
            one_round(plan, kind, cores, &mut results).await;
        }
    }
    // Those that are slow would hold up everybody, and prove nothing.
    for kind in plan.servers.iter().filter(|kind| kind.slowness() == 1) {
        progress(&format!("many sessions: {}", kind.name()));
        once(plan, *kind, cores, &mut results).await;
    }

    let others = neighbours.percent(machine.cores)?;
    results.note(format!(
        "Other programs used {others:.0} % of the machine meanwhile."
    ));
    for kind in Kind::all() {
        if !plan.servers.contains(kind) {
            results.note(format!("`{}` was not measured.", kind.name()));
        }
    }
    let table = report::table(plan, &results);
    print(&table);
    if let Some(path) = write {
        let command = env::args().skip(1).collect::<Vec<_>>().join(" ");
        let page = report::page(&table, plan, machine, cores, (&command, path));
        fs::write(path, page).with_context(|| format!("writing {}", path.display()))?;
        let chart = path.with_extension("svg");
        fs::write(&chart, report::chart(plan, &results))
            .with_context(|| format!("writing {}", chart.display()))?;
    }
    let failures = results.own_failures();
    ensure!(failures == 0, "{failures} measures failed, see above");
    Ok(())
}

/// What is measured in every round, each time with a new process.
async fn one_round(plan: &Plan, kind: Kind, cores: Option<Cores>, results: &mut Results) {
    for _ in 0..plan
        .starts
        .div_ceil(usize::try_from(kind.slowness()).unwrap_or(1))
    {
        match within_deadline(measure::start::run(kind, cores)).await {
            Ok(took) => results.add(Row::Start, kind, took.as_secs_f64() * 1e3),
            Err(error) => results.fail(kind, "start", &error),
        }
    }
    for sessions in [32, 500] {
        let calls = with_server(kind, cores, async |server| {
            let calls = plan.calls / kind.slowness();
            measure::calls::run(server, &kind.call(), sessions, calls).await
        });
        match calls.await {
            Ok(calls) => {
                results.add(Row::CallCpu { sessions }, kind, calls.cpu_us_per_call());
                results.add(Row::CallRate { sessions }, kind, calls.per_second());
                let (p50, p99) = (calls.quantile_ms(0.5), calls.quantile_ms(0.99));
                results.add(Row::P50 { sessions }, kind, p50);
                results.add(Row::P99 { sessions }, kind, p99);
                results.add(Row::Tail { sessions }, kind, p99 / p50);
            }
            Err(error) => results.fail(kind, &format!("calls in {sessions} sessions"), &error),
        }
    }
    let idle = with_server(kind, cores, async |server| {
        let sessions = plan.idle / usize::try_from(kind.slowness())?;
        measure::idle::run(server, sessions).await
    });
    match idle.await {
        Ok(idle) => {
            results.add(Row::IdleMemory, kind, idle.kib_per_session);
            results.add(Row::OpenRate, kind, idle.opened_per_cpu_second);
        }
        Err(error) => results.fail(kind, "idle sessions", &error),
    }
}

/// What is measured once, because it takes long and varies little.
async fn once(plan: &Plan, kind: Kind, cores: Option<Cores>, results: &mut Results) {
    let held = with_server(kind, cores, async |server| {
        measure::hold::run(server, plan.hold).await
    });
    match held.await {
        Ok(held) => {
            results.add(Row::Held, kind, held.answered as f64);
            if let Some(limit) = held.limit(plan.hold) {
                results.note(limit);
            }
            if let Some(error) = held.failure {
                results.fail(kind, "held sessions", &error);
            }
        }
        Err(error) => results.fail(kind, "held sessions", &error),
    }
    if plan.reopen == 0 {
        return;
    }
    let memory = with_server(kind, cores, async |server| {
        measure::idle::reopen(server, plan.idle, plan.reopen, kind.grace()).await
    });
    match memory.await {
        Ok(memory) => {
            let (first, last) = (memory[0] as f64, memory[memory.len() - 1] as f64);
            results.add(Row::MemoryClosed, kind, first / 1024.0);
            results.add(Row::MemoryKept, kind, last / first);
        }
        Err(error) => results.fail(kind, "reopened sessions", &error),
    }
}

/// Measures a new server and stops it.
async fn with_server<T>(
    kind: Kind,
    cores: Option<Cores>,
    measure: impl AsyncFnOnce(&Server) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let server = Server::start(kind, cores).await?;
    let result = within_deadline(measure(&server)).await;
    server.stop().await?;
    result
}

#[expect(
    clippy::print_stderr,
    reason = "it takes minutes, and someone is waiting"
)]
fn progress(what: &str) {
    eprintln!("{what}");
}

#[expect(clippy::print_stdout, reason = "this is the result")]
fn print(table: &str) {
    println!("{table}");
}
