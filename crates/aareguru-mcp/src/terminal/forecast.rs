//! `forecast`: prints the forecast for a place. The JSON is that of `get_forecast`.

use aareguru::{CREDIT, Forecast, Place, River};
use answers::{
    forecast::{self, DayWeather, ForecastAnswer, PartOfDayWeather},
    reading::Measure,
};
use clap::Args;
use jiff::Timestamp;

use super::{
    Execute, json,
    now::reading,
    screen::{PLAIN, Screen},
    table::{self, Cell, Column},
};

const PART_COLUMNS: [Column; 5] = [
    Column::text("", 0),
    Column::number("air", 0),
    Column::number("rain", 0),
    Column::number("risk", 0),
    Column::text("weather", 1),
];

const DAY_COLUMNS: [Column; 6] = [
    Column::text("", 0),
    Column::number("air", 0),
    Column::number("rain", 1),
    Column::number("risk", 1),
    Column::text("weather", 2),
    Column::text("sunshine", 3),
];

#[derive(Debug, Args)]
pub(crate) struct ForecastArgs {
    /// The place: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[arg(default_value = "bern", value_parser = Place::find)]
    city: &'static Place,

    /// The number of hours ahead, 1 to 96. A day that begins within them is included as a whole.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=96))]
    hours: u32,
}

impl Execute for ForecastArgs {
    async fn execute(&self, river: &River) -> anyhow::Result<(Screen, String)> {
        let forecast = river.forecast(self.city).await?;
        let now = river.now();
        let answer = ForecastAnswer::new(&forecast, self.hours, now);
        let mut screen = Screen::new();
        draw(&mut screen, &forecast, &answer, now);
        Ok((screen, json(&answer)?))
    }
}

fn draw(screen: &mut Screen, forecast: &Forecast, answer: &ForecastAnswer, now: Timestamp) {
    let advice = forecast.advice(now);
    screen.title(
        &format!(
            "Forecast for {} ({})",
            answer.place.name, answer.place.station
        ),
        answer.water.measured.recorded_on.as_deref(),
    );
    screen.verdict(&advice);
    screen.blank();

    reading(screen, "Water", Measure::Water, &forecast.water, now);
    let ahead = forecast::describe_water_forecast(answer.water_in_two_hours.as_ref());
    screen.text_fields("In 2 h", &ahead.lines().collect::<Vec<_>>());
    if !answer.parts_of_today.is_empty() {
        let day = answer.today.as_deref().unwrap_or("of an unknown date");
        screen.heading(&match forecast.recorded_on {
            Some(_) => format!("The day of the recording, {day}"),
            None => format!("Today, {day}"),
        });
        let rows: Vec<_> = answer.parts_of_today.iter().map(part_row).collect();
        table::draw(screen, &PART_COLUMNS, &rows);
        screen.paragraph(PLAIN, "", &answer.sunshine_today.describe());
    }
    if !answer.days.is_empty() {
        screen.heading("The days to come");
        let rows: Vec<_> = answer.days.iter().map(day_row).collect();
        table::draw(screen, &DAY_COLUMNS, &rows);
    }
    screen.blank();
    screen.paragraph(PLAIN, "", forecast::describe_best_parts(answer).trim_end());
    screen.reasons(&advice);
    screen.notes(&answer.notes);
    screen.credit(&[answer.weather_credit, CREDIT]);
}

fn part_row(part: &PartOfDayWeather) -> [Cell; PART_COLUMNS.len()] {
    [
        part.part.into(),
        forecast::format_or_unknown(part.air_celsius, "°C").into(),
        forecast::format_or_unknown(part.rain_mm, "mm").into(),
        forecast::format_or_unknown(part.rain_risk_percent, "%").into(),
        part.weather.unwrap_or("unknown").into(),
    ]
}

fn day_row(day: &DayWeather) -> [Cell; DAY_COLUMNS.len()] {
    let weekday = day.weekday.as_deref().and_then(|day| day.get(..3));
    let date = day.date.as_deref().unwrap_or("unknown");
    let air = match (day.lowest_air_celsius, day.highest_air_celsius) {
        (Some(lowest), Some(highest)) => format!("{lowest} to {highest} °C"),
        (lowest, highest) => {
            let of = |value| forecast::format_or_unknown(value, "°C");
            format!("{} to {}", of(lowest), of(highest))
        }
    };
    [
        format!("{} {date}", weekday.unwrap_or_default()).into(),
        air.into(),
        forecast::format_or_unknown(day.rain_mm, "mm").into(),
        forecast::format_or_unknown(day.rain_risk_percent, "%").into(),
        day.weather.unwrap_or("unknown").into(),
        day.sunshine.text.as_deref().unwrap_or("unknown").into(),
    ]
}
