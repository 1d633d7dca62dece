//! The answer of `get_forecast`: the water and weather forecast for one place.

use std::fmt::Display;

use aareguru::{
    CREDIT, DayForecast, Direction, Forecast, Freshness, Place, Sunshine, Verdict, WaterForecast,
    WeatherSymbol, local_time, plain_reading, quoted,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    provenance::{PlaceNames, Provenance},
    reading::{WaterTemperature, describe_water},
};

// Notes that `translations` looks up by their text.

/// The note on an answer without parts of the day.
pub const PARTS_OMITTED_NOTE: &str = "the parts of the day are of a day that is over, and left out";
/// The note on the range of the water forecast.
pub const FORECAST_RANGE_NOTE: &str =
    "the water is forecast no further ahead than two hours, the flow not at all";

/// The range of the forecast: the API sends four days.
pub const MAX_HOURS: u32 = 96;

/// The sources of the weather.
pub const WEATHER_CREDIT: &str =
    "Weather: MeteoSwiss (measured), Meteotest (forecast), by Aare.guru";

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ForecastAnswer {
    #[serde(flatten)]
    pub place: PlaceNames,
    #[serde(flatten)]
    pub water: WaterTemperature,
    /// The forecast water temperature two hours after the measurement; null if unknown or in the
    /// past.
    pub water_in_two_hours: Option<WaterAhead>,
    /// The day of `parts_of_today` and `sunshine_today`: "2023-05-09".
    pub today: Option<String>,
    /// Morning, afternoon and evening of that day.
    pub parts_of_today: Vec<PartOfDayWeather>,
    /// The sunshine of that day.
    pub sunshine_today: SunshineDuration,
    /// The days within the requested hours, as far as known.
    pub days: Vec<DayWeather>,
    /// The driest remaining part of today; of equally dry parts, the warmest. Empty if there is
    /// none. Considers only the weather.
    pub best_parts_of_today: Vec<&'static str>,
    /// Why `best_parts_of_today` is empty; otherwise null.
    pub no_best_part_because: Option<String>,
    /// The current verdict for swimmers. No verdict is a permission to swim.
    pub verdict: Verdict,
    /// The reasons for the verdict, most important first, each with its source.
    pub reasons: Vec<String>,
    /// What these numbers do not show. Show it with the verdict.
    pub boundary: &'static str,
    /// Notes about this answer.
    pub notes: Vec<String>,
    /// The source of the meaning of the weather symbols.
    pub symbol_source: Option<String>,
    /// The sources to credit for the weather.
    pub weather_credit: &'static str,
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The forecast water temperature.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WaterAhead {
    /// Water temperature in degrees Celsius.
    pub temperature_celsius: f64,
    /// The time of the forecast, in Swiss local time.
    pub at_local: Option<String>,
    /// The change from the measured temperature in degrees Celsius; negative if colder.
    pub change_celsius: Option<f64>,
    /// warmer, colder, same or unknown.
    pub direction: &'static str,
    /// What aare.guru says about this temperature, in Bernese German.
    pub saying: Option<String>,
    /// The meaning of the saying in plain English; null if unknown.
    pub saying_in_english: Option<&'static str>,
}

/// The weather in a part of a day.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PartOfDayWeather {
    /// morning, afternoon or evening.
    pub part: &'static str,
    /// The weather in English.
    pub weather: Option<&'static str>,
    /// Air temperature in degrees Celsius.
    pub air_celsius: Option<f64>,
    /// Rain in mm.
    pub rain_mm: Option<f64>,
    /// Probability of rain in percent.
    pub rain_risk_percent: Option<f64>,
}

/// The weather of a day.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DayWeather {
    /// The date in Switzerland: "2023-05-10".
    pub date: Option<String>,
    /// The weekday in English.
    pub weekday: Option<String>,
    /// The weather in English.
    pub weather: Option<&'static str>,
    /// Lowest air temperature in degrees Celsius.
    pub lowest_air_celsius: Option<f64>,
    /// Highest air temperature in degrees Celsius.
    pub highest_air_celsius: Option<f64>,
    /// Rain in mm.
    pub rain_mm: Option<f64>,
    /// Probability of rain in percent.
    pub rain_risk_percent: Option<f64>,
    /// The sunshine of the day.
    pub sunshine: SunshineDuration,
}

/// The sunshine of a day.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SunshineDuration {
    /// The sunshine in minutes.
    pub minutes: Option<i64>,
    /// The sunshine as text: "3 h 20 min".
    pub text: Option<String>,
    /// The sunshine in percent of the possible sunshine of that day.
    pub percent_of_possible: Option<f64>,
}

