//! The results as Markdown.

use std::{fmt::Write, path::Path};

use super::{BenchArgs, FULL_RUN_SESSIONS, machine, results::Results, row::Row};
use crate::{chart, cores::Cores, server_kind::ServerKind, table};

/// The table, with remarks and failures below it.
pub(super) fn table(bench: &BenchArgs, results: &Results) -> String {
    let servers = &bench.servers;
    let mut servers_with_goals = servers.clone();
    servers_with_goals
        .retain(|kind| matches!(kind, ServerKind::RmcpTransport | ServerKind::AareguruMcp));
    let mut head = vec![String::new()];
    head.extend(servers.iter().map(|kind| kind.name()));
    let ratios = servers_with_goals
        .iter()
        .map(|kind| kind.name() + " ÷ ceiling");
    head.extend(ratios);
    head.push("to reach".to_owned());

    let rows = results.rows().into_iter().map(|row| {
        let mut cells = vec![row.label()];
        let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "–".to_owned());
        let values = servers.iter().map(|kind| value(results, row, *kind));
        cells.extend(values.map(or_dash));
        let ratios = servers_with_goals
            .iter()
            .map(|kind| results.ratio(row, *kind));
        cells.extend(ratios.map(|ratio| or_dash(ratio.map(|ratio| format!("{ratio:.2}")))));
        cells.push(match row {
            // A quick run does not try as many.
            Row::Held if bench.hold < FULL_RUN_SESSIONS => String::new(),
            _ => goals(results, row, &servers_with_goals),
        });
        cells
    });
    let mut text = table::markdown(head, rows);
    for note in &results.notes {
        let _ = write!(text, "\n- {note}");
    }
    for (_, failure) in &results.failures {
        let _ = write!(text, "\n- FAILED: {failure}");
    }
    text
}

/// What a call costs each server.
pub(super) fn chart(bench: &BenchArgs, results: &Results) -> anyhow::Result<String> {
    let row = Row::CallCpu { sessions: 32 };
    let bars = bench.servers.iter().filter_map(|kind| {
        let value = results.median(row, *kind)?;
        Some((kind.name(), value))
    });
    chart::bars(&row.label(), &bars.collect::<Vec<_>>())
}

/// The table with everything that is needed to judge and repeat it.
pub(super) fn page(
    table: &str,
    bench: &BenchArgs,
    cores: Option<Cores>,
    (command, path): (&str, &Path),
) -> anyhow::Result<String> {
    let table = table.trim_end();
    let servers = bench.servers.iter().fold(String::new(), |text, kind| {
        format!("{text}- `{}`: {}.\n", kind.name(), kind.description())
    });
    let BenchArgs {
        rounds,
        calls,
        idle,
        ..
    } = bench;
    let machine = machine::description()?;
    let chart = path.with_extension("svg");
    let chart = chart.file_name().unwrap_or_default().to_string_lossy();
    let cores = match cores {
        Some(_) => "The server had one core to itself, the client another.",
        None => "The system chose the cores.",
    };
    Ok(format!(
        "\
# Benchmarks

Written by `make bench`; not to be edited.

![Server CPU per call of each server]({chart})

{table}

## What was compared

{servers}
## How it was measured

- Medians of {rounds} rounds with new processes, ± half the range. A ratio is taken within each round.
- All servers in Rust have the product's allocator, jemalloc; the SDKs have their own.
- {cores} Client and server share the kernel.
- Calls: each session waits for its answer on the stream before it calls again; {calls} calls a measure.
  A session is one event stream and one kept connection for posting.
  Those that are slow get fewer calls and idle sessions: a twentieth for `python-sdk`, a fifth for `typescript-sdk`.
- CPU is the process's own clock, user and kernel. Memory is resident memory that belongs to no file, of {idle} sessions.
  When they were closed, it is looked at 12 s after a server keeps none of them any more.
- Sessions that are held share 16 connections for posting.

## Where and with what

- Command: `load {command}`
{machine}"
    ))
}

fn value(results: &Results, row: Row, kind: ServerKind) -> Option<String> {
    let (median, decimals) = (results.median(row, kind)?, row.decimals());
    let spread = results.spread(row, kind);
    let spread = spread.map(|spread| format!(" ± {:.0} %", spread * 100.0));
    Some(format!("{median:.decimals$}{}", spread.unwrap_or_default()))
}

/// The goal of each server, and whether it is met.
fn goals(results: &Results, row: Row, servers_with_goals: &[ServerKind]) -> String {
    let goals = servers_with_goals.iter().filter_map(|kind| {
        let goal = row.goal(*kind)?;
        let value = results.median(row, *kind)?;
        let is_met = goal.is_met(value, results.ratio(row, *kind));
        let mark = if is_met { "✓" } else { "✗" };
        Some(format!("{} {} {mark}", kind.name(), goal.text()))
    });
    goals.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_shows_medians_ratios_and_goals() {
        let mut results = Results::default();
        let row = Row::CallCpu { sessions: 32 };
        for (ceiling, ours) in [(20.0, 24.0), (22.0, 26.4)] {
            results.add(row, ServerKind::Ceiling, ceiling);
            results.add(row, ServerKind::RmcpTransport, ours);
        }
        results.add(Row::Held, ServerKind::RmcpTransport, 19_000.0);
        results.note("rmcp-transport: no more".to_owned());
        let bench = BenchArgs {
            quick: false,
            write: None,
            servers: vec![ServerKind::Ceiling, ServerKind::RmcpTransport],
            rounds: 2,
            calls: 50_000,
            idle: 5_000,
            hold: 20_000,
        };
        assert_eq!(
            table(&bench, &results),
            "|  | ceiling | rmcp-transport | rmcp-transport ÷ ceiling | to reach |\n\
             | --- | --- | --- | --- | --- |\n\
             | server CPU per call, 32 sessions (µs) | 21.0 ± 5 % | 25.2 ± 5 % | 1.20 | rmcp-transport ≤ 1.25 × ✓ |\n\
             | sessions held and answering | – | 19000 | – | rmcp-transport ≥ 20000 ✗ |\n\
             \n- rmcp-transport: no more"
        );
    }
}
