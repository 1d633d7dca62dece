//! `compare`: how do places compare, where is it warmest? As JSON, the answer of
//! `compare_cities`.

use aareguru::{CREDIT, Place, River};
use clap::Args;

use super::{
    Shown,
    screen::{BOLD, PLAIN, Screen, WARNING, verdict_in_words, verdict_style},
    table::{Cell, Column, Table},
};
use crate::mcp::{
    advice::VerdictName,
    reading::{FreshnessName, Measure},
    tools::compare_cities::{self, Answer, Compared},
};

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Which of brienz, interlaken, thun, bern, hagneck, biel, olten and brugg;
    /// all of them if left out.
    #[arg(value_parser = Place::find, num_args = 0..=8)]
    cities: Vec<&'static Place>,
}

impl Compare {
    pub(super) async fn ask(&self, river: &River) -> anyhow::Result<Shown> {
        let comparison = river.compare(&self.cities).await?;
        let now = river.now();
        let answer = compare_cities::structured(&comparison, now);
        let mut screen = Screen::new();
        let verdicts = compare_cities::verdicts(&comparison, now);
        draw(&mut screen, &answer, &verdicts);
        Shown::new(screen, &answer)
    }
}

fn draw(screen: &mut Screen, answer: &Answer, verdicts: &[String]) {
    screen.title("The Aare, downstream", answer.recorded_on.as_deref());
    table(&answer.places).draw(screen);
    screen.blank();
    for line in compare_cities::rankings(answer) {
        screen.paragraph(PLAIN, "", &line);
    }
    screen.blank();
    for (place, says) in answer.places.iter().zip(verdicts) {
        let style = match place.verdict {
            VerdictName::DoNotSwim => verdict_style(place.verdict),
            _ => PLAIN,
        };
        screen.paragraph(style, "• ", says);
    }
    screen.warning(answer.boundary);
    for note in &answer.notes {
        screen.paragraph(PLAIN, "Note: ", note);
    }
    screen.credit(&[CREDIT]);
}

fn table(places: &[Compared]) -> Table {
    let mut table = Table::new([
        Column::text("place", 0),
        Column::number("water", 0),
        Column::text("warning", 0),
        Column::number("flow", 1),
        Column::number("of lvl 2", 2),
        Column::number("in 2 h", 4),
        Column::text("measured", 3),
    ]);
    let known = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    for at in places {
        let water = at
            .water
            .temperature_celsius
            .map(|it| Measure::Water.shown(it));
        let in_two_hours = at
            .water_in_two_hours_celsius
            .map(|it| Measure::Water.shown(it));
        let freshness = at.water.measured.freshness;
        let water_style = match freshness {
            FreshnessName::Fresh | FreshnessName::Recorded => BOLD,
            _ => WARNING,
        };
        // The year goes without saying; an old one is said to be old.
        let measured = at.water.measured.measured_at_local.as_deref();
        let measured = measured.map(|it| it.get(5..).unwrap_or(it).to_owned());
        let measured = match freshness {
            FreshnessName::Stale => measured.map(|it| format!("{it}, stale")),
            FreshnessName::Old => measured.map(|it| format!("{it}, old")),
            _ => measured,
        };
        let verdict = verdict_in_words(at.verdict);
        let verdict = match at.verdict {
            VerdictName::DoNotSwim => verdict.to_uppercase(),
            VerdictName::NoKnownWarning => "none known".to_owned(),
            _ => verdict.to_owned(),
        };
        table.row([
            at.name.into(),
            Cell::new(water_style, known(water)),
            Cell::new(verdict_style(at.verdict), verdict),
            known(at.flow_m3_per_s.map(|it| Measure::Flow.shown(it))).into(),
            known(at.percent_of_flood_level_2.map(|it| format!("{it:.0} %"))).into(),
            known(in_two_hours).into(),
            known(measured).into(),
        ]);
    }
    table
}
