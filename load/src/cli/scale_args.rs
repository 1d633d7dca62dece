//! `load scale`.

use std::{fs, path::PathBuf};

use anyhow::{Context, ensure};
use clap::Args;

use crate::{cores::Cores, scale};

#[derive(Debug, Args)]
pub(super) struct ScaleArgs {
    /// How many sessions there are in the end.
    #[arg(long, default_value_t = 20_000)]
    sessions: usize,

    /// How many are told of an update.
    #[arg(long, default_value_t = 10_000)]
    subscribers: usize,

    /// Write the numbers to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Draw memory and CPU time over the number of sessions into this file, as
    /// SVG.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

impl ScaleArgs {
    #[expect(clippy::print_stdout, reason = "this is the result")]
    pub(super) async fn run(self, cores: Option<Cores>) -> anyhow::Result<()> {
        ensure!(self.sessions > 0, "--sessions 0 tells nothing");
        let report = scale::run(self.sessions, self.subscribers, cores).await?;
        print!("{report}");
        if let Some(path) = self.json {
            let text = serde_json::to_string_pretty(&report).context("writing JSON")?;
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        }
        if let Some(path) = self.chart {
            fs::write(&path, report.chart())
                .with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}
