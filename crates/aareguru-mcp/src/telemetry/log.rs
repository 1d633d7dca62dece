//! Log lines on standard error. docs/LOGGING.md describes the levels and what is never logged.

mod line_format;
mod writer;

use std::{
    env,
    io::{self, IsTerminal},
};

use anyhow::{Context, bail};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::{Targets, filter_fn},
    fmt::{self, MakeWriter},
    registry::LookupSpan,
};

pub(super) use self::writer::FlushGuard;
pub(crate) use self::writer::describe_metrics;

use self::line_format::LineFormat;
use crate::settings::{LogFormat, Settings};

/// The crates of the server. `LOG_LEVEL` sets the level of all of them with that of the first one.
const SERVER_CRATES: [&str; 6] = ["aareguru_mcp", "cluster", "edge", "graphql", "mcp", "web"];

/// The libraries of this workspace, whose level `LOG_LEVEL` sets too.
const LIBRARIES: [&str; 2] = ["aareguru", "rmcp_transport"];

/// The span that gives log lines their request. All other spans are made for traces.
pub(super) const REQUEST_SPAN: &str = "request";

/// Builds the layer that logs to standard error. Dropping the guard writes what is buffered.
///
/// # Errors
///
/// The thread that writes cannot be started.
pub(super) fn layer<S>(settings: &Settings) -> anyhow::Result<(impl Layer<S>, FlushGuard)>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let (writer, guard) = writer::start(io::stderr())?;
    let has_colors = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none();
    Ok((format(settings.log_format, has_colors, writer), guard))
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
    let layer = fmt::layer()
        .with_writer(writer)
        .with_ansi(has_colors)
        .fmt_fields(LineFormat(format));
    match format {
        LogFormat::Text if has_colors => layer.boxed(),
        _ => layer.event_format(LineFormat(format)).boxed(),
    }
}

/// Builds the filter of all layers. It is evaluated once per call site; a filter of a single layer
/// would look up the span whenever one is entered, left or closed.
///
/// Spans for traces are enabled only with `has_traces`: otherwise `tracing` does not create them.
///
/// # Errors
///
/// `LOG_LEVEL` is invalid.
pub(super) fn filter<S: Subscriber>(
    log_level: &str,
    has_traces: bool,
) -> anyhow::Result<impl Layer<S>> {
    let levels = parse_levels(log_level).context("cannot parse LOG_LEVEL")?;
    Ok(filter_fn(move |metadata| {
        let target = metadata.target();
        if metadata.is_span() {
            // Not subject to LOG_LEVEL: a warning shows its request at LOG_LEVEL=warn too.
            is_own(target) && (has_traces || metadata.name() == REQUEST_SPAN)
        } else {
            levels.would_enable(target, metadata.level())
        }
    }))
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
                        "{target:?} is not one of {}; libraries log warnings and errors only",
                        [LIBRARIES.as_slice(), &SERVER_CRATES].concat().join(", ")
                    );
                }
                named.push((target, parse_level(level.trim())?));
            }
        }
    }
    let server = named.iter().find(|(target, _)| *target == SERVER_CRATES[0]);
    let server = server.map_or(default, |(_, level)| *level);
    let targets = Targets::new()
        // Below these levels rmcp logs whole messages with their ids, and HTTP libraries log
        // headers and addresses.
        .with_default(default.min(LevelFilter::WARN))
        .with_target("rmcp", default.min(LevelFilter::ERROR))
        // A directive applies to all targets with its prefix: without directives of their own,
        // `aareguru=debug` would apply to `aareguru_mcp` too.
        .with_targets(LIBRARIES.map(|krate| (krate, default)))
        .with_targets(SERVER_CRATES.map(|krate| (krate, server)));
    Ok(targets.with_targets(named))
}

fn parse_level(text: &str) -> anyhow::Result<LevelFilter> {
    let level = text.parse().ok();
    // `LevelFilter` also parses numbers.
    let level = level.filter(|_| !text.bytes().any(|byte| byte.is_ascii_digit()));
    level.with_context(|| format!("{text:?} is not one of off, error, warn, info, debug, trace"))
}

pub(super) fn is_own(target: &str) -> bool {
    let krate = target.split("::").next().unwrap_or(target);
    LIBRARIES.contains(&krate) || SERVER_CRATES.contains(&krate)
}

#[cfg(test)]
mod tests {
    use std::{io::Write, sync::Arc};

    use parking_lot::Mutex;
    use tracing::Level;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().write(bytes)
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
        let subscriber = tracing_subscriber::registry()
            .with(format(log_format, false, output.clone()))
            .with(filter(level, false).unwrap());
        tracing::subscriber::with_default(subscriber, run);
        let text = String::from_utf8(output.0.lock().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// A line without its time, level and target.
    fn fields(line: &str) -> &str {
        let (_, fields) = line.split_once("tests: ").unwrap();
        fields
    }

    #[test]
    fn log_levels_are_parsed_with_directives_for_our_crates() {
        let targets = parse_levels("warn, aareguru=debug,edge::health=TRACE").unwrap();
        for (target, level, enabled) in [
            ("rmcp_transport::sse::stream", Level::WARN, true),
            ("rmcp_transport::sse::stream", Level::INFO, false),
            ("aareguru::fetch", Level::DEBUG, true),
            ("edge::health", Level::TRACE, true),
            ("edge::serve", Level::INFO, false),
            ("hyper::client", Level::WARN, true),
            ("rmcp::service", Level::WARN, false),
        ] {
            assert_eq!(
                targets.would_enable(target, &level),
                enabled,
                "{target} {level}"
            );
        }
        let server = parse_levels("warn,aareguru_mcp=debug,mcp=info").unwrap();
        assert!(server.would_enable("edge::serve", &Level::DEBUG));
        assert!(!server.would_enable("mcp::server", &Level::DEBUG));
        assert!(!server.would_enable("aareguru::fetch", &Level::INFO));
        let trace = parse_levels("trace").unwrap();
        assert!(!trace.would_enable("hyper::client", &Level::INFO));
        let off = parse_levels("off").unwrap();
        assert!(!off.would_enable("aareguru", &Level::ERROR));
    }

    #[test]
    fn log_level_errors_name_the_value_and_the_levels() {
        for (text, message) in [
            ("verbose", r#""verbose" is not one of off, error, warn"#),
            ("3", r#""3" is not one of off, error"#),
            ("info,aareguru=loud", r#""loud" is not one of off, error"#),
            ("info,hyper=debug", r#""hyper" is not one of aareguru, "#),
        ] {
            let error = parse_levels(text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
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
        assert_eq!(line["span"]["request.id"], "1f");
    }
}
