//! `now`: prints the current conditions at a place. The JSON is that of `get_current_conditions`.

use aareguru::{CREDIT, Conditions, Place, Reading, River, quoted};
use answers::{
    current_conditions::{self, CurrentConditionsAnswer, SayingWithMeaning},
    flow_danger_level::{self, FlowDangerLevelAnswer, FlowDirection, FlowTrend},
    reading::Measure,
};
use clap::Args;
use jiff::Timestamp;

use super::{
    Execute, chart, json,
    screen::{BOLD, Screen, WARNING},
};

#[derive(Debug, Args)]
pub(crate) struct NowArgs {
    /// The place: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[arg(default_value = "bern", value_parser = Place::find)]
    city: &'static Place,
}

impl Execute for NowArgs {
    async fn execute(&self, river: &River) -> anyhow::Result<(Screen, String)> {
        let conditions = river.conditions(self.city).await?;
        let answer = CurrentConditionsAnswer::new(conditions.clone(), conditions.danger.asked_at);
        let mut screen = Screen::new();
        draw(&mut screen, &conditions, &answer);
        // Needs no further request to the API. Omitted if there is no history.
        let day = river.history(self.city, "-24 hours", "now", river.now(), |_| {});
        if let Ok(day) = day.await {
            let span = (day.span.start().as_second(), day.span.end().as_second());
            screen.heading("The 24 hours before");
            chart::water(&mut screen, "Water", &day.points, span, 1);
            chart::flow(&mut screen, "Flow", &day.points, span, 1);
        }
        screen.credit(&[CREDIT]);
        Ok((screen, json(&answer)?))
    }
}

fn draw(screen: &mut Screen, conditions: &Conditions, answer: &CurrentConditionsAnswer) {
    let danger = &conditions.danger;
    let now = danger.asked_at;
    screen.title(
        &format!("{} ({})", answer.place.name, answer.place.station),
        answer.water.measured.recorded_on.as_deref(),
    );
    screen.verdict(&danger.advice);
    screen.blank();

    reading(screen, "Water", Measure::Water, &conditions.water, now);
    add_saying(screen, answer.saying.as_ref());
    reading(screen, "Flow", Measure::Flow, &danger.flow, now);
    add_saying(screen, answer.flow_saying.as_ref());
    if let Some(trend) = FlowDangerLevelAnswer::new(danger).trend {
        screen.text_field("", &trend_in_words(&trend));
    }
    screen.text_field("", &flow_danger_level::describe_flood_level(danger));
    reading(screen, "Air", Measure::Air, &conditions.air, now);
    let rain = current_conditions::describe_rain(conditions, now);
    screen.text_field("", rain.trim_start_matches("; "));
    let lawns = conditions.lawns.iter().map(|lawn| {
        let times = current_conditions::describe_lawn(lawn);
        format!("{}: {times}", quoted(&lawn.name))
    });
    screen.text_fields("Sun", &lawns.collect::<Vec<_>>());
    if let Some(canal) = conditions.canal {
        let state = current_conditions::describe_canal(canal);
        screen.text_field("Canal", &format!("Bueber canal: {state}"));
    }
    for doubt in &answer.doubts {
        screen.field("Doubt", WARNING, doubt, "");
    }
    if let Some(note) = answer.note {
        screen.text_field("Note", note);
    }
    screen.reasons(&danger.advice);
}

/// Adds a reading in the words of the MCP tool, with its value emphasised.
pub(super) fn reading(
    screen: &mut Screen,
    name: &str,
    measure: Measure,
    reading: &Reading,
    now: Timestamp,
) {
    let words = measure.describe(reading, now);
    let value = reading.value(now).filter(|_| reading.is_current(now));
    let value = value.map(|value| measure.format_value(value));
    match value.filter(|value| words.starts_with(value.as_str())) {
        Some(value) => screen.field(name, BOLD, &value, &words[value.len()..]),
        None => screen.field(name, WARNING, &words, ""),
    }
}

fn trend_in_words(trend: &FlowTrend) -> String {
    let by = Measure::Flow.format_value(trend.m3_per_s_per_hour.abs());
    match trend.direction {
        FlowDirection::Rising => format!("rising by {by} an hour"),
        FlowDirection::Falling => format!("falling by {by} an hour"),
        FlowDirection::Steady => "steady over the last hours".to_owned(),
    }
}

fn add_saying(screen: &mut Screen, saying: Option<&SayingWithMeaning>) {
    if let Some(saying) = saying {
        let plain = saying.plain_reading.unwrap_or("no plain reading known");
        screen.text_field("", &format!("{} ({plain})", quoted(&saying.text)));
    }
}
