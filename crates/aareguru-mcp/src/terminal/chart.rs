//! A series with its axes: how high, and from when to when.

use aareguru::local_time;
use anstyle::Style;
use jiff::Timestamp;
use textwrap::core::display_width;

use super::{
    screen::{FAINT, Screen, WARNING},
    sparkline::Series,
};
use crate::mcp::reading::Measure;

/// Draws one measure from `from` to `until`, in Unix seconds; says so if there
/// is nothing to draw.
pub(super) fn draw(
    screen: &mut Screen,
    (name, measure, style): (&str, Measure, Style),
    points: &[(i64, Option<f64>)],
    (from, until): (i64, i64),
    height: usize,
) {
    let series = Series::new(points, (from, until));
    let Some(labels) = series.scale().map(|scale| labels(measure, scale, height)) else {
        screen.field(name, WARNING, "unknown", ": not measured in this span");
        return;
    };
    let beside = labels.iter().map(|label| display_width(label)).max();
    let width = screen.field_width().saturating_sub(beside.unwrap_or(0));
    let sparkline = series.drawn(width);
    for (n, (line, label)) in sparkline.lines(height).iter().zip(labels).enumerate() {
        let name = if n == 0 { name } else { "" };
        screen.drawn(name, style, line, &label);
    }
    let (from, until) = (short_time(from), short_time(until));
    let room = sparkline.width().saturating_sub(from.len() + until.len());
    if room > 0 {
        screen.drawn("", FAINT, &format!("{from}{}{until}", " ".repeat(room)), "");
    } else {
        screen.drawn("", FAINT, &format!("{from} to {until}"), "");
    }
}

/// The labels at the side, from the top.
fn labels(measure: Measure, (bottom, top): (f64, f64), height: usize) -> Vec<String> {
    let label = |n: usize| match n {
        0 if height == 1 => format!(" {} to {}", bare(measure, bottom), measure.shown(top)),
        0 => format!(" ┤{}", measure.shown(top)),
        n if n == height - 1 => format!(" ┤{}", measure.shown(bottom)),
        _ => " │".to_owned(),
    };
    (0..height).map(label).collect()
}

fn bare(measure: Measure, value: f64) -> String {
    let shown = measure.shown(value);
    shown.split(' ').next().unwrap_or(&shown).to_owned()
}

/// Month, day, hour and minute in Swiss local time.
fn short_time(seconds: i64) -> String {
    // "2023-05-09 13:20 CEST"
    let time = Timestamp::from_second(seconds).map(local_time);
    let time = time.unwrap_or_default();
    time.get(5..16).unwrap_or(&time).to_owned()
}
