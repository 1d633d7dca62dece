//! What the program tells about itself: logs, to standard error, as text or
//! JSON, and numbers.

pub mod prometheus;

use std::{
    env,
    io::{self, IsTerminal},
};

use anyhow::Context;
use tracing::{Level, Metadata};
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Layer, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::settings::{LogFormat, Settings};

/// Starts logging, once in the life of the process. What waits to be written
/// is written when the guard is dropped.
///
/// Lines are written by a thread of their own and dropped if nobody reads
/// them: a full pipe must not hold up the server.
///
/// # Errors
///
/// A `LOG_LEVEL` that is no level and no directive, or a second call.
pub fn init(settings: &Settings) -> anyhow::Result<WorkerGuard> {
    let filter = EnvFilter::try_new(&settings.log_level)
        .with_context(|| format!("LOG_LEVEL `{}`", settings.log_level))?;
    let (writer, guard) = NonBlocking::new(io::stderr());
    let lines = fmt::layer().with_writer(writer);
    let lines = match settings.log_format {
        LogFormat::Text => {
            let colours = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none();
            lines.with_ansi(colours).boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines.with_filter(filter_fn(holds_no_message)))
        .try_init()
        .context("starting the log")?;
    Ok(guard)
}

/// rmcp logs whole messages with their ids below the level of errors; what of
/// it matters is logged by us.
fn holds_no_message(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let of_rmcp = target == "rmcp" || target.starts_with("rmcp::");
    !of_rmcp || *metadata.level() == Level::ERROR
}
