//! The forecast of weather and water, and the hours of sunshine.

use aareguru::{Conditions, Forecast, Reading, WeatherSymbol};
use jiff::Timestamp;
use maud::{Markup, html};

use answers::i18n::Texts;

use crate::{
    fragments::{is_of_now, saying, with_reason},
    overview_data::PlaceOverview,
};

pub(super) fn forecast(
    at: &PlaceOverview,
    forecast: Option<&Forecast>,
    now: Timestamp,
    texts: &Texts,
) -> Markup {
    let unknown = texts.get("unknown");
    let Some(forecast) = forecast else {
        return html! { p { (unknown) } };
    };
    let shown = |reading: Option<Reading>, with_unit: &dyn Fn(f64) -> String| {
        let Some(reading) = reading else {
            return unknown.to_owned();
        };
        match reading.value(now).filter(|_| is_of_now(&reading, now)) {
            Some(value) => with_unit(value),
            None => with_reason(unknown, &reading, now, texts),
        }
    };
    let conditions = at.conditions.as_ref();
    let air = shown(conditions.map(|it| it.air), &|air| texts.celsius(air));
    let rain = shown(conditions.map(|it| it.rain), &|mm| {
        texts.format("rain_last", &[("mm", texts.millimetres(mm))])
    });
    let water = forecast.water_in_two_hours.as_ref();
    let water = water.filter(|_| is_of_now(&at.water, now));
    html! {
        dl.facts {
            div {
                dt { (texts.get("water_in_two_hours")) }
                dd {
                    (water.map_or_else(|| unknown.to_owned(), |it| texts.celsius(it.celsius)))
                    @if let Some(text) = water.and_then(|it| it.saying.as_deref()) {
                        (saying(text, texts))
                    }
                }
            }
            div { dt { (texts.get("air")) } dd { (air) } }
            div { dt { (texts.get("rain")) } dd { (rain) } }
        }
        (days(forecast, now, texts))
        @if !forecast.implausible.is_empty() {
            p.notice { (texts.get("forecast_implausible")) }
        }
    }
}

/// Today in parts, and the following days. Narrow screens lay a row out on two lines, so the roles
/// preserve the table for screen readers.
fn days(forecast: &Forecast, now: Timestamp, texts: &Texts) -> Markup {
    let is_of_today = forecast.is_of_today(now) == Some(true);
    let caption = match forecast.today {
        Some(day) if !is_of_today || forecast.recorded_on.is_some() => {
            texts.format("of_day", &[("day", texts.day(day))])
        }
        _ => texts.get("today").to_owned(),
    };
    html! {
        div.scroll tabindex="0" role="group" aria-label=(caption) {
            table.days role="table" {
                caption { (caption) }
                thead role="rowgroup" {
                    tr role="row" {
                        th scope="col" role="columnheader" { (texts.get("when")) }
                        th scope="col" role="columnheader" { (texts.get("weather_word")) }
                        th scope="col" role="columnheader" { (texts.get("air")) }
                        th scope="col" role="columnheader" { (texts.get("rain")) }
                    }
                }
                tbody role="rowgroup" {
                    @for part in &forecast.parts {
                        @let name = texts.get(&format!("part.{}", part.part.as_str())).to_owned();
                        @let air = part.air_celsius.map(|air| texts.celsius(air));
                        @let rain = (part.rain_mm, part.rain_risk_percent);
                        (row(&name, part.symbol, air, rain, texts))
                    }
                    @for day in &forecast.days {
                        @let name = match day.date {
                            Some(date) => texts.day_of_week(date),
                            None => format!("+{}", day.days_ahead),
                        };
                        @let air = day.lowest_air_celsius.zip(day.highest_air_celsius);
                        @let air = air.map(|(lowest, highest)| {
                            format!("{} / {}", texts.number(lowest, 0), texts.celsius(highest))
                        });
                        @let rain = (day.rain_mm, day.rain_risk_percent);
                        (row(&name, day.symbol, air, rain, texts))
                    }
                }
            }
        }
    }
}

fn row(
    name: &str,
    symbol: Option<&WeatherSymbol>,
    air: Option<String>,
    rain: (Option<f64>, Option<f64>),
    texts: &Texts,
) -> Markup {
    let unknown = || texts.get("unknown").to_owned();
    let weather = symbol.map(|symbol| format!("weather.{}", symbol.number));
    let weather = weather.map_or_else(unknown, |key| texts.get(&key).to_owned());
    let rain = match rain {
        (Some(mm), Some(percent)) => {
            let values = [
                ("mm", texts.millimetres(mm)),
                ("percent", texts.percent(percent)),
            ];
            texts.format("rain_risk", &values)
        }
        (Some(mm), None) => texts.millimetres(mm),
        (None, _) => unknown(),
    };
    html! {
        tr role="row" {
            th scope="row" role="rowheader" { (name) }
            td role="cell" { (weather) }
            td role="cell" { (air.unwrap_or_else(unknown)) }
            td role="cell" { (rain) }
        }
    }
}

/// Today's sunshine, and when the sun shines on which lawn.
pub(super) fn sun(conditions: &Conditions, forecast: Option<&Forecast>, texts: &Texts) -> Markup {
    let minutes = forecast.and_then(|forecast| forecast.sunshine.minutes);
    let lawns = &conditions.lawns;
    if minutes.is_none() && lawns.is_empty() {
        return Markup::default();
    }
    let clock = |at: Option<Timestamp>| {
        at.map_or_else(|| texts.get("unknown").to_owned(), |at| texts.clock(at))
    };
    html! {
        section aria-labelledby="sun" {
            h2 #sun { (texts.get("sun")) }
            @if let Some(minutes) = minutes {
                @let hours = format!("{}:{:02} h", minutes / 60, minutes % 60);
                p { (texts.format("sunshine", &[("hours", hours)])) }
            }
            @if !lawns.is_empty() {
                table {
                    thead {
                        tr {
                            th scope="col" { (texts.get("lawn")) }
                            th scope="col" { (texts.get("sun_from")) }
                            th scope="col" { (texts.get("sun_until")) }
                        }
                    }
                    tbody {
                        @for lawn in lawns {
                            tr {
                                th scope="row" { (lawn.name) }
                                td { (clock(lawn.sun_from)) }
                                td { (clock(lawn.sun_until)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
