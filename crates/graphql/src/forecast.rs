//! The forecast for a place.

use aareguru::{Advice, DayForecast, PartForecast, WaterForecast, WeatherSymbol};
use answers::forecast::{WEATHER_CREDIT, collect_notes, upcoming_water_forecast};
use async_graphql::{Enum, SimpleObject};
use jiff::Timestamp;

use super::{
    conditions::SayingType,
    danger::{DirectionType, VerdictType},
    reading::WaterTemperatureType,
    scalars::{Date, DateTime},
    sources::{SourceType, StatementType, UpstreamTroubleType},
};

objects! {
    #![derive(Debug, SimpleObject)]

    /// What comes at a place: the water for two hours, the weather for days.
    struct ForecastType("Forecast") from(forecast: &aareguru::Forecast, hours: u32, now: Timestamp) {
        let advice = forecast.advice(now);
        let best_parts = forecast.best_parts(now);
        // Parts of a day that is over are no forecast.
        let is_over = forecast.is_of_today(now) == Some(false);
        /// The water temperature as measured last.
        water: WaterTemperatureType = WaterTemperatureType::new(forecast.place, &forecast.water, now),
        /// The water two hours after that; null if it is not forecast, or those two
        /// hours are over.
        water_in_two_hours: Option<WaterAheadType> = upcoming_water_forecast(forecast, now).map(WaterAheadType::new),
        /// The day that the parts and the sunshine are of; null if unknown, or if
        /// that day is over.
        today: Option<Date> = forecast.today.filter(|_| !is_over).map(Date),
        /// Morning, afternoon and evening of that day; empty if that day is over.
        #[graphql(complexity = "1 + 3 * child_complexity")]
        parts_of_today: Vec<PartOfTheDayType> =
            forecast.parts.iter().filter(|_| !is_over).map(PartOfTheDayType::new).collect(),
        /// The sunshine of that day.
        sunshine_today: SunshineType =
            SunshineType::new(if is_over { aareguru::Sunshine::default() } else { forecast.sunshine }),
        /// The days to come, as far as asked for and known; four at most.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        days: Vec<DayAheadType> =
            forecast.days_within(hours, now).into_iter().map(DayAheadType::new).collect(),
        /// The driest part of today still to come, of equally dry ones the warmest;
        /// empty if none can be named. It tells of the weather only.
        best_parts_of_today: Vec<PartOfDayType> =
            best_parts.iter().flatten().map(|best| best.part.into()).collect(),
        /// Why no part is named; null if one is.
        no_best_part_because: Option<String> = best_parts.err().map(|reason| reason.to_string()),
        /// What is said to a swimmer now; none of the verdicts is a permission.
        verdict: VerdictType = advice.verdict.into(),
        /// The grounds of the verdict, the weightiest first, each with who says so.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        reasons: Vec<StatementType> = advice.reasons.iter().map(StatementType::new).collect(),
        /// What these numbers do not show; show it with the verdict.
        boundary: &'static str = Advice::BOUNDARY,
        /// What else to know about this answer, in English.
        notes: Vec<String> = collect_notes(forecast, hours, now),
        /// Who says what the weather symbols mean.
        symbol_source: Option<SourceType> =
            WeatherSymbol::all().first().map(|symbol| SourceType::new(symbol.source())),
        /// Whom to credit for the weather.
        weather_credit: &'static str = WEATHER_CREDIT,
        /// Set when the API failed and this answer is an earlier one; otherwise null.
        upstream_trouble: Option<UpstreamTroubleType> =
            forecast.upstream_trouble.as_ref().map(UpstreamTroubleType::new),
    }

    /// The water two hours after it was measured.
    struct WaterAheadType("WaterAhead") from(water: &WaterForecast) {
        /// Water temperature in degrees Celsius, to the tenth.
        celsius: f64 = water.celsius,
        /// For when; null if it is unknown when it was measured.
        at: Option<DateTime> = water.at.map(DateTime),
        /// By how many degrees Celsius it is warmer than as measured; negative if
        /// colder, null if unknown.
        change_celsius: Option<f64> = water.change_celsius,
        /// Which way the temperature goes.
        direction: DirectionType = water.direction.into(),
        /// What aare.guru says of it; null if it says nothing.
        saying: Option<SayingType> = water.saying.clone().map(SayingType::new),
    }

    /// The weather in a part of a day.
    struct PartOfTheDayType("PartOfTheDay") from(forecast: &PartForecast) {
        /// Which part.
        part: PartOfDayType = forecast.part.into(),
        /// The weather in English; null if unknown.
        weather: Option<&'static str> = forecast.symbol.map(|symbol| symbol.english.as_str()),
        /// Air temperature in degrees Celsius; null if unknown.
        air_celsius: Option<f64> = forecast.air_celsius,
        /// Rain in millimetres; null if unknown.
        rain_mm: Option<f64> = forecast.rain_mm,
        /// Probability of rain in percent; null if unknown.
        rain_risk_percent: Option<f64> = forecast.rain_risk_percent,
    }

    /// The weather of a day to come.
    struct DayAheadType("DayAhead") from(day: &DayForecast) {
        /// The day in Switzerland; null if unknown.
        date: Option<Date> = day.date.map(Date),
        /// The weather in English; null if unknown.
        weather: Option<&'static str> = day.symbol.map(|symbol| symbol.english.as_str()),
        /// Lowest air temperature in degrees Celsius; null if unknown.
        lowest_air_celsius: Option<f64> = day.lowest_air_celsius,
        /// Highest air temperature in degrees Celsius; null if unknown.
        highest_air_celsius: Option<f64> = day.highest_air_celsius,
        /// Rain in millimetres; null if unknown.
        rain_mm: Option<f64> = day.rain_mm,
        /// Probability of rain in percent; null if unknown.
        rain_risk_percent: Option<f64> = day.rain_risk_percent,
        /// The sunshine of the day.
        sunshine: SunshineType = SunshineType::new(day.sunshine),
    }

    /// How long the sun shines on a day.
    struct SunshineType("Sunshine") from(sunshine: aareguru::Sunshine) {
        /// In minutes; null if unknown.
        minutes: Option<u32> = sunshine.minutes,
        /// In percent of what is possible on that day; null if unknown.
        percent_of_possible: Option<f64> = sunshine.percent,
    }
}

/// A part of a day. The API does not define when its parts end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::PartOfDay", name = "PartOfDay")]
pub(super) enum PartOfDayType {
    /// Taken to be over at 12:00.
    Morning,
    /// Taken to be over at 18:00.
    Afternoon,
    /// The rest of the day.
    Evening,
}
