//! Log lines on standard error. docs/LOGGING.md describes the levels and what is never logged.

mod text_fields;
mod writer;

use std::{
    env,
    io::{self, IsTerminal},
};

use anyhow::{Context, bail};
use tracing::{Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, Targets, filter_fn},
    fmt::{self, MakeWriter},
    layer::Filter,
    registry::LookupSpan,
};

pub(super) use self::writer::FlushGuard;

use self::text_fields::TextFields;
use crate::settings::{LogFormat, Settings};

/// Our crates, as they are named in log lines.
const OWN_CRATES: [&str; 3] = ["aareguru", "aareguru_mcp", "rmcp_sse"];

/// The span that gives log lines their request. All other spans are made for traces.
pub(super) const REQUEST_SPAN: &str = "request";

/// Builds the layer that logs to standard error. Dropping the guard writes what is buffered.
///
/// With `has_traces` the layer also sees the spans for traces, because lines within them find
/// their request through the parents of the span. Otherwise nobody sees those spans, and
/// `tracing` does not create them.
///
/// # Errors
///
/// `LOG_LEVEL` is invalid, or the thread that writes cannot be started.
pub(super) fn layer<S>(
    settings: &Settings,
    has_traces: bool,
) -> anyhow::Result<(impl Layer<S>, FlushGuard)>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let levels = parse_levels(&settings.log_level)
        .with_context(|| format!("LOG_LEVEL `{}`", settings.log_level))?;
    let (writer, guard) = writer::start(io::stderr())?;
    let has_colors = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none();
    let layer = format(settings.log_format, has_colors, writer);
    Ok((layer.with_filter(filter(levels, has_traces)), guard))
}

fn format<S, W>(
    format: LogFormat,
    has_colors: bool,
    writer: W,
) -> Box<dyn Layer<S> + Send + Sync + 'static>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = fmt::layer().with_writer(writer);
    match format {
        LogFormat::Text => layer.with_ansi(has_colors).fmt_fields(TextFields).boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .boxed(),
    }
}

fn filter<S>(levels: Targets, has_traces: bool) -> impl Filter<S> {
    // Not subject to LOG_LEVEL: a warning shows its request at LOG_LEVEL=warn too.
    let is_shown_span = filter_fn(move |metadata| {
        let is_wanted = has_traces || metadata.name() == REQUEST_SPAN;
        metadata.is_span() && is_own(metadata.target()) && is_wanted
    });
    let is_shown_event = filter_fn(|metadata| metadata.is_event() && may_be_logged(metadata));
    is_shown_span.or(levels.and(is_shown_event))
}

/// Parses a level, or directives such as `info,aareguru=debug`.
fn parse_levels(text: &str) -> anyhow::Result<Targets> {
    let mut default = LevelFilter::OFF;
    let mut named = Vec::new();
    let directives = text.split(',').map(str::trim);
    for directive in directives.filter(|directive| !directive.is_empty()) {
        match directive.split_once('=') {
            None => default = parse_level(directive)?,
            Some((target, level)) => {
                let target = target.trim();
                if !is_own(target) {
                    bail!(
                        "`{target}` is none of our crates: there are {}; libraries log warnings \
                         and errors only",
                        OWN_CRATES.join(", ")
                    );
                }
                named.push((target, parse_level(level.trim())?));
            }
        }
    }
    // A directive applies to all targets with its prefix: without directives of their own,
    // `aareguru=debug` would apply to `aareguru_mcp` too.
    let own = OWN_CRATES.map(|krate| (krate, default));
    let targets = Targets::new().with_default(default).with_targets(own);
    Ok(targets.with_targets(named))
}

fn parse_level(text: &str) -> anyhow::Result<LevelFilter> {
    let level = text.parse().ok();
    // `LevelFilter` also parses numbers.
    let level = level.filter(|_| !text.bytes().any(|byte| byte.is_ascii_digit()));
    level.with_context(|| {
        format!("`{text}` is no level: there are off, error, warn, info, debug, trace")
    })
}

