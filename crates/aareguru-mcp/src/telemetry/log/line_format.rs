//! Formats log lines as text for people or as JSON for machines.
//!
//! The formats of `tracing-subscriber` do not fit. Its text keeps line breaks in values, by which a
//! client could forge lines through an error that quotes it. Its JSON parses the fields of a span
//! again for each line, which takes three times as many instructions.

use std::fmt::{self, Debug, Write};

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

/// Capacity for the fields of most spans and events.
const FIELDS_CAPACITY: usize = 128;

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
    fn format_fields<R: RecordFields>(&self, mut line: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = FieldVisitor {
            format: self.0,
            fields: String::with_capacity(FIELDS_CAPACITY),
        };
        fields.record(&mut visitor);
        let fields = visitor.fields;
        // Checking bytes is several times faster than checking characters.
        let is_printable = fields.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if is_printable || matches!(self.0, LogFormat::Json) {
            return line.write_str(&fields);
        }
        for character in fields.chars() {
            if is_control(character) {
                write!(line, "{}", character.escape_debug())?;
            } else {
                line.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// Whether a character controls a terminal, a line or the direction of text.
fn is_control(character: char) -> bool {
    let is_bidirectional = matches!(
        character,
        '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    character.is_control() || is_bidirectional
}

struct FieldVisitor {
    format: LogFormat,
    fields: String,
}

impl FieldVisitor {
    fn write<V: Debug + Serialize + ?Sized>(&mut self, field: &Field, value: &V) {
        let Self { format, fields } = self;
        let name = field.name();
        // Events of the crate `log` have fields for what the line already shows.
        if name.starts_with("log.") {
            return;
        }
        // A value that fails to format is cut off in text and left out of JSON.
        match format {
            LogFormat::Text => {
                if !fields.is_empty() {
                    fields.push(' ');
                }
                if name != "message" {
                    fields.extend([name, "="]);
                }
                let _ = write!(fields, "{value:?}");
            }
            LogFormat::Json => {
                if let Ok(value) = serde_json::to_string(value) {
                    fields.extend([",\"", name, "\":", &value]);
                }
            }
        }
    }
}

impl Visit for FieldVisitor {
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
