//! Lines for machines: objects as the format of `tracing_subscriber` writes them,
//! flat, with the request as `span`.

use std::{
    error::Error,
    fmt::{self, Debug},
    iter::successors,
};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormattedFields,
        format::{Format, JsonFields, Writer},
    },
    registry::LookupSpan,
};

use super::{REQUEST_SPAN, request::RequestLines, text::FROM_LOG_CRATE, time::Now};

/// Room for most lines.
const ROOM_BYTES: usize = 512;

/// Writes a line.
#[derive(Debug)]
pub(super) struct JsonLine;

impl<S> FormatEvent<S, JsonFields> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if event.metadata().target() == FROM_LOG_CRATE {
            let format = Format::default().json().flatten_event(true);
            return format
                .with_span_list(false)
                .format_event(context, line, event);
        }
        let mut json = Vec::with_capacity(ROOM_BYTES);
        write(&mut json, context, event).map_err(|_| fmt::Error)?;
        line.write_str(str::from_utf8(&json).map_err(|_| fmt::Error)?)?;
        line.write_char('\n')
    }
}

fn write<S>(
    json: &mut Vec<u8>,
    context: &FmtContext<'_, S, JsonFields>,
    event: &Event<'_>,
) -> serde_json::Result<()>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let metadata = event.metadata();
    let mut serializer = serde_json::Serializer::new(json);
    let mut line = serializer.serialize_map(None)?;
    line.serialize_entry("timestamp", &format_args!("{Now}"))?;
    line.serialize_entry("level", metadata.level().as_str())?;
    let mut fields = Fields {
        line,
        result: Ok(()),
    };
    event.record(&mut fields);
    fields.result?;
    let mut line = fields.line;
    line.serialize_entry("target", metadata.target())?;
    let span = context.event_scope().and_then(|mut scope| scope.next());
    if let Some(span) = span {
        let extensions = span.extensions();
        let fields = extensions.get::<FormattedFields<JsonFields>>();
        let fields = fields.map_or("", |fields| fields.fields.as_str());
        let fields: Map<String, Value> = serde_json::from_str(fields).unwrap_or_default();
        let name = ("name", &Value::from(span.name()));
        let fields = fields.iter().map(|(name, value)| (name.as_str(), value));
        line.serialize_entry("span", &Members(fields.chain([name])))?;
    } else {
        let write = |request: &RequestLines| {
            let fields = request.fields().into_iter();
            line.serialize_entry("span", &Members(fields.chain([("name", REQUEST_SPAN)])))
        };
        RequestLines::with_current(write).transpose()?;
    }
    line.end()
}

/// An object, by its names and values.
struct Members<I>(I);

impl<'a, V: Serialize, I: Iterator<Item = (&'a str, V)> + Clone> Serialize for Members<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone())
    }
}

/// Fields as members of an object: what is no number or truth is text.
struct Fields<M: SerializeMap> {
    line: M,
    result: Result<(), M::Error>,
}

impl<M: SerializeMap> Fields<M> {
    fn write(&mut self, field: &Field, value: &(impl Serialize + ?Sized)) {
        if self.result.is_ok() {
            self.result = self.line.serialize_entry(field.name(), value);
        }
    }
}

impl<M: SerializeMap> Visit for Fields<M> {
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

    /// With its causes, which the library leaves out.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.write(field, &format_args!("{value}"));
        let causes = successors(value.source(), |&cause| cause.source());
        let causes: Vec<_> = causes.map(ToString::to_string).collect();
        if !causes.is_empty() && self.result.is_ok() {
            let name = format!("{}.sources", field.name());
            self.result = self.line.serialize_entry(&name, &causes);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.write(field, &format_args!("{value:?}"));
    }
}
