//! `forecast`: what comes at one place? As JSON, the answer of `get_forecast`.

use aareguru::{CREDIT, Forecast as RiverForecast, Place, River};
use clap::Args;
use jiff::Timestamp;

use super::{
    Shown,
    now::reading,
    screen::{PLAIN, Screen},
    table::{Cell, Column, Table},
    verdict,
};
use crate::mcp::{
    reading::Measure,
    tools::forecast::{self, Answer, Day, Part},
};

#[derive(Debug, Args)]
pub(crate) struct Forecast {
    /// Where: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[arg(default_value = "bern", value_parser = Place::find)]
    city: &'static Place,

    /// How many hours ahead, 1 to 96; each day that begins within them is told
    /// as a whole.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=96))]
    hours: u32,
}

impl Forecast {
    pub(super) async fn ask(&self, river: &River) -> anyhow::Result<Shown> {
        let forecast = river.forecast(self.city).await?;
        let now = river.now();
        let answer = forecast::structured(&forecast, self.hours, now);
        let mut screen = Screen::new();
        draw(&mut screen, &forecast, &answer, now);
        Shown::new(screen, &answer)
    }
}

fn draw(screen: &mut Screen, forecast: &RiverForecast, answer: &Answer, now: Timestamp) {
    let advice = forecast.advice(now);
    screen.title(
        &format!("Forecast for {} ({})", answer.name, answer.station),
        answer.water.measured.recorded_on.as_deref(),
    );
    verdict::draw(screen, &advice);
    screen.blank();

    reading(screen, "Water", Measure::Water, &forecast.water, now);
    let ahead = forecast::water_in_words(answer.water_in_two_hours.as_ref());
    for (n, line) in ahead.lines().enumerate() {
        let name = if n == 0 { "In 2 h" } else { "" };
        screen.field(name, PLAIN, "", line);
    }
    if !answer.parts_of_today.is_empty() {
        let day = answer.today.as_deref().unwrap_or("of an unknown date");
        // In a recording it is not today.
        screen.heading(&match forecast.recorded_on {
            Some(_) => format!("The day of the recording, {day}"),
            None => format!("Today, {day}"),
        });
        parts(&answer.parts_of_today).draw(screen);
        screen.paragraph(PLAIN, "", &answer.sunshine_today.in_words());
    }
    if !answer.days.is_empty() {
        screen.heading("The days to come");
        days(&answer.days).draw(screen);
    }
    screen.blank();
    screen.paragraph(PLAIN, "", forecast::best_in_words(answer).trim_end());
    verdict::draw_reasons(screen, &advice);
    for note in &answer.notes {
        screen.paragraph(PLAIN, "Note: ", note);
    }
    screen.credit(&[answer.weather_credit, CREDIT]);
}

fn parts(parts: &[Part]) -> Table {
    let mut table = Table::new([
        Column::text("", 0),
        Column::number("air", 0),
        Column::number("rain", 0),
        Column::number("risk", 0),
        Column::text("weather", 1),
    ]);
    for part in parts {
        table.row([
            part.part.into(),
            forecast::or_unknown(part.air_celsius, "°C").into(),
            forecast::or_unknown(part.rain_mm, "mm").into(),
            forecast::or_unknown(part.rain_risk_percent, "%").into(),
            Cell::from(part.weather.unwrap_or("unknown")),
        ]);
    }
    table
}

fn days(days: &[Day]) -> Table {
    let mut table = Table::new([
        Column::text("", 0),
        Column::number("air", 0),
        Column::number("rain", 1),
        Column::number("risk", 1),
        Column::text("weather", 2),
        Column::text("sunshine", 3),
    ]);
    for day in days {
        let weekday = day.weekday.as_deref().and_then(|day| day.get(..3));
        let date = day.date.as_deref().unwrap_or("unknown");
        let (lowest, highest) = (day.lowest_air_celsius, day.highest_air_celsius);
        let air = match (lowest, highest) {
            (Some(lowest), Some(highest)) => format!("{lowest} to {highest} °C"),
            (lowest, highest) => {
                let of = |value| forecast::or_unknown(value, "°C");
                format!("{} to {}", of(lowest), of(highest))
            }
        };
        table.row([
            Cell::from(format!("{} {date}", weekday.unwrap_or_default())),
            air.into(),
            forecast::or_unknown(day.rain_mm, "mm").into(),
            forecast::or_unknown(day.rain_risk_percent, "%").into(),
            day.weather.unwrap_or("unknown").into(),
            day.sunshine.text.as_deref().unwrap_or("unknown").into(),
        ]);
    }
    table
}
