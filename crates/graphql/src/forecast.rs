//! The GraphQL types of the forecast for a place.

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

    /// The forecast for a place: the water temperature in two hours, and the weather of the next
    /// days.
    struct ForecastType("Forecast") from(
        forecast: &aareguru::Forecast,
        hours: u32,
        now: Timestamp,
    ) {
        let advice = forecast.advice(now);
        let best_parts = forecast.best_parts(now);
        // Omits the parts of a past day.
        let is_over = forecast.is_of_today(now) == Some(false);
        /// The last measured water temperature.
        water: WaterTemperatureType =
            WaterTemperatureType::new(forecast.place, &forecast.water, now),
        /// The forecast water temperature two hours after that; null if unknown or in the past.
        water_in_two_hours: Option<WaterAheadType> =
            upcoming_water_forecast(forecast, now).map(WaterAheadType::new),
        /// The day of `partsOfToday` and `sunshineToday`; null if unknown or in the past.
        today: Option<Date> = forecast.today.filter(|_| !is_over).map(Date),
        /// Morning, afternoon and evening of that day; empty if the day is in the past.
        #[graphql(complexity = "1 + 3 * child_complexity")]
        parts_of_today: Vec<PartOfTheDayType> =
            forecast.parts.iter().filter(|_| !is_over).map(PartOfTheDayType::new).collect(),
        /// The sunshine of that day.
        sunshine_today: SunshineType =
            SunshineType::new(if is_over { aareguru::Sunshine::default() } else { forecast.sunshine }),
        /// The days within the requested hours, as far as known; at most four.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        days: Vec<DayAheadType> =
            forecast.days_within(hours, now).into_iter().map(DayAheadType::new).collect(),
        /// The driest remaining part of today; of equally dry parts, the warmest. Empty if there is
        /// none. Considers only the weather.
        best_parts_of_today: Vec<PartOfDayType> =
            best_parts.iter().flatten().map(|best| best.part.into()).collect(),
        /// Why `bestPartsOfToday` is empty; otherwise null.
        no_best_part_because: Option<String> = best_parts.err().map(|reason| reason.to_string()),
        /// The current verdict for swimmers. No verdict is a permission to swim.
        verdict: VerdictType = advice.verdict.into(),
        /// The reasons for the verdict, most important first, each with its sources.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        reasons: Vec<StatementType> = advice.reasons.iter().map(StatementType::new).collect(),
        /// What these numbers do not show. Show it with the verdict.
        boundary: &'static str = Advice::BOUNDARY,
        /// Notes about this answer, in English.
        notes: Vec<String> = collect_notes(forecast, hours, now),
        /// The source of the meaning of the weather symbols.
        symbol_source: Option<SourceType> =
            WeatherSymbol::all().first().map(|symbol| SourceType::new(symbol.source())),
        /// The sources to credit for the weather.
        weather_credit: &'static str = WEATHER_CREDIT,
        /// Set when the upstream API failed and this answer is an older one from the cache;
        /// otherwise null.
        upstream_trouble: Option<UpstreamTroubleType> =
            forecast.upstream_trouble.as_ref().map(UpstreamTroubleType::new),
    }

    /// The forecast water temperature two hours after the measurement.
    struct WaterAheadType("WaterAhead") from(water: &WaterForecast) {
        /// Water temperature in degrees Celsius, with one decimal.
        celsius: f64 = water.celsius,
        /// The time of the forecast; null if the time of the measurement is unknown.
        at: Option<DateTime> = water.at.map(DateTime),
        /// The change from the measured temperature in degrees Celsius; negative if colder, null if
        /// unknown.
        change_celsius: Option<f64> = water.change_celsius,
        /// The direction of the change.
        direction: DirectionType = water.direction.into(),
        /// What aare.guru says about this temperature; null if it says nothing.
        saying: Option<SayingType> = water.saying.clone().map(SayingType::new),
    }

    /// The weather in a part of a day.
    struct PartOfTheDayType("PartOfTheDay") from(forecast: &PartForecast) {
        /// The part of the day.
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

    /// The weather of one of the next days.
    struct DayAheadType("DayAhead") from(day: &DayForecast) {
        /// The date in Switzerland; null if unknown.
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

    /// The sunshine of a day.
    struct SunshineType("Sunshine") from(sunshine: aareguru::Sunshine) {
        /// The sunshine in minutes; null if unknown.
        minutes: Option<u32> = sunshine.minutes,
        /// The sunshine in percent of the possible sunshine of that day; null if unknown.
        percent_of_possible: Option<f64> = sunshine.percent,
    }
}

/// A part of a day. The upstream API does not define when the parts end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "aareguru::PartOfDay", name = "PartOfDay")]
pub(super) enum PartOfDayType {
    /// Until 12:00, by assumption.
    Morning,
    /// Until 18:00, by assumption.
    Afternoon,
    /// The rest of the day.
    Evening,
}
