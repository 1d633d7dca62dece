//! Formats log lines as text for people or as JSON for machines.
//!
//! The formats of `tracing-subscriber` do not fit. Its text keeps line breaks in values, by which a
//! client could forge lines through an error that quotes it. Its JSON parses the fields of a span
//! again for each line, which takes three times as many instructions.

use std::{
    fmt::{self, Debug, Write},
    mem,
};

use jiff::{
    Timestamp,
    fmt::{StdFmtWrite, temporal::DateTimePrinter},
};
use serde::Serialize;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::Writer},
    registry::LookupSpan,
};

use super::REQUEST_SPAN;
use crate::settings::LogFormat;

/// Writes time, level, request, target and fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineFormat(pub(super) LogFormat);

impl<S> FormatEvent<S, Self> for LineFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, Self>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let (level, target) = (metadata.level(), metadata.target());
        let mut spans = context.event_scope().into_iter().flatten();
        let request = spans.find(|span| span.name() == REQUEST_SPAN);
        let extensions = request.as_ref().map(|request| request.extensions());
        let request = extensions.as_ref().and_then(|it| it.get());
        let request: Option<&FormattedFields<Self>> = request;
        match self.0 {
            LogFormat::Text => {
                write_time(&mut line)?;
                write!(line, " {level:>5} ")?;
                if let Some(fields) = request {
                    write!(line, "{REQUEST_SPAN}{{{fields}}}: ")?;
                }
                write!(line, "{target}: ")?;
                context.format_fields(line.by_ref(), event)?;
            }
            LogFormat::Json => {
                line.write_str("{\"timestamp\":\"")?;
                write_time(&mut line)?;
                write!(line, "\",\"level\":\"{level}\"")?;
                context.format_fields(line.by_ref(), event)?;
                let target = serde_json::to_string(target).map_err(|_| fmt::Error)?;
                write!(line, ",\"target\":{target}")?;
                if let Some(fields) = request {
                    write!(line, ",\"span\":{{\"name\":\"{REQUEST_SPAN}\"{fields}}}")?;
                }
                line.write_char('}')?;
            }
        }
        line.write_char('\n')
    }
}

/// Writes `2026-11-24T17:03:11.404562Z`.
fn write_time(line: &mut Writer<'_>) -> fmt::Result {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
    PRINTER
        .print_timestamp(&Timestamp::now(), StdFmtWrite(line))
        .map_err(|_| fmt::Error)
}

/// In text `name=value` with spaces between them and control characters escaped, in JSON members of
/// an object with a comma before each.
impl<'writer> FormatFields<'writer> for LineFormat {
    fn format_fields<R: RecordFields>(&self, line: Writer<'writer>, fields: R) -> fmt::Result {
        fields.record(&mut FieldVisitor {
            format: self.0,
            line: Escaped(line),
            separator: "",
        });
        Ok(())
    }
}

/// Escapes control characters.
struct Escaped<'writer>(Writer<'writer>);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Checking bytes is several times faster than checking characters.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.0.write_str(text);
        }
        text.chars().try_for_each(|character| {
            if is_control(character) {
                write!(self.0, "{}", character.escape_debug())
            } else {
                self.0.write_char(character)
            }
        })
    }
}

/// Returns whether a character controls a terminal, a line or the direction of text.
fn is_control(character: char) -> bool {
    let is_bidirectional = matches!(
        character,
        '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    character.is_control() || is_bidirectional
}

struct FieldVisitor<'writer> {
    format: LogFormat,
    line: Escaped<'writer>,
    /// Before the next field in text.
    separator: &'static str,
}

impl FieldVisitor<'_> {
    fn write<V: Debug + Serialize + ?Sized>(&mut self, field: &Field, value: &V) {
        let name = field.name();
        // Events of the crate `log` have fields for what the line already shows.
        if name.starts_with("log.") {
            return;
        }
        // A value that fails to format is cut off in text and left out of JSON.
        let _ = match self.format {
            LogFormat::Text => {
                let separator = mem::replace(&mut self.separator, " ");
                if name == "message" {
                    write!(self.line, "{separator}{value:?}")
                } else {
                    write!(self.line, "{separator}{name}={value:?}")
                }
            }
            LogFormat::Json => serde_json::to_string(value)
                .map_or(Ok(()), |value| write!(self.line.0, ",\"{name}\":{value}")),
        };
    }
}

impl Visit for FieldVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.write(field, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.write(field, &format_args!("{value:?}"));
    }
}