impl ForecastAnswer {
    pub fn new(forecast: &Forecast, hours: u32, now: Timestamp) -> Self {
        let place = forecast.place;
        let advice = forecast.advice(now);
        let (best, no_best) = match forecast.best_parts(now) {
            Ok(parts) => (parts, None),
            Err(why) => (Vec::new(), Some(why.to_string())),
        };
        // Omits the parts of a past day.
        let is_over = forecast.is_of_today(now) == Some(false);
        let parts = forecast.parts.iter().filter(|_| !is_over);
        Self {
            place: PlaceNames::new(place),
            water: WaterTemperature::new(&forecast.water, now),
            water_in_two_hours: WaterAhead::new(forecast, now),
            today: forecast
                .today
                .filter(|_| !is_over)
                .map(|day| day.to_string()),
            parts_of_today: parts
                .map(|part| PartOfDayWeather {
                    part: part.part.as_str(),
                    weather: english_weather(part.symbol),
                    air_celsius: part.air_celsius,
                    rain_mm: part.rain_mm,
                    rain_risk_percent: part.rain_risk_percent,
                })
                .collect(),
            sunshine_today: SunshineDuration::new(if is_over {
                Sunshine::default()
            } else {
                forecast.sunshine
            }),
            days: forecast
                .days_within(hours, now)
                .into_iter()
                .map(DayWeather::new)
                .collect(),
            best_parts_of_today: best.iter().map(|best| best.part.as_str()).collect(),
            no_best_part_because: no_best,
            verdict: advice.verdict,
            reasons: advice.reasons.iter().map(ToString::to_string).collect(),
            boundary: aareguru::Advice::BOUNDARY,
            notes: collect_notes(forecast, hours, now),
            symbol_source: WeatherSymbol::all()
                .first()
                .map(|it| it.source().to_string()),
            weather_credit: WEATHER_CREDIT,
            provenance: Provenance::new(forecast.upstream_trouble.as_ref()),
        }
    }
}

/// Returns the water forecast, unless its time has passed.
pub fn upcoming_water_forecast(forecast: &Forecast, now: Timestamp) -> Option<&WaterForecast> {
    // The forecast is for two hours after the measurement, and a stale reading is older than that.
    let is_to_come = match forecast.water.freshness(now) {
        Freshness::Recorded => true,
        Freshness::Fresh | Freshness::Unknown => forecast
            .water_in_two_hours
            .as_ref()
            .and_then(|water| water.at)
            .is_some_and(|at| now < at),
        Freshness::Stale | Freshness::Old => false,
    };
    forecast.water_in_two_hours.as_ref().filter(|_| is_to_come)
}

impl WaterAhead {
    /// Returns `None` if there is no forecast, or its time has passed.
    fn new(forecast: &Forecast, now: Timestamp) -> Option<Self> {
        let water = upcoming_water_forecast(forecast, now)?;
        Some(Self {
            temperature_celsius: water.celsius,
            at_local: water.at.map(local_time),
            change_celsius: water.change_celsius,
            direction: match water.direction {
                Direction::Rising => "warmer",
                Direction::Falling => "colder",
                Direction::Steady => "same",
                Direction::Unknown => "unknown",
            },
            saying: water.saying.clone(),
            saying_in_english: water.saying.as_deref().and_then(plain_reading),
        })
    }
}

pub fn collect_notes(forecast: &Forecast, hours: u32, now: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(day) = forecast.recorded_on {
        notes.push(format!(
            "this forecast was recorded on {day} and looks ahead from there: it tells nothing of \
             today or the days to come now"
        ));
    }
    if let Some(failure) = &forecast.upstream_trouble {
        notes.push(failure.to_string());
    }
    if forecast.is_of_today(now) == Some(false) {
        notes.push(PARTS_OMITTED_NOTE.to_owned());
    }
    let rejected = forecast.implausible.iter();
    notes.extend(rejected.map(|it| format!("{it}; it is left out")));
    let days = forecast.days_within(hours, now);
    if !forecast.reaches(hours, now) {
        let until = match days.last().and_then(|day| day.date) {
            Some(date) => format!("the weather is known until {date} only"),
            None => "no weather is known of the days to come".to_owned(),
        };
        let asked = format!("{until}, less far than the {hours} hours asked for");
        notes.push(if hours > MAX_HOURS {
            format!("{asked}; {MAX_HOURS} hours is the most there is")
        } else {
            asked
        });
    }
    notes.push(FORECAST_RANGE_NOTE.to_owned());
    notes.extend(place_note(forecast.place).map(str::to_owned));
    notes
}

