//! `history`: prints measurements at a place. The JSON is that of `get_historical_data`.

use aareguru::{CREDIT, Place, River, RiverHistory, local_time};
use answers::{
    historical_data::{
        HistoricalDataAnswer,
        statistics::{DayRow, DayStatistics, QuantityStatistics, TimedValue},
    },
    reading::Measure,
};
use clap::Args;
use jiff::Timestamp;

use super::{
    Execute, chart, json,
    screen::{BOLD, PLAIN, Screen, WARNING},
    table::{self, Cell, Column},
};

/// The height of a chart, in lines.
const CHART_HEIGHT: usize = 4;

const COLUMNS: [Column; 3] = [
    Column::text("day", 0),
    Column::number("water in °C", 0),
    Column::number("flow in m³/s", 1),
];

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The place: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[arg(value_parser = Place::find)]
    city: &'static Place,

    /// The number of days until now, 1 to 366.
    #[arg(
        long,
        default_value_t = 7,
        value_parser = clap::value_parser!(u32).range(1..=366),
        conflicts_with_all = ["start", "end"],
    )]
    days: u32,

    /// The start: a date, a date and time (Swiss local time unless it has a zone), Unix seconds, or
    /// a phrase such as "-24 hours", "yesterday" or "last week".
    #[arg(long, allow_hyphen_values = true)]
    start: Option<String>,

    /// The end, in the same forms; a date includes the whole day.
    #[arg(
        long,
        allow_hyphen_values = true,
        requires = "start",
        default_value = "now"
    )]
    end: String,
}

impl Execute for HistoryArgs {
    async fn execute(&self, river: &River) -> anyhow::Result<(Screen, String)> {
        let last_days = || format!("-{} days", self.days);
        let start = self.start.clone().unwrap_or_else(last_days);
        let now = river.now();
        let history = river.history(self.city, &start, &self.end, now, |_| {});
        let history = history.await?;
        let answer = HistoricalDataAnswer::new(&history);
        let mut screen = Screen::new();
        draw(&mut screen, &history, &answer);
        Ok((screen, json(&answer)?))
    }
}

fn draw(screen: &mut Screen, history: &RiverHistory, answer: &HistoricalDataAnswer) {
    screen.title(
        &format!("{} ({})", answer.place.name, answer.place.station),
        answer.recorded_on.as_deref(),
    );
    let (start, end) = (history.span.start(), history.span.end());
    let span = format!(
        "{} to {}: {} readings, from {}",
        local_time(start),
        local_time(end),
        answer.readings,
        history.source
    );
    screen.paragraph(PLAIN, "", &span);
    screen.notes(&answer.notes);
    let span = (answer.start, answer.end);
    screen.heading("Water temperature");
    statistics(screen, Measure::Water, &answer.temperature.statistics);
    chart::water(screen, "", &history.points, span, CHART_HEIGHT);
    screen.heading("Flow");
    statistics(screen, Measure::Flow, &answer.flow.statistics);
    chart::flow(screen, "", &history.points, span, CHART_HEIGHT);
    if !answer.days.is_empty() {
        screen.heading("Per day: lowest / mean / highest");
        let rows: Vec<_> = answer.days.iter().map(row).collect();
        table::draw(screen, &COLUMNS, &rows);
    }
    screen.credit(&[CREDIT]);
}

fn statistics(screen: &mut Screen, measure: Measure, statistics: &QuantityStatistics) {
    let at = |it: TimedValue| {
        let time = Timestamp::from_second(it.time).map(local_time);
        (measure.format_value(it.value), time.unwrap_or_default())
    };
    for (name, extreme) in [("lowest", statistics.min), ("highest", statistics.max)] {
        if let Some((value, time)) = extreme.map(at) {
            screen.field(name, BOLD, &value, &format!(", {time}"));
        }
    }
    if let Some(mean) = statistics.mean {
        // `+ 0.0` turns a rounded -0.0 into 0.0.
        let trend = statistics
            .trend_per_day
            .map(|it| (it * 10.0).round() / 10.0 + 0.0);
        let trend = trend.map_or_else(String::new, |it| format!(", trend {it:+.1} a day"));
        screen.field("mean", BOLD, &measure.format_value(mean), &trend);
    }
    let missing = statistics.missing;
    if missing > 0 && statistics.count > 0 {
        let text = format!("{missing} readings without a value");
        screen.field("missing", WARNING, &text, "");
    }
    if statistics.gap_count > 0 {
        let text = format!("{} of over an hour", statistics.gap_count);
        screen.field("gaps", WARNING, &text, "");
    }
}

fn row(day: &DayRow) -> [Cell; COLUMNS.len()] {
    let shown = |of_day: Option<DayStatistics>| match of_day {
        Some(DayStatistics { min, mean, max, .. }) => format!("{min:.1} / {mean:.1} / {max:.1}"),
        None => "unknown".to_owned(),
    };
    [
        day.date.as_str().into(),
        shown(day.temperature_celsius).into(),
        shown(day.flow_m3_per_s).into(),
    ]
}
