//! Lines, compared with those of the library's own formats.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::{
    Layer, Registry,
    fmt::{self, MakeWriter, format::JsonFields},
    layer::SubscriberExt,
};

use super::{
    json::JsonLine,
    request::RequestLines,
    text::{TextFields, TextLine},
};

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

/// What is told through a layer, without the times.
fn written(layer: impl Layer<Registry> + Send + Sync, lines: &Lines, tell: fn()) -> Vec<String> {
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, tell);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let without_time = |line: &str| {
        let (before, rest) = line.split_once("20").unwrap();
        let (time, after) = rest.split_once('Z').unwrap();
        assert_eq!(time.len(), "26-11-24T17:03:11.404562".len(), "{line}");
        format!("{before}{after}")
    };
    text.lines().map(without_time).collect()
}

fn text(has_colours: bool, tell: fn()) -> Vec<String> {
    let lines = Lines::default();
    let layer = fmt::layer()
        .with_writer(lines.clone())
        .with_ansi(has_colours)
        .fmt_fields(TextFields)
        .event_format(TextLine);
    written(layer, &lines, tell)
}

fn json(tell: fn()) -> Vec<String> {
    let lines = Lines::default();
    let layer = fmt::layer()
        .with_writer(lines.clone())
        .fmt_fields(JsonFields::new())
        .event_format(JsonLine);
    written(layer, &lines, tell)
}

/// Everything that a line may have, but errors.
fn tell() {
    let nothing: Option<u64> = None;
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

fn tell_an_error() {
    let error = anyhow::anyhow!("inner\x1b[31m").context("outer");
    let error: &(dyn std::error::Error + 'static) = error.as_ref();
    tracing::error!(error, "with its causes");
}

fn request() -> RequestLines {
    RequestLines {
        id: "1f0c5a7be1c2d3e4".into(),
        method: "POST",
        route: "/messages".into(),
    }
}

fn tell_in_a_request() {
    request().in_scope(|| tracing::info!("inside"));
}

fn tell_in_its_span() {
    let span = request().in_scope(RequestLines::current_span);
    span.in_scope(|| tracing::info!("inside"));
}

#[test]
fn a_line_for_people_is_what_the_library_writes() {
    for has_colours in [false, true] {
        for tell in [tell, tell_an_error] {
            let lines = Lines::default();
            let layer = fmt::layer().with_writer(lines.clone());
            let theirs = written(layer.with_ansi(has_colours), &lines, tell);
            assert_eq!(text(has_colours, tell), theirs);
            assert!(!theirs.is_empty());
        }
    }
}

#[test]
fn a_line_for_machines_is_what_the_library_writes() {
    let lines = Lines::default();
    let layer = fmt::layer().with_writer(lines.clone()).json();
    let layer = layer.flatten_event(true).with_span_list(false);
    let theirs = written(layer, &lines, tell);
    assert_eq!(json(tell), theirs);
    assert_eq!(theirs.len(), 6, "{theirs:#?}");
}

#[test]
fn a_line_for_machines_has_the_causes_of_an_error() {
    let lines = json(tell_an_error);
    let end = concat!(
        r#""error":"outer","error.sources":["inner\u001b[31m"],"#,
        r#""target":"aareguru_mcp::telemetry::log::format_tests"}"#,
    );
    assert!(lines[0].ends_with(end), "{lines:?}");
}

#[test]
fn a_request_is_told_as_its_span_would_be() {
    for has_colours in [false, true] {
        let told = text(has_colours, tell_in_a_request);
        assert_eq!(told, text(has_colours, tell_in_its_span));
        assert!(told[0].contains("1f0c5a7be1c2d3e4"), "{told:?}");
    }
    let object = |tell| -> serde_json::Value { serde_json::from_str(&json(tell)[0]).unwrap() };
    let told = object(tell_in_a_request);
    assert_eq!(told, object(tell_in_its_span));
    assert_eq!(told["span"]["request.id"], "1f0c5a7be1c2d3e4");
}
