//! Formats the fields of text lines and their spans.
//!
//! The formatter of `tracing-subscriber` writes the `Display` of a value as it is, with line
//! breaks: a client could forge log lines through an error that quotes it.

use std::fmt::{self, Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FormatFields, format::Writer},
};

/// Writes fields as `name=value`, separated by spaces, with control characters escaped.
#[derive(Debug)]
pub(super) struct TextFields;

impl<'writer> FormatFields<'writer> for TextFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = TextVisitor {
            writer,
            separator: "",
            result: Ok(()),
        };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct TextVisitor<'writer> {
    writer: Writer<'writer>,
    separator: &'static str,
    result: fmt::Result,
}

impl TextVisitor<'_> {
    fn write(&mut self, name: &str, value: &dyn Debug) -> fmt::Result {
        self.writer.write_str(self.separator)?;
        self.separator = " ";
        if name != "message" {
            self.writer.write_str(name)?;
            self.writer.write_char('=')?;
        }
        write!(Escaped(&mut self.writer), "{value:?}")
    }
}

impl Visit for TextVisitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let name = field.name();
        // `log.*` is metadata that the line already shows, `otel.*` addresses the tracing backend.
        if self.result.is_ok() && !name.starts_with("log.") && !name.starts_with("otel.") {
            self.result = self.write(name, value);
        }
    }
}

/// Escapes characters that control a terminal, a line or the direction of text.
struct Escaped<'a, 'writer>(&'a mut Writer<'writer>);

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Checking bytes is several times faster than checking characters.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.0.write_str(text);
        }
        for part in text.split_inclusive(is_control) {
            let last = part.chars().next_back().filter(|&last| is_control(last));
            match last {
                Some(control) => {
                    self.0.write_str(&part[..part.len() - control.len_utf8()])?;
                    write!(self.0, "{}", control.escape_debug())?;
                }
                None => self.0.write_str(part)?,
            }
        }
        Ok(())
    }
}

fn is_control(c: char) -> bool {
    let is_bidirectional = matches!(
        c,
        '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || is_bidirectional
}
