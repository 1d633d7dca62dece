//! Log lines: which are written, and how. docs/LOGGING.md tells what a level
//! means and what is never logged.

#[cfg(test)]
mod format_tests;
mod json;
mod later;
mod request;
mod text;
mod time;
mod writer;

use std::{
    env,
    io::{self, IsTerminal},
    sync::OnceLock,
};

use anyhow::{Context, bail};
use tracing::{Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, Targets, filter_fn},
    fmt::{self, format::JsonFields},
    registry::LookupSpan,
};

pub(crate) use self::request::RequestLines;
pub(super) use self::writer::Flush;

use self::{
    json::JsonLine,
    later::Later,
    text::{TextFields, TextLine},
    writer::Lines,
};
use crate::settings::{LogFormat, Settings};

/// The crates of this workspace, as they are named in log lines.
const OWN_CRATES: [&str; 3] = ["aareguru", "aareguru_mcp", "rmcp_sse"];

/// The one span that lines show: what request they belong to, where that is not
/// known to the task ([`RequestLines`]). All others are for traces, and cost
/// nothing while there are none.
pub(super) const REQUEST_SPAN: &str = "request";

static LINES: OnceLock<Lines> = OnceLock::new();

/// Lines on standard error. What waits is written when [`Flush`] is dropped.
pub(super) fn layer<S>(settings: &Settings) -> anyhow::Result<(impl Layer<S>, Flush)>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let levels = levels(&settings.log_level)
        .with_context(|| format!("LOG_LEVEL `{}`", settings.log_level))?;
    let (writer, flush) = writer::start(io::stderr())?;
    LINES.get_or_init(|| writer.clone());
    let lines = fmt::layer().with_writer(writer);
    let lines = match settings.log_format {
        LogFormat::Text => {
            let colours = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none();
            let lines = lines.with_ansi(colours).fmt_fields(TextFields);
            lines.event_format(TextLine).boxed()
        }
        LogFormat::Json => {
            let lines = lines.fmt_fields(JsonFields::new());
            lines.event_format(JsonLine).boxed()
        }
    };
    Ok((
        lines.with_filter(levels.and(filter_fn(may_be_logged))),
        flush,
    ))
}

/// Has the log's thread tell something of which there is much: its lines stand where
/// and have the time when this is called.
pub(crate) fn tell_later(tell: impl FnOnce() + Send + 'static) {
    match LINES.get() {
        Some(lines) => lines.tell_later(Later::new(tell)),
        None => tell(),
    }
}

/// How many lines were dropped because nobody read them.
pub(super) fn dropped_lines() -> u64 {
    LINES.get().map_or(0, Lines::dropped)
}

/// Reads a level, or directives such as `info,aareguru=debug`.
fn levels(text: &str) -> anyhow::Result<Targets> {
    let mut default = LevelFilter::OFF;
    let mut named = Vec::new();
    let directives = text.split(',').map(str::trim);
    for directive in directives.filter(|directive| !directive.is_empty()) {
        match directive.split_once('=') {
            None => default = level(directive)?,
            Some((target, of)) => {
                let target = target.trim();
                if !is_own(target) {
                    bail!(
                        "`{target}` is none of our crates: there are {}; libraries log warnings \
                         and errors only",
                        OWN_CRATES.join(", ")
                    );
                }
                named.push((target, level(of.trim())?));
            }
        }
    }
    // A directive is meant for one crate and would apply to all whose names
    // begin alike, if they had none of their own.
    let own = OWN_CRATES.map(|krate| (krate, default));
    let targets = Targets::new().with_default(default).with_targets(own);
    Ok(targets.with_targets(named))
}

fn level(text: &str) -> anyhow::Result<LevelFilter> {
    let level = text.parse().ok();
    // It takes numbers too, which nobody means.
    let level = level.filter(|_| !text.bytes().any(|byte| byte.is_ascii_digit()));
    level.with_context(|| {
        format!("`{text}` is no level: there are off, error, warn, info, debug, trace")
    })
}

pub(super) fn is_own(target: &str) -> bool {
    let krate = target.split("::").next().unwrap_or(target);
    OWN_CRATES.contains(&krate)
}

/// What libraries may say at any level. rmcp logs whole messages with their
/// ids below the level of errors, HTTP libraries headers and addresses below
/// that of warnings; what of it matters is logged by us.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    if metadata.is_span() {
        return is_own(target) && metadata.name() == REQUEST_SPAN;
    }
    let most = match target.split("::").next() {
        _ if is_own(target) => Level::TRACE,
        Some("rmcp") => Level::ERROR,
        _ => Level::WARN,
    };
    *metadata.level() <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_with_directives_for_our_crates() {
        let targets = levels("warn, aareguru=debug,aareguru_mcp::http=TRACE").unwrap();
        for (target, level, enabled) in [
            ("rmcp_sse::stream", Level::WARN, true),
            ("rmcp_sse::stream", Level::INFO, false),
            ("aareguru::fetch", Level::DEBUG, true),
            ("aareguru_mcp::http::observe", Level::TRACE, true),
            ("aareguru_mcp::serve", Level::INFO, false),
        ] {
            assert_eq!(
                targets.would_enable(target, &level),
                enabled,
                "{target} {level}"
            );
        }
        assert!(
            !levels("off")
                .unwrap()
                .would_enable("aareguru", &Level::ERROR)
        );
    }

    #[test]
    fn what_is_no_level_is_named_with_those_there_are() {
        for (text, named) in [
            (
                "verbose",
                "`verbose` is no level: there are off, error, warn",
            ),
            ("3", "`3` is no level"),
            ("info,aareguru=loud", "`loud` is no level"),
            (
                "info,hyper=debug",
                "`hyper` is none of our crates: there are aareguru, ",
            ),
        ] {
            let error = levels(text).unwrap_err().to_string();
            assert!(error.starts_with(named), "{error}");
        }
    }
}
