//! The commands for people at a terminal. Each prints the answer of the matching MCP tool, as text
//! or as the JSON of its structured content; what the numbers mean is up to `aareguru`.

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

/// What can be asked.
#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// Show how it is at one place now: water, flow, verdict, weather.
    Now(Asked<now::NowArgs>),
    /// Show all places side by side, or those that are named.
    Compare(Asked<compare::CompareArgs>),
    /// Show what comes at one place: the water in two hours, and the weather.
    Forecast(Asked<forecast::ForecastArgs>),
    /// Show what was measured at one place over a span of time.
    History(Asked<history::HistoryArgs>),
}

/// A question, and how to answer it.
#[derive(Debug, Args)]
pub(crate) struct Asked<Q: Args> {
    #[command(flatten)]
    question: Q,

    /// Answer from recordings made on 2023-05-09 instead of the live API;
    /// every answer says so. Needs no network.
    #[arg(long)]
    demo: bool,

    /// Print the answer as JSON: the same as the MCP tool's structured content.
    #[arg(long)]
    json: bool,
}

/// The arguments of one command.
trait Query: Args {
    /// Gets the answer as text and as JSON.
    async fn answer(&self, river: &River) -> anyhow::Result<(Screen, String)>;
}

impl Question {
    /// Prints the answer.
    ///
    /// # Errors
    ///
    /// Why there is no answer, with what to do about it.
    pub(crate) async fn answer(&self, settings: &Settings) -> anyhow::Result<()> {
        match self {
            Self::Now(asked) => answer(asked, settings).await,
            Self::Compare(asked) => answer(asked, settings).await,
            Self::Forecast(asked) => answer(asked, settings).await,
            Self::History(asked) => answer(asked, settings).await,
        }
    }
}

async fn answer<Q: Query>(asked: &Asked<Q>, settings: &Settings) -> anyhow::Result<()> {
    let river = app::river(settings, asked.demo, None)?;
    let answer = asked.question.answer(&river).await;
    let (screen, json) = answer.map_err(hints::with_hint)?;
    let text = if asked.json { json } else { screen.into_text() };
    screen::print(&text).context("writing to standard output")
}

fn json(answer: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(answer)? + "\n")
}
