//! What comes at a place.

use aareguru::{DayForecast, PartForecast, Sunshine as Shine, WaterForecast, WeatherSymbol};
use async_graphql::{Enum, SimpleObject};
use jiff::Timestamp;

use super::{
    conditions::Saying,
    danger::{Direction, Verdict},
    reading::WaterTemperature,
    scalars::{Date, DateTime},
    sources::{Source, Statement, UpstreamTrouble},
};
use crate::mcp::tools::forecast::{WEATHER_CREDIT, notes, water_to_come};

/// What comes at a place: the water for two hours, the weather for days.
#[derive(Debug, SimpleObject)]
pub(super) struct Forecast {
    /// The water temperature as measured last.
    water: WaterTemperature,
    /// The water two hours after that; null if it is not forecast, or those two
    /// hours are over.
    water_in_two_hours: Option<WaterAhead>,
    /// The day that the parts and the sunshine are of; null if unknown, or if
    /// that day is over.
    today: Option<Date>,
    /// Morning, afternoon and evening of that day; empty if that day is over.
    #[graphql(complexity = "1 + 3 * child_complexity")]
    parts_of_today: Vec<PartOfTheDay>,
    /// The sunshine of that day.
    sunshine_today: Sunshine,
    /// The days to come, as far as asked for and known; four at most.
    #[graphql(complexity = "1 + 4 * child_complexity")]
    days: Vec<DayAhead>,
    /// The driest part of today still to come, of equally dry ones the warmest;
    /// empty if none can be named. It tells of the weather only.
    best_parts_of_today: Vec<PartOfDay>,
    /// Why no part is named; null if one is.
    no_best_part_because: Option<String>,
    /// What is said to a swimmer now; none of the verdicts is a permission.
    verdict: Verdict,
    /// The grounds of the verdict, the weightiest first, each with who says so.
    #[graphql(complexity = "1 + 4 * child_complexity")]
    reasons: Vec<Statement>,
    /// What these numbers cannot tell; to be shown with the verdict.
    boundary: &'static str,
    /// What else to know about this answer, in English.
    notes: Vec<String>,
    /// Who says what the weather symbols mean.
    symbol_source: Option<Source>,
    /// Whom to credit for the weather.
    weather_credit: &'static str,
    /// That the API ails and this is an earlier answer; null if it is new.
    upstream_trouble: Option<UpstreamTrouble>,
}

/// The water two hours after it was measured.
#[derive(Debug, SimpleObject)]
pub(super) struct WaterAhead {
    /// Water temperature in degrees Celsius, to the tenth.
    celsius: f64,
    /// For when; null if it is unknown when it was measured.
    at: Option<DateTime>,
    /// By how many degrees Celsius it is warmer than as measured; negative if
    /// colder, null if unknown.
    change_celsius: Option<f64>,
    /// Which way the temperature goes.
    direction: Direction,
    /// What aare.guru says of it; null if it says nothing.
    saying: Option<Saying>,
}

/// The weather in a part of a day.
#[derive(Debug, SimpleObject)]
pub(super) struct PartOfTheDay {
    /// Which part.
    part: PartOfDay,
    /// The weather in English; null if unknown.
    weather: Option<&'static str>,
    /// Air temperature in degrees Celsius; null if unknown.
    air_celsius: Option<f64>,
    /// Rain in millimetres; null if unknown.
    rain_mm: Option<f64>,
    /// Probability of rain in percent; null if unknown.
    rain_risk_percent: Option<f64>,
}

/// A part of a day. The API does not tell when its parts end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::PartOfDay")]
pub(super) enum PartOfDay {
    /// Taken to be over at 12:00.
    Morning,
    /// Taken to be over at 18:00.
    Afternoon,
    /// The rest of the day.
    Evening,
}

