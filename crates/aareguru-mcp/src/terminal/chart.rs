//! Draws a time series with labels for its values and its period.

use aareguru::{
    local_time,
    series::{RiverPoint, flows, temperatures},
};
use anstyle::Style;
use answers::reading::Measure;
use jiff::Timestamp;
use textwrap::core::display_width;

use super::{
    screen::{FAINT, FLOW, Screen, WARNING, WATER},
    sparkline::SparklineSeries,
};

/// The start and the end of a period, in Unix seconds.
type Span = (i64, i64);

pub(super) fn water(
    screen: &mut Screen,
    name: &str,
    points: &[RiverPoint],
    span: Span,
    height: usize,
) {
    let points = temperatures(points);
    draw(screen, (name, Measure::Water, WATER), &points, span, height);
}

pub(super) fn flow(
    screen: &mut Screen,
    name: &str,
    points: &[RiverPoint],
    span: Span,
    height: usize,
) {
    draw(
        screen,
        (name, Measure::Flow, FLOW),
        &flows(points),
        span,
        height,
    );
}

fn draw(
    screen: &mut Screen,
    (name, measure, style): (&str, Measure, Style),
    points: &[(Timestamp, Option<f64>)],
    span: Span,
    height: usize,
) {
    let points: Vec<_> = points
        .iter()
        .map(|(at, it)| (at.as_second(), *it))
        .collect();
    let series = SparklineSeries::new(&points, span);
    let Some(labels) = series.scale().map(|scale| labels(measure, scale, height)) else {
        screen.field(name, WARNING, "unknown", ": not measured in this span");
        return;
    };
    let label_width = labels.iter().map(|label| display_width(label)).max();
    let width = screen
        .field_width()
        .saturating_sub(label_width.unwrap_or(0));
    let sparkline = series.draw(width);
    for (n, (line, label)) in sparkline.lines(height).iter().zip(labels).enumerate() {
        screen.line_field(if n == 0 { name } else { "" }, style, line, &label);
    }
    let (from, until) = (short_time(span.0), short_time(span.1));
    let room = sparkline.width().saturating_sub(from.len() + until.len());
    let gap = if room > 0 {
        " ".repeat(room)
    } else {
        " to ".to_owned()
    };
    screen.line_field("", FAINT, &format!("{from}{gap}{until}"), "");
}

/// Returns the labels of the values, from top to bottom.
fn labels(measure: Measure, (bottom, top): (f64, f64), height: usize) -> Vec<String> {
    let (bottom, top) = (measure.format_value(bottom), measure.format_value(top));
    if height == 1 {
        let without_unit = bottom.split(' ').next().unwrap_or_default();
        return vec![format!(" {without_unit} to {top}")];
    }
    let mut labels = vec![" │".to_owned(); height];
    labels[0] = format!(" ┤{top}");
    labels[height - 1] = format!(" ┤{bottom}");
    labels
}

/// Formats month, day, hour and minute in Swiss local time.
fn short_time(seconds: i64) -> String {
    // "2023-05-09 13:20 CEST"
    let time = Timestamp::from_second(seconds).map(local_time);
    let time = time.unwrap_or_default();
    time.get(5..16).unwrap_or(&time).to_owned()
}