pub fn place_note(place: &'static Place) -> Option<&'static str> {
    place.note().map(|note| note.trim_end_matches('.'))
}

impl DayWeather {
    fn new(day: &DayForecast) -> Self {
        Self {
            date: day.date.map(|date| date.to_string()),
            weekday: day.date.map(|date| date.strftime("%A").to_string()),
            weather: english_weather(day.symbol),
            lowest_air_celsius: day.lowest_air_celsius,
            highest_air_celsius: day.highest_air_celsius,
            rain_mm: day.rain_mm,
            rain_risk_percent: day.rain_risk_percent,
            sunshine: SunshineDuration::new(day.sunshine),
        }
    }
}

impl SunshineDuration {
    fn new(sunshine: Sunshine) -> Self {
        Self {
            minutes: sunshine.minutes.map(i64::from),
            text: sunshine
                .minutes
                .map(|minutes| format!("{} h {} min", minutes / 60, minutes % 60)),
            percent_of_possible: sunshine.percent,
        }
    }

    pub fn describe(&self) -> String {
        let Some(text) = &self.text else {
            return "sunshine unknown".to_owned();
        };
        match self.percent_of_possible {
            Some(percent) => format!("sunshine {text} ({percent:.0} % of what is possible)"),
            None => format!("sunshine {text}"),
        }
    }
}

fn english_weather(symbol: Option<&'static WeatherSymbol>) -> Option<&'static str> {
    symbol.map(|symbol| symbol.english.as_str())
}

/// Renders the answer as English text.
pub fn render_text(forecast: &Forecast, structured: &ForecastAnswer, now: Timestamp) -> String {
    let mut text = format!(
        "{} ({}): {}.\n",
        structured.place.name,
        structured.place.station,
        describe_water(&forecast.water, now)
    );
    text += &describe_water_forecast(structured.water_in_two_hours.as_ref());
    if !structured.parts_of_today.is_empty() {
        let day = structured.today.as_deref().unwrap_or("of an unknown date");
        // In a recording it is not today.
        let when = match forecast.recorded_on {
            Some(_) => "The day of the recording",
            None => "Today",
        };
        text += &format!("{when}, {day}:\n");
        for part in &structured.parts_of_today {
            text += &format!(
                "- {}: {}, air {}, {}\n",
                part.part,
                part.weather.unwrap_or("weather unknown"),
                format_or_unknown(part.air_celsius, "°C"),
                format_rain(part.rain_mm, part.rain_risk_percent)
            );
        }
        text += &format!("- {}\n", structured.sunshine_today.describe());
    }
    for day in &structured.days {
        let date = day.date.as_deref().unwrap_or("a day of an unknown date");
        let weekday = day
            .weekday
            .as_deref()
            .map_or(String::new(), |day| format!("{day} "));
        text += &format!(
            "{weekday}{date}: {}, air {} to {}, {}, {}\n",
            day.weather.unwrap_or("weather unknown"),
            format_or_unknown(day.lowest_air_celsius, "°C"),
            format_or_unknown(day.highest_air_celsius, "°C"),
            format_rain(day.rain_mm, day.rain_risk_percent),
            day.sunshine.describe()
        );
    }
    text += &describe_best_parts(structured);
    text += &format!("River: {}.\n", forecast.advice(now).headline());
    for reason in &structured.reasons {
        text += &format!("- {reason}\n");
    }
    text += &format!("{}\n", structured.boundary);
    for note in &structured.notes {
        text += &format!("Note: {note}.\n");
    }
    text + WEATHER_CREDIT + "\n" + CREDIT
}

pub fn describe_water_forecast(water: Option<&WaterAhead>) -> String {
    let Some(water) = water else {
        return "Water in two hours: unknown.\n".to_owned();
    };
    let change = water.change_celsius.map(f64::abs);
    let against = match (water.direction, change) {
        ("same", _) => ", as warm as measured".to_owned(),
        (direction, Some(change)) => format!(", {change:.1} °C {direction} than measured"),
        _ => String::new(),
    };
    let at = water.at_local.as_deref().unwrap_or("an unknown time");
    let mut text = format!(
        "Water two hours after that, at {at}: {:.1} °C{against}.\n",
        water.temperature_celsius
    );
    if let Some(saying) = &water.saying {
        text += &format!("In Bern they say: {}", quoted(saying));
        text += &water
            .saying_in_english
            .map_or(String::new(), |english| format!(" ({english})"));
        text += "\n";
    }
    text
}

pub fn describe_best_parts(structured: &ForecastAnswer) -> String {
    match &structured.no_best_part_because {
        Some(why) => format!("No part of the day is named as the best: {why}.\n"),
        None => format!(
            "By the weather alone, the best of what is left of the day: {}.\n",
            structured.best_parts_of_today.join(", ")
        ),
    }
}

fn format_rain(mm: Option<f64>, risk_percent: Option<f64>) -> String {
    format!(
        "rain {} (risk {})",
        format_or_unknown(mm, "mm"),
        format_or_unknown(risk_percent, "%")
    )
}

pub fn format_or_unknown(value: Option<impl Display>, unit: &str) -> String {
    value.map_or("unknown".to_owned(), |value| format!("{value} {unit}"))
}
