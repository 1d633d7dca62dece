//! The history in words.

use aareguru::{CREDIT, HistorySource, Quantity, RiverHistory, local_time, series::LeftOut};
use jiff::{SignedDuration, Timestamp};

use super::{
    HistoricalDataAnswer,
    numbers::{DayRow, Numbers, OfDay},
};

/// More days than this are left to the structured content.
const MAX_DAYS: usize = 14;

/// A series that begins or ends so much off the span has that said.
const OFF: SignedDuration = SignedDuration::from_hours(1);

/// What to know about the data.
pub fn notes(history: &RiverHistory) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(day) = history.recorded_on {
        let as_of = local_time(history.as_of);
        notes.push(format!(
            "recorded {day}, not current: “now” is taken as {as_of}, the last recorded reading"
        ));
    }
    if history.source == HistorySource::History {
        notes.push(
            "the form of this source is not documented: which series is which was told by its name"
                .to_owned(),
        );
    }
    if let Some(trouble) = &history.upstream_trouble {
        notes.push(trouble.to_string());
    }
    for shortfall in &history.shortfalls {
        notes.push(format!("not from the nearest source: {shortfall}"));
    }
    let (first, last) = (history.points.first(), history.points.last());
    if let Some(first) = first.filter(|first| first.at.duration_since(history.span.start()) > OFF) {
        notes.push(format!("the readings begin only {}", local_time(first.at)));
    }
    if let Some(last) = last.filter(|last| history.span.end().duration_since(last.at) > OFF) {
        notes.push(format!("the readings end already {}", local_time(last.at)));
    }
    notes.extend(left_out(history.left_out));
    if !history.place.measures(Quantity::Flow) {
        notes.push("the flow is not measured here".to_owned());
    }
    notes.extend(history.place.note().map(str::to_owned));
    notes
}

/// How many values are left out, and why; `None` if none is.
fn left_out(left_out: LeftOut) -> Option<String> {
    let counts = [
        (left_out.implausible, "implausible"),
        (left_out.doubtful, "doubtful"),
        (left_out.future_dated, "dated in the future"),
    ];
    let counts: Vec<_> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| format!("{count} {why}"))
        .collect();
    (!counts.is_empty()).then(|| {
        format!(
            "values left out of the readings and the statistics: {}",
            counts.join(", ")
        )
    })
}

pub fn text(history: &RiverHistory, answer: &HistoricalDataAnswer) -> String {
    let mut text = format!(
        "{} ({}), {} to {}: {} readings, from {}.\n",
        answer.place.name,
        answer.place.station,
        local_time(history.span.start()),
        local_time(history.span.end()),
        answer.readings,
        history.source,
    );
    for note in &answer.notes {
        text += &format!("Note: {note}.\n").replace("..\n", ".\n");
    }
    text += &quantity("Water temperature", "°C", &answer.temperature.numbers);
    let shares = (
        answer.temperature.share_from_18_celsius,
        answer.temperature.share_from_20_celsius,
    );
    if let (Some(from_18), Some(from_20)) = shares {
        let (from_18, from_20) = (from_18 * 100.0, from_20 * 100.0);
        text +=
            &format!("At or above 18 °C: {from_18:.0} % of the readings; 20 °C: {from_20:.0} %.\n");
    }
    text += &quantity("Flow", "m³/s", &answer.flow.numbers);
    text += &days(&answer.days);
    if let Some(thinning) = &answer.thinning {
        text += &format!("The structured content holds {thinning}.\n");
    }
    text + CREDIT
}

fn quantity(name: &str, unit: &str, numbers: &Numbers) -> String {
    let (Some(min), Some(max), Some(mean), Some(median)) =
        (numbers.min, numbers.max, numbers.mean, numbers.median)
    else {
        return format!("{name}: unknown.\n");
    };
    let at = |seconds| {
        Timestamp::from_second(seconds)
            .map(local_time)
            .unwrap_or_default()
    };
    let mut text = format!(
        "{name}: lowest {:.1} {unit} ({}), highest {:.1} {unit} ({}), mean {mean:.1}, median {median:.1}",
        min.value,
        at(min.time),
        max.value,
        at(max.time),
    );
    if let (Some(p10), Some(p90)) = (numbers.p10, numbers.p90) {
        text += &format!(", 80 % between {p10:.1} and {p90:.1}");
    }
    if let Some(trend) = numbers.trend_per_day {
        text += &format!(", trend {trend:+.1} a day");
    }
    if numbers.missing > 0 {
        text += &format!("; {} readings without a value", numbers.missing);
    }
    if numbers.gap_count > 0 {
        text += &format!("; {} gaps of over an hour", numbers.gap_count);
    }
    text + ".\n"
}

fn days(rows: &[DayRow]) -> String {
    if rows.len() > MAX_DAYS {
        return format!(
            "The structured content has a table of the {} days.\n",
            rows.len()
        );
    }
    let shown = |of_day: Option<OfDay>, unit: &str| match of_day {
        Some(OfDay { min, mean, max, .. }) => {
            format!("{min:.1} / {mean:.1} / {max:.1} {unit}")
        }
        None => "unknown".to_owned(),
    };
    let mut text = "By day, lowest / mean / highest:\n".to_owned();
    for row in rows {
        let water = shown(row.temperature_celsius, "°C");
        let flow = shown(row.flow_m3_per_s, "m³/s");
        text += &format!("{}: water {water}, flow {flow}\n", row.date);
    }
    text
}