pub(super) fn is_own(target: &str) -> bool {
    let krate = target.split("::").next().unwrap_or(target);
    OWN_CRATES.contains(&krate)
}

/// Whether an event may be logged at all: below these levels rmcp logs whole messages with their
/// ids, and HTTP libraries log headers and addresses.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let most_verbose = match target.split("::").next() {
        _ if is_own(target) => Level::TRACE,
        Some("rmcp") => Level::ERROR,
        _ => Level::WARN,
    };
    *metadata.level() <= most_verbose
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Output {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// The lines that `run` logs at this level.
    fn logged(log_format: LogFormat, level: &str, run: fn()) -> Vec<String> {
        let output = Output::default();
        let layer = format(log_format, false, output.clone());
        let layer = layer.with_filter(filter(parse_levels(level).unwrap(), false));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, run);
        let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// A line without its time, level and target.
    fn fields(line: &str) -> &str {
        let (_, fields) = line.split_once("tests: ").unwrap();
        fields
    }

    #[test]
    fn log_levels_are_parsed_with_directives_for_our_crates() {
        let targets = parse_levels("warn, aareguru=debug,aareguru_mcp::http=TRACE").unwrap();
        for (target, level, enabled) in [
            ("rmcp_sse::stream", Level::WARN, true),
            ("rmcp_sse::stream", Level::INFO, false),
            ("aareguru::fetch", Level::DEBUG, true),
            ("aareguru_mcp::http::health", Level::TRACE, true),
            ("aareguru_mcp::serve", Level::INFO, false),
        ] {
            assert_eq!(
                targets.would_enable(target, &level),
                enabled,
                "{target} {level}"
            );
        }
        let off = parse_levels("off").unwrap();
        assert!(!off.would_enable("aareguru", &Level::ERROR));
    }

    #[test]
    fn log_level_errors_name_the_value_and_the_levels() {
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
            let error = parse_levels(text).unwrap_err().to_string();
            assert!(error.starts_with(named), "{error}");
        }
    }

    #[test]
    fn text_lines_show_fields_by_name() {
        let lines = logged(LogFormat::Text, "info", || {
            tracing::info!(answer = 42, ratio = 0.25, text = "a\"b", shown = %"x y", "message");
        });
        assert_eq!(
            fields(&lines[0]),
            r#"message answer=42 ratio=0.25 text="a\"b" shown=x y"#
        );
    }

    #[test]
    fn text_from_outside_cannot_forge_lines_or_control_a_terminal() {
        fn log() {
            let text = "a\n2026 INFO forged\r\u{1b}[31m\u{9b}2J\u{202e}b";
            let error = anyhow::anyhow!(text);
            tracing::info!(debug = text, display = %text, error = &*error, "{text}");
        }
        for format in [LogFormat::Text, LogFormat::Json] {
            let lines = logged(format, "info", log);
            let [line] = &lines[..] else {
                panic!("one line: {lines:?}");
            };
            assert!(!line.contains(|c: char| c.is_ascii_control()), "{line:?}");
        }
        let lines = logged(LogFormat::Text, "info", log);
        let escaped = r"a\n2026 INFO forged\r\u{1b}[31m\u{9b}2J\u{202e}b";
        assert_eq!(
            fields(&lines[0]),
            format!("{escaped} debug=\"{escaped}\" display={escaped} error={escaped}")
        );
    }

    #[test]
    fn log_lines_show_their_request_at_any_level() {
        fn log() {
            let _request = tracing::info_span!("request", request.id = "1f").entered();
            let trace_span = tracing::info_span!("tool", otel.name = "tools/call x");
            assert!(trace_span.is_disabled(), "nobody collects it");
            let _tool = trace_span.entered();
            tracing::warn!("message");
        }
        let lines = logged(LogFormat::Text, "warn", log);
        assert!(
            lines[0].contains(r#"request{request.id="1f"}: "#),
            "{lines:?}"
        );
        let lines = logged(LogFormat::Json, "warn", log);
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["message"], "message");
        assert_eq!(line["spans"][0]["request.id"], "1f");
    }
}
