//! Logs on: to standard error, as text or JSON, filtered by level.

use std::{
    env,
    io::{self, IsTerminal},
};

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, Settings};

/// What rmcp logs holds whole messages with their ids; what of it matters is
/// logged by us. A directive of one's own for rmcp still wins.
const QUIET: &str = "rmcp=error";

/// Starts logging, once in the life of the process.
///
/// # Errors
///
/// A `LOG_LEVEL` that is no level and no directive, or a second call.
pub fn init(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", settings.log_level))
        .with_context(|| format!("LOG_LEVEL `{}`", settings.log_level))?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none())
        .with_writer(io::stderr);
    match settings.log_format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    }
    .map_err(anyhow::Error::from_boxed)
    .context("starting the log")
}
