//! What people at a terminal ask: one screen a question, or the structured
//! answer of the MCP tool as JSON.
//!
//! A screen shows what the tool tells, in its words; what the numbers mean is
//! the business of `aareguru`.

mod chart;
mod compare;
mod forecast;
mod history;
mod now;
mod screen;
mod sparkline;
mod table;
mod trouble;
mod verdict;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{app, settings::Settings};
use screen::Screen;

/// What can be asked.
#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// Show how it is at one place now: water, flow, verdict, weather.
    Now(Asked<now::Now>),
    /// Show all places side by side, or those that are named.
    Compare(Asked<compare::Compare>),
    /// Show what comes at one place: the water in two hours, and the weather.
    Forecast(Asked<forecast::Forecast>),
    /// Show what was measured at one place over a span of time.
    History(Asked<history::History>),
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

/// An answer in both forms.
struct Shown {
    screen: Screen,
    json: String,
}

impl Shown {
    fn new(screen: Screen, answer: &impl Serialize) -> anyhow::Result<Self> {
        let json = serde_json::to_string_pretty(answer)? + "\n";
        Ok(Self { screen, json })
    }
}

impl Question {
    /// Asks, and prints the answer.
    ///
    /// # Errors
    ///
    /// Why there is no answer, with what to do about it.
    pub(crate) async fn answer(&self, settings: &Settings) -> anyhow::Result<()> {
        let (demo, json) = match self {
            Self::Now(Asked { demo, json, .. }) => (demo, json),
            Self::Compare(Asked { demo, json, .. }) => (demo, json),
            Self::Forecast(Asked { demo, json, .. }) => (demo, json),
            Self::History(Asked { demo, json, .. }) => (demo, json),
        };
        let river = app::river(settings, *demo, None)?;
        let shown = match self {
            Self::Now(asked) => asked.question.ask(&river).await,
            Self::Compare(asked) => asked.question.ask(&river).await,
            Self::Forecast(asked) => asked.question.ask(&river).await,
            Self::History(asked) => asked.question.ask(&river).await,
        };
        let shown = shown.map_err(trouble::with_way_out)?;
        let printed = if *json {
            screen::print(&shown.json)
        } else {
            shown.screen.print()
        };
        printed.context("writing to standard output")
    }
}
