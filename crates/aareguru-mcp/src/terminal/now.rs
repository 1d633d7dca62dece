//! `now`: how is it at one place? As JSON, the answer of
//! `get_current_conditions`.

use aareguru::{
    CREDIT, Conditions, Freshness, Place, Reading, River, quoted,
    series::{flows, temperatures},
};
use clap::Args;
use jiff::Timestamp;

use super::{
    Shown, chart,
    screen::{BOLD, FLOW, PLAIN, Screen, WARNING, WATER},
    verdict,
};
use crate::mcp::{
    reading::Measure,
    tools::{
        current_conditions,
        flow_danger_level::{self, DirectionName, TrendOf},
    },
};

#[derive(Debug, Args)]
pub(crate) struct Now {
    /// Where: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[arg(default_value = "bern", value_parser = Place::find)]
    city: &'static Place,
}

impl Now {
    pub(super) async fn ask(&self, river: &River) -> anyhow::Result<Shown> {
        let conditions = river.conditions(self.city).await?;
        let answer = current_conditions::structured(conditions.clone(), conditions.danger.asked_at);
        let mut screen = Screen::new();
        draw(&mut screen, &conditions, &answer);
        // In the same answer of the API; where there is none, it is not told.
        let day = river.history(self.city, "-24 hours", "now", river.now(), |_| {});
        if let Ok(day) = day.await {
            let span = (day.span.start().as_second(), day.span.end().as_second());
            screen.heading("The 24 hours before");
            for (drawn, series) in [
                (("Water", Measure::Water, WATER), temperatures(&day.points)),
                (("Flow", Measure::Flow, FLOW), flows(&day.points)),
            ] {
                let series: Vec<_> = series
                    .iter()
                    .map(|(at, it)| (at.as_second(), *it))
                    .collect();
                chart::draw(&mut screen, drawn, &series, span, 1);
            }
        }
        screen.credit(&[CREDIT]);
        Shown::new(screen, &answer)
    }
}

fn draw(screen: &mut Screen, conditions: &Conditions, answer: &current_conditions::Answer) {
    let danger = &conditions.danger;
    let now = danger.asked_at;
    screen.title(
        &format!("{} ({})", answer.name, answer.station),
        answer.water.measured.recorded_on.as_deref(),
    );
    verdict::draw(screen, &danger.advice);
    screen.blank();

    reading(screen, "Water", Measure::Water, &conditions.water, now);
    if let Some(saying) = &answer.saying {
        said(screen, saying);
    }
    reading(screen, "Flow", Measure::Flow, &danger.flow, now);
    if let Some(saying) = &answer.flow_saying {
        said(screen, saying);
    }
    if let Some(trend) = flow_danger_level::structured(danger).trend {
        screen.field("", PLAIN, "", &trend_in_words(&trend));
    }
    screen.field("", PLAIN, "", &flow_danger_level::level_in_words(danger));
    reading(screen, "Air", Measure::Air, &conditions.air, now);
    let rain = current_conditions::rain_in_words(conditions, now);
    screen.field("", PLAIN, "", rain.trim_start_matches("; "));
    for (n, lawn) in conditions.lawns.iter().enumerate() {
        let times = current_conditions::lawn_in_words(lawn);
        let name = if n == 0 { "Sun" } else { "" };
        screen.field(name, PLAIN, "", &format!("{}: {times}", quoted(&lawn.name)));
    }
    if let Some(canal) = conditions.canal {
        let state = current_conditions::canal_in_words(canal);
        screen.field("Canal", PLAIN, "", &format!("Bueber canal: {state}"));
    }
    for doubt in &answer.doubts {
        screen.field("Doubt", WARNING, doubt, "");
    }
    if let Some(note) = answer.note {
        screen.field("Note", PLAIN, "", note);
    }
    verdict::draw_reasons(screen, &danger.advice);
}

/// A reading in the words that models get, its value in front of the eyes.
pub(super) fn reading(
    screen: &mut Screen,
    name: &str,
    measure: Measure,
    reading: &Reading,
    now: Timestamp,
) {
    let words = measure.in_words(reading, now);
    let is_current = matches!(
        reading.freshness(now),
        Freshness::Fresh | Freshness::Recorded
    );
    let value = reading.value(now).map(|value| measure.shown(value));
    let value = value.filter(|value| is_current && words.starts_with(value.as_str()));
    match value {
        Some(value) => screen.field(name, BOLD, &value, &words[value.len()..]),
        None => screen.field(name, WARNING, &words, ""),
    }
}

fn trend_in_words(trend: &TrendOf) -> String {
    let by = Measure::Flow.shown(trend.m3_per_s_per_hour.abs());
    match trend.direction {
        DirectionName::Rising => format!("rising by {by} an hour"),
        DirectionName::Falling => format!("falling by {by} an hour"),
        DirectionName::Steady => "steady over the last hours".to_owned(),
    }
}

fn said(screen: &mut Screen, saying: &current_conditions::SayingOf) {
    let plain = saying.plain_reading.unwrap_or("no plain reading known");
    screen.field(
        "",
        PLAIN,
        "",
        &format!("{} ({plain})", quoted(&saying.text)),
    );
}
