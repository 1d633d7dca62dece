//! `compare`: prints a comparison of places. The JSON is that of `compare_cities`.

use aareguru::{CREDIT, Freshness, Place, River, Verdict};
use answers::{
    compare_cities::{self, CompareCitiesAnswer, ComparedCity},
    reading::Measure,
};
use clap::Args;

use super::{
    Execute, json,
    screen::{BOLD, PLAIN, Screen, WARNING, verdict_label, verdict_style},
    table::{self, Cell, Column},
};

const COLUMNS: [Column; 7] = [
    Column::text("place", 0),
    Column::number("water", 0),
    Column::text("warning", 0),
    Column::number("flow", 1),
    Column::number("of lvl 2", 2),
    Column::number("in 2 h", 4),
    Column::text("measured", 3),
];

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The places: any of brienz, interlaken, thun, bern, hagneck, biel, olten and brugg; all by
    /// default.
    #[arg(value_parser = Place::find, num_args = 0..=8)]
    cities: Vec<&'static Place>,
}

impl Execute for CompareArgs {
    async fn execute(&self, river: &River) -> anyhow::Result<(Screen, String)> {
        let comparison = river.compare(&self.cities).await?;
        let now = river.now();
        let answer = CompareCitiesAnswer::new(&comparison, now);
        let mut screen = Screen::new();
        let verdicts = compare_cities::verdict_lines(&comparison, now);
        draw(&mut screen, &answer, &verdicts);
        Ok((screen, json(&answer)?))
    }
}

fn draw(screen: &mut Screen, answer: &CompareCitiesAnswer, verdicts: &[String]) {
    screen.title("The Aare, downstream", answer.recorded_on.as_deref());
    let rows: Vec<_> = answer.places.iter().map(row).collect();
    table::draw(screen, &COLUMNS, &rows);
    screen.blank();
    for line in compare_cities::ranking_lines(answer) {
        screen.paragraph(PLAIN, "", &line);
    }
    screen.blank();
    for (place, text) in answer.places.iter().zip(verdicts) {
        let style = match place.verdict {
            Verdict::DoNotSwim => verdict_style(place.verdict),
            _ => PLAIN,
        };
        screen.paragraph(style, "• ", text);
    }
    screen.warning(answer.boundary);
    screen.notes(&answer.notes);
    screen.credit(&[CREDIT]);
}

fn row(at: &ComparedCity) -> [Cell; COLUMNS.len()] {
    let or_unknown = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    let water = at.water.temperature_celsius;
    let freshness = at.water.measured.freshness;
    let water_style = match freshness {
        Freshness::Fresh | Freshness::Recorded => BOLD,
        _ => WARNING,
    };
    // Without the year: a value of an earlier year is marked as old.
    let measured = at.water.measured.measured_at_local.as_deref();
    let measured = measured.map(|it| {
        let time = it.get(5..).unwrap_or(it);
        match freshness {
            Freshness::Stale => format!("{time}, stale"),
            Freshness::Old => format!("{time}, old"),
            _ => time.to_owned(),
        }
    });
    let verdict = match at.verdict {
        Verdict::DoNotSwim => "DO NOT SWIM",
        Verdict::NoKnownWarning => "none known",
        verdict => verdict_label(verdict),
    };
    [
        at.place.name.into(),
        Cell::new(
            water_style,
            or_unknown(water.map(|it| Measure::Water.format_value(it))),
        ),
        Cell::new(verdict_style(at.verdict), verdict),
        or_unknown(at.flow_m3_per_s.map(|it| Measure::Flow.format_value(it))).into(),
        or_unknown(at.percent_of_flood_level_2.map(|it| format!("{it:.0} %"))).into(),
        or_unknown(
            at.water_in_two_hours_celsius
                .map(|it| Measure::Water.format_value(it)),
        )
        .into(),
        or_unknown(measured).into(),
    ]
}
