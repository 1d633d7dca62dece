//! The output files of a command.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use serde::Serialize;

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Write the results to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write a chart of the results over time, or over the number of sessions, to
    /// this file, as SVG.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

impl Output {
    pub(crate) fn write(
        &self,
        numbers: &impl Serialize,
        chart: impl FnOnce() -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        if let Some(path) = &self.json {
            write(path, &serde_json::to_string_pretty(numbers)?)?;
        }
        if let Some(path) = &self.chart {
            write(path, &chart()?)?;
        }
        Ok(())
    }
}

pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
