//! The commands for people at a terminal. Each prints the answer of the matching MCP tool, as text
//! or as the JSON of its structured content.

mod chart;
mod compare;
mod forecast;
mod hints;
mod history;
mod now;
mod screen;
mod sparkline;
mod table;

use aareguru::River;
use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{app, settings::Settings};
use screen::Screen;

/// The commands that query the river.
#[derive(Debug, Subcommand)]
pub(crate) enum RiverCommand {
    /// Show current conditions at a place: water, flow, verdict and weather.
    Now(RiverCommandArgs<now::NowArgs>),
    /// Compare all places, or the given ones.
    Compare(RiverCommandArgs<compare::CompareArgs>),
    /// Show the forecast for a place: the water in two hours, and the weather.
    Forecast(RiverCommandArgs<forecast::ForecastArgs>),
    /// Show the measurements at a place over a period.
    History(RiverCommandArgs<history::HistoryArgs>),
}

/// The arguments of one command, and the options of all of them.
#[derive(Debug, Args)]
pub(crate) struct RiverCommandArgs<A: Args> {
    #[command(flatten)]
    query: A,

    /// Use recordings made on 2023-05-09 instead of the live API. Needs no network; every answer is
    /// marked as recorded.
    #[arg(long)]
    demo: bool,

    /// Print the answer as JSON, in the form of the MCP tool's structured content.
    #[arg(long)]
    json: bool,
}

/// The arguments of a command, which execute it.
trait Execute: Args {
    /// Queries the river, and returns the answer as text and as JSON.
    async fn execute(&self, river: &River) -> anyhow::Result<(Screen, String)>;
}

impl RiverCommand {
    /// Runs the command and prints its output.
    ///
    /// # Errors
    ///
    /// The query failed. The error contains a hint for the user if there is one.
    pub(crate) async fn run(&self, settings: &Settings) -> anyhow::Result<()> {
        match self {
            Self::Now(args) => run(args, settings).await,
            Self::Compare(args) => run(args, settings).await,
            Self::Forecast(args) => run(args, settings).await,
            Self::History(args) => run(args, settings).await,
        }
    }
}

async fn run<A: Execute>(args: &RiverCommandArgs<A>, settings: &Settings) -> anyhow::Result<()> {
    let river = app::build_river(settings, args.demo, None)?;
    let output = args.query.execute(&river).await;
    let (screen, json) = output.map_err(hints::add_hint)?;
    let text = if args.json { json } else { screen.into_text() };
    screen::print(&text).context("cannot write to standard output")
}

fn json(answer: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(answer)? + "\n")
}
