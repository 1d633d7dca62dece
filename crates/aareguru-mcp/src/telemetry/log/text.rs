//! Lines without colours: letter for letter what the format of
//! `tracing_subscriber` is, at a third of its cost. Every request has a line,
//! and to write it was a tenth of all work.

use std::fmt::{self, Debug};

use jiff::{
    Timestamp,
    fmt::{StdFmtWrite, temporal::DateTimePrinter},
};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{DefaultVisitor, Format, Writer},
    },
    registry::LookupSpan,
};

/// The target of what comes from libraries that use the `log` crate; who has
/// written it stands in its fields.
const FROM_LOG_CRATE: &str = "log";

/// To the microsecond.
static TIME: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

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
            let format = Format::default().with_ansi(false);
            return format.format_event(context, line, event);
        }
        TIME.print_timestamp(&Timestamp::now(), StdFmtWrite(&mut line))
            .map_err(|_| fmt::Error)?;
        line.write_str(match *metadata.level() {
            Level::ERROR => " ERROR ",
            Level::WARN => "  WARN ",
            Level::INFO => "  INFO ",
            Level::DEBUG => " DEBUG ",
            Level::TRACE => " TRACE ",
        })?;
        let spans = context.event_scope().into_iter();
        let mut is_in_span = false;
        for span in spans.flat_map(|scope| scope.from_root()) {
            is_in_span = true;
            line.write_str(span.name())?;
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<TextFields>>();
            if let Some(fields) = fields.filter(|fields| !fields.is_empty()) {
                line.write_char('{')?;
                line.write_str(fields)?;
                line.write_char('}')?;
            }
            line.write_char(':')?;
        }
        if is_in_span {
            line.write_char(' ')?;
        }
        line.write_str(metadata.target())?;
        line.write_str(": ")?;
        TextFields.format_fields(line.by_ref(), event)?;
        line.write_char('\n')
    }
}

impl<'a> FormatFields<'a> for TextFields {
    fn format_fields<R: RecordFields>(&self, line: Writer<'a>, fields: R) -> fmt::Result {
        let mut visitor = Visitor {
            line,
            is_first: true,
            result: Ok(()),
        };
        fields.record(&mut visitor);
        visitor.result
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

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::{
        Layer, Registry,
        fmt::{self, MakeWriter},
        layer::SubscriberExt,
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// What a layer writes, without the times.
    fn written<L: Layer<Registry> + Send + Sync>(layer: impl FnOnce(Lines) -> L) -> Vec<String> {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::registry().with(layer(lines.clone()));
        tracing::subscriber::with_default(subscriber, tell);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let without_time = |line: &str| line["2026-11-24T17:03:11.404562Z".len()..].to_owned();
        text.lines().map(without_time).collect()
    }

    /// Everything that a line may have.
    fn tell() {
        let error = anyhow::anyhow!("inner\x1b[31m").context("outer");
        let error: &(dyn std::error::Error + 'static) = error.as_ref();
        let nothing: Option<u64> = None;
        tracing::error!(error, "with its causes");
        tracing::info!(answer = 42, ratio = 0.25, whole = 3.0, is = true, "numbers");
        tracing::debug!(text = "plain", odd = "a\"b\\c\n\u{e4}", shown = %"x y", "strings");
        tracing::trace!(nothing, some = Some(7), negative = -1);
        tracing::warn!("a bell: \x07, {}", "ä");
        let outer = tracing::info_span!("request", id = "1f", later = tracing::field::Empty);
        let _outer = outer.enter();
        let _bare = tracing::info_span!("bare").entered();
        tracing::info!(target: "elsewhere", "inside");
        outer.record("later", 9);
        tracing::info!(parent: &outer, "inside one");
    }

    #[test]
    fn a_line_is_what_the_library_writes() {
        let ours = |lines| {
            fmt::layer()
                .with_ansi(false)
                .fmt_fields(TextFields)
                .event_format(TextLine)
                .with_writer(lines)
        };
        let ours = written(ours);
        let theirs = written(|lines| fmt::layer().with_ansi(false).with_writer(lines));
        assert_eq!(ours, theirs);
        assert_eq!(ours.len(), 7, "{ours:#?}");
    }
}
