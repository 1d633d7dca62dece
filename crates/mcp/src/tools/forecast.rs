//! `get_forecast`: the water and weather forecast for one place.

use aareguru::{Forecast, Place};
use answers::{
    forecast::{
        FORECAST_RANGE_NOTE, ForecastAnswer, PARTS_OMITTED_NOTE, place_note, render_text,
        upcoming_water_forecast,
    },
    translations::Translations,
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rmcp::model;
use schemars::JsonSchema;
use serde::{Deserialize, de::Error as _};

use super::{
    output::{ToolOutput, ToolResult},
    schema,
    tool::{Tool, ToolCall, default_city},
};
use crate::apps::AppView;

const DESCRIPTION: &str = "\
What comes at one place on the Aare: swim now or later, will it rain, how will tomorrow or the \
weekend be? Returns the water temperature in two hours against now, the weather of this morning, \
afternoon and evening, and air, rain and sunshine of up to four days to come; which part of today \
is the driest, but only if no warning is known for the river. It knows the water no further ahead \
than two hours, and no future flow, wind, UV index or hourly weather.";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The place: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[serde(default = "default_city")]
    #[schemars(example = &"thun")]
    city: String,
    /// The range of the forecast in hours, 1 to 96; default 24. Includes every day that begins
    /// within the range.
    #[serde(default)]
    #[schemars(with = "i64", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 96), example = &48)]
    hours: Option<u32>,
}

pub(super) struct GetForecast;

impl Tool for GetForecast {
    fn definition(&self) -> model::Tool {
        schema::tool_with::<Arguments, ForecastAnswer>("get_forecast", "Forecast", DESCRIPTION)
    }

    fn app(&self) -> Option<AppView> {
        Some(AppView::Forecast)
    }

    fn call<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, ToolResult> {
        Box::pin(async {
            let Arguments { city, hours } = call.parse_arguments()?;
            let hours = hours.unwrap_or(24);
            if hours == 0 {
                return Err(
                    serde_json::Error::custom("`hours` must be a number from 1 to 96").into(),
                );
            }
            let forecast = call.river.forecast(Place::find(&city)?).await?;
            let now = call.river.now();
            let structured = ForecastAnswer::new(&forecast, hours, now);
            let translations = call.translations(|| translations(&forecast, hours, now));
            ToolOutput::new(
                render_text(&forecast, &structured, now),
                &structured,
                translations,
            )
        })
    }
}

/// Returns the translations of the texts that the app shows.
fn translations(forecast: &Forecast, hours: u32, now: Timestamp) -> Translations {
    let place = forecast.place;
    let days = forecast.days_within(hours, now).into_iter();
    let symbols = forecast.parts.iter().map(|part| part.symbol);
    let symbols = symbols.chain(days.map(|day| day.symbol));
    let water = upcoming_water_forecast(forecast, now);
    let translations = symbols
        .fold(Translations::default(), Translations::with_weather)
        .with_reason(place, &forecast.advice(now).reasons)
        .with_saying(water.and_then(|water| water.saying.as_deref()))
        .with_text(FORECAST_RANGE_NOTE, "forecast_no_further")
        .with_text(PARTS_OMITTED_NOTE, "forecast_over");
    match place_note(place) {
        Some(note) => translations.with_text(note, &format!("note.{}", place.id())),
        None => translations,
    }
}
