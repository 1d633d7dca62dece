//! `load soak`.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use clap::Args;

use crate::{run::duration, soak};

#[derive(Debug, Args)]
pub(super) struct SoakArgs {
    /// How long it takes, a warm-up included; each minute ends with a fault of the
    /// upstream, so at least one minute.
    #[arg(long = "for", default_value = "20m", value_parser = duration, value_name = "TIME")]
    lasts: Duration,

    /// How many sessions there are, a third over each transport; a tenth as many
    /// slow readers are beside them.
    #[arg(long, default_value_t = 60)]
    sessions: usize,

    /// Write the numbers to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Draw latency, rate and memory over time into this file, as SVG.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

impl SoakArgs {
    #[expect(clippy::print_stdout, reason = "this is the result")]
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let verdict = soak::run(self.lasts, self.sessions).await?;
        print!("{verdict}");
        if let Some(path) = self.json {
            let text = serde_json::to_string_pretty(&verdict).context("writing JSON")?;
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        }
        if let Some(path) = self.chart {
            fs::write(&path, verdict.report.chart())
                .with_context(|| format!("writing {}", path.display()))?;
        }
        let troubles = verdict.troubles();
        if !troubles.is_empty() {
            bail!("{}", troubles.join("; "));
        }
        Ok(())
    }
}