/// The weather of a day to come.
#[derive(Debug, SimpleObject)]
pub(super) struct DayAhead {
    /// The day in Switzerland; null if unknown.
    date: Option<Date>,
    /// The weather in English; null if unknown.
    weather: Option<&'static str>,
    /// Lowest air temperature in degrees Celsius; null if unknown.
    lowest_air_celsius: Option<f64>,
    /// Highest air temperature in degrees Celsius; null if unknown.
    highest_air_celsius: Option<f64>,
    /// Rain in millimetres; null if unknown.
    rain_mm: Option<f64>,
    /// Probability of rain in percent; null if unknown.
    rain_risk_percent: Option<f64>,
    /// The sunshine of the day.
    sunshine: Sunshine,
}

/// How long the sun shines on a day.
#[derive(Debug, SimpleObject)]
pub(super) struct Sunshine {
    /// In minutes; null if unknown.
    minutes: Option<i32>,
    /// In percent of what is possible on that day; null if unknown.
    percent_of_possible: Option<f64>,
}

impl Forecast {
    pub(super) fn new(forecast: &aareguru::Forecast, hours: u32, now: Timestamp) -> Self {
        let advice = forecast.advice(now);
        let (best, no_best) = match forecast.best_parts(now) {
            Ok(parts) => (parts, None),
            Err(why) => (Vec::new(), Some(why.to_string())),
        };
        // Parts of a day that is over are no forecast.
        let is_over = forecast.is_of_today(now) == Some(false);
        let parts = forecast.parts.iter().filter(|_| !is_over);
        let sunshine = Some(forecast.sunshine).filter(|_| !is_over);
        let days = forecast.days_within(hours, now).into_iter();
        Self {
            water: WaterTemperature::new(forecast.place, &forecast.water, now),
            water_in_two_hours: water_to_come(forecast, now).map(WaterAhead::from),
            today: forecast.today.filter(|_| !is_over).map(Date::from),
            parts_of_today: parts.map(PartOfTheDay::from).collect(),
            sunshine_today: sunshine.unwrap_or_default().into(),
            days: days.map(DayAhead::from).collect(),
            best_parts_of_today: best.iter().map(|part| part.part.into()).collect(),
            no_best_part_because: no_best,
            verdict: advice.verdict.into(),
            reasons: advice.reasons.iter().map(Statement::from).collect(),
            boundary: aareguru::Advice::BOUNDARY,
            notes: notes(forecast, hours, now),
            symbol_source: WeatherSymbol::all().first().map(|it| it.source().into()),
            weather_credit: WEATHER_CREDIT,
            upstream_trouble: UpstreamTrouble::new(forecast.upstream_trouble.as_ref()),
        }
    }
}

impl From<&WaterForecast> for WaterAhead {
    fn from(water: &WaterForecast) -> Self {
        Self {
            celsius: water.celsius,
            at: water.at.map(DateTime::from),
            change_celsius: water.change_celsius,
            direction: water.direction.into(),
            saying: water.saying.clone().map(Saying::new),
        }
    }
}

impl From<&PartForecast> for PartOfTheDay {
    fn from(part: &PartForecast) -> Self {
        Self {
            part: part.part.into(),
            weather: part.symbol.map(|symbol| symbol.english.as_str()),
            air_celsius: part.air_celsius,
            rain_mm: part.rain_mm,
            rain_risk_percent: part.rain_risk_percent,
        }
    }
}

impl From<&DayForecast> for DayAhead {
    fn from(day: &DayForecast) -> Self {
        Self {
            date: day.date.map(Date::from),
            weather: day.symbol.map(|symbol| symbol.english.as_str()),
            lowest_air_celsius: day.lowest_air_celsius,
            highest_air_celsius: day.highest_air_celsius,
            rain_mm: day.rain_mm,
            rain_risk_percent: day.rain_risk_percent,
            sunshine: day.sunshine.into(),
        }
    }
}

impl From<Shine> for Sunshine {
    fn from(sunshine: Shine) -> Self {
        Self {
            minutes: sunshine
                .minutes
                .and_then(|minutes| i32::try_from(minutes).ok()),
            percent_of_possible: sunshine.percent,
        }
    }
}
