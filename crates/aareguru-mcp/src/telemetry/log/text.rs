//! Lines for people: letter for letter what the format of `tracing_subscriber`
//! is, at a third of its cost where there are no colours. Every request has a
//! line, and to write it was a tenth of all work.

use std::fmt::{self, Debug};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{DefaultFields, DefaultVisitor, Format, Writer},
    },
    registry::LookupSpan,
};

use super::{REQUEST_SPAN, request::RequestLines, time::Now};

/// The target of what comes from libraries that use the `log` crate; who has
/// written it stands in its fields.
pub(super) const FROM_LOG_CRATE: &str = "log";

/// Styles of terminals: parameters of `SGR` in ECMA-48.
const BOLD: &str = "1";
const DIMMED: &str = "2";
const ITALIC: &str = "3";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BLUE: &str = "34";
const PURPLE: &str = "35";

/// Writes a line.
#[derive(Debug)]
pub(super) struct TextLine;

/// Writes the fields of a line or a span.
#[derive(Debug)]
pub(super) struct TextFields;

impl<S> FormatEvent<S, TextFields> for TextLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, TextFields>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        if metadata.target() == FROM_LOG_CRATE {
            return Format::default().format_event(context, line, event);
        }
        styled(&mut line, DIMMED, |line| write!(line, "{Now}"))?;
        line.write_char(' ')?;
        let (colour, level) = match *metadata.level() {
            Level::ERROR => (RED, "ERROR"),
            Level::WARN => (YELLOW, " WARN"),
            Level::INFO => (GREEN, " INFO"),
            Level::DEBUG => (BLUE, "DEBUG"),
            Level::TRACE => (PURPLE, "TRACE"),
        };
        styled(&mut line, colour, |line| line.write_str(level))?;
        line.write_char(' ')?;
        let is_in_span = write_spans(&mut line, context)? || write_request(&mut line)?;
        if is_in_span {
            line.write_char(' ')?;
        }
        styled(&mut line, DIMMED, |line| line.write_str(metadata.target()))?;
        styled(&mut line, DIMMED, |line| line.write_char(':'))?;
        line.write_char(' ')?;
        TextFields.format_fields(line.by_ref(), event)?;
        line.write_char('\n')
    }
}

impl<'a> FormatFields<'a> for TextFields {
    fn format_fields<R: RecordFields>(&self, line: Writer<'a>, fields: R) -> fmt::Result {
        if line.has_ansi_escapes() {
            return DefaultFields::new().format_fields(line, fields);
        }
        let mut visitor = Visitor {
            line,
            is_first: true,
            result: Ok(()),
        };
        fields.record(&mut visitor);
        visitor.result
    }
}

/// Text in a style, where there are styles.
fn styled(
    line: &mut Writer<'_>,
    style: &str,
    write: impl FnOnce(&mut Writer<'_>) -> fmt::Result,
) -> fmt::Result {
    if !line.has_ansi_escapes() {
        return write(line);
    }
    write!(line, "\x1b[{style}m")?;
    write(line)?;
    line.write_str("\x1b[0m")
}

/// Those that the line is in, if it is in any.
fn write_spans<S>(
    line: &mut Writer<'_>,
    context: &FmtContext<'_, S, TextFields>,
) -> Result<bool, fmt::Error>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut are_any = false;
    let spans = context.event_scope().into_iter();
    for span in spans.flat_map(|scope| scope.from_root()) {
        are_any = true;
        let extensions = span.extensions();
        let fields = extensions.get::<FormattedFields<TextFields>>();
        let fields = fields.filter(|fields| !fields.is_empty());
        let fields = fields.map(|fields| move |line: &mut Writer<'_>| line.write_str(fields));
        write_span(line, span.name(), fields)?;
    }
    Ok(are_any)
}

/// The request that the task is busy with, if it is with any.
fn write_request(line: &mut Writer<'_>) -> Result<bool, fmt::Error> {
    let write = |request: &RequestLines| {
        let fields = |line: &mut Writer<'_>| request.write(line);
        write_span(line, REQUEST_SPAN, Some(fields))
    };
    let written = RequestLines::with_current(write);
    written.map_or(Ok(false), |written| written.map(|()| true))
}

/// `name{fields}:`
fn write_span(
    line: &mut Writer<'_>,
    name: &str,
    fields: Option<impl FnOnce(&mut Writer<'_>) -> fmt::Result>,
) -> fmt::Result {
    styled(line, BOLD, |line| line.write_str(name))?;
    if let Some(fields) = fields {
        styled(line, BOLD, |line| line.write_char('{'))?;
        fields(line)?;
        styled(line, BOLD, |line| line.write_char('}'))?;
    }
    styled(line, DIMMED, |line| line.write_char(':'))
}

impl RequestLines {
    /// As fields of a span are written.
    fn write(&self, line: &mut Writer<'_>) -> fmt::Result {
        let mut separator = "";
        for (name, value) in self.fields() {
            line.write_str(separator)?;
            styled(line, ITALIC, |line| line.write_str(name))?;
            styled(line, DIMMED, |line| line.write_char('='))?;
            // They are of letters that mean nothing to a terminal.
            line.write_char('"')?;
            line.write_str(value)?;
            line.write_char('"')?;
            separator = " ";
        }
        Ok(())
    }
}

struct Visitor<'a> {
    line: Writer<'a>,
    is_first: bool,
    result: fmt::Result,
}

impl Visitor<'_> {
    fn write(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let line = &mut self.line;
        let name = field.name();
        let separator = if self.is_first { "" } else { " " };
        self.is_first = false;
        self.result = self
            .result
            .and_then(|()| line.write_str(separator))
            .and_then(|()| line.write_str(name))
            .and_then(|()| line.write_char('='))
            .and_then(|()| value(line));
    }

    /// As the library does: it escapes what could move the cursor.
    fn write_escaped(&mut self, visit: impl FnOnce(&mut DefaultVisitor<'_>)) {
        let mut visitor = DefaultVisitor::new(self.line.by_ref(), self.is_first);
        visit(&mut visitor);
        self.is_first = false;
    }
}

impl Visit for Visitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        if field.name() == "message" {
            self.write_escaped(|visitor| visitor.record_str(field, value));
        } else if value.bytes().all(is_plain) {
            self.write(field, |line| {
                line.write_char('"')?;
                line.write_str(value)?;
                line.write_char('"')
            });
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.write_escaped(|visitor| visitor.record_error(field, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.write_escaped(|visitor| visitor.record_debug(field, value));
        } else {
            self.write(field, |line| write!(line, "{value:?}"));
        }
    }
}
