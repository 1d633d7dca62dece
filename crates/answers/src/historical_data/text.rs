//! The answer as text.

use aareguru::{CREDIT, RiverHistory, local_time};
use jiff::Timestamp;

use super::{
    answer::HistoricalDataAnswer,
    statistics::{DayRow, DayStatistics, QuantityStatistics},
};

/// Longer tables are only in the structured content.
const MAX_DAYS: usize = 14;

/// Renders the answer as English text.
pub fn render_text(history: &RiverHistory, answer: &HistoricalDataAnswer) -> String {
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
    text += &describe_quantity("Water temperature", "°C", &answer.temperature.statistics);
    let shares = (
        answer.temperature.share_from_18_celsius,
        answer.temperature.share_from_20_celsius,
    );
    if let (Some(from_18), Some(from_20)) = shares {
        let (from_18, from_20) = (from_18 * 100.0, from_20 * 100.0);
        text +=
            &format!("At or above 18 °C: {from_18:.0} % of the readings; 20 °C: {from_20:.0} %.\n");
    }
    text += &describe_quantity("Flow", "m³/s", &answer.flow.statistics);
    text += &describe_days(&answer.days);
    if let Some(thinning) = &answer.thinning {
        text += &format!("The structured content holds {thinning}.\n");
    }
    text + CREDIT
}

fn describe_quantity(name: &str, unit: &str, statistics: &QuantityStatistics) -> String {
    let (Some(min), Some(max), Some(mean), Some(median)) = (
        statistics.min,
        statistics.max,
        statistics.mean,
        statistics.median,
    ) else {
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
    if let (Some(p10), Some(p90)) = (statistics.p10, statistics.p90) {
        text += &format!(", 80 % between {p10:.1} and {p90:.1}");
    }
    if let Some(trend) = statistics.trend_per_day {
        text += &format!(", trend {trend:+.1} a day");
    }
    if statistics.missing > 0 {
        text += &format!("; {} readings without a value", statistics.missing);
    }
    if statistics.gap_count > 0 {
        text += &format!("; {} gaps of over an hour", statistics.gap_count);
    }
    text + ".\n"
}

fn describe_days(rows: &[DayRow]) -> String {
    if rows.len() > MAX_DAYS {
        return format!(
            "The structured content has a table of the {} days.\n",
            rows.len()
        );
    }
    let shown = |of_day: Option<DayStatistics>, unit: &str| match of_day {
        Some(DayStatistics { min, mean, max, .. }) => {
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
