//! What comes, in the air and in the water, and where the sun shines.

use aareguru::{Conditions, Forecast, Freshness, Reading, WeatherSymbol};

use super::{Html, PlaceOverview, RiverOverview, Texts, Value, fragments};

pub(super) fn forecast(
    at: &PlaceOverview,
    forecast: Option<&Forecast>,
    sight: &RiverOverview,
    texts: &Texts,
) -> Html {
    const UNKNOWN: &str = "<p>{{w.unknown}}</p>";
    const NOW: &str = r#"<dl class="facts">{{water}}<div><dt>{{w.air}}</dt><dd>{{air}}</dd></div><div><dt>{{w.rain}}</dt><dd>{{rain}}</dd></div></dl>{{parts}}{{implausible}}"#;
    const IMPLAUSIBLE: &str = r#"<p class="notice">{{w.forecast_implausible}}</p>"#;
    let Some(forecast) = forecast else {
        return Html::fill(UNKNOWN, texts, &[]);
    };
    let conditions = at.conditions.as_ref();
    let is_of_now = |freshness| matches!(freshness, Freshness::Fresh | Freshness::Recorded);
    let unknown = || texts.get("unknown").to_owned();
    let shown = |reading: Option<Reading>, in_words: &dyn Fn(f64) -> String| {
        let Some(reading) = reading else {
            return unknown();
        };
        let value = reading.value(sight.now);
        match value.filter(|_| is_of_now(reading.freshness(sight.now))) {
            Some(value) => in_words(value),
            None => fragments::with_reason(&unknown(), &reading, sight.now, texts),
        }
    };
    let air = shown(conditions.map(|it| it.air), &|air| texts.celsius(air));
    let rain = shown(conditions.map(|it| it.rain), &|mm| {
        texts.format("rain_last", &[("mm", &texts.millimetres(mm))])
    });
    let values = [
        ("water", water(at, forecast, sight, texts).into()),
        ("air", air.into()),
        ("rain", rain.into()),
        ("parts", days(forecast, sight, texts).into()),
        (
            "implausible",
            (!forecast.implausible.is_empty())
                .then(|| Html::fill(IMPLAUSIBLE, texts, &[]))
                .into(),
        ),
    ];
    Html::fill(NOW, texts, &values)
}

fn water(at: &PlaceOverview, forecast: &Forecast, sight: &RiverOverview, texts: &Texts) -> Html {
    const LINE: &str = r#"<div><dt>{{w.water_in_two_hours}}</dt><dd>{{text}}{{saying}}</dd></div>"#;
    let freshness = at.water.freshness(sight.now);
    let is_of_now = matches!(freshness, Freshness::Fresh | Freshness::Recorded);
    let water = forecast.water_in_two_hours.as_ref().filter(|_| is_of_now);
    let saying = water.and_then(|water| water.saying.as_deref());
    let text = water.map(|water| texts.celsius(water.celsius));
    let values = [
        (
            "text",
            Value::from(text.unwrap_or_else(|| texts.get("unknown").to_owned())),
        ),
        ("saying", saying.map(|it| super::said(it, texts)).into()),
    ];
    Html::fill(LINE, texts, &values)
}

/// Today by its parts, and the days after it. On a phone a row is drawn on two
/// lines; the roles keep it a table for those who hear it.
fn days(forecast: &Forecast, sight: &RiverOverview, texts: &Texts) -> Html {
    const TABLE: &str = r#"<div class="scroll" tabindex="0" role="group" aria-label="{{caption}}"><table class="days" role="table"><caption>{{caption}}</caption><thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">{{w.when}}</th><th scope="col" role="columnheader">{{w.weather_word}}</th><th scope="col" role="columnheader">{{w.air}}</th><th scope="col" role="columnheader">{{w.rain}}</th></tr></thead><tbody role="rowgroup">{{rows}}</tbody></table></div>"#;
    let is_of_today = forecast.is_of_today(sight.now) == Some(true);
    let caption = match forecast.today {
        Some(day) if !is_of_today || forecast.recorded_on.is_some() => {
            texts.format("of_day", &[("day", &texts.day(day))])
        }
        _ => texts.get("today").to_owned(),
    };
    let parts = forecast.parts.iter().map(|part| {
        let key = format!("part.{}", part.part.as_str());
        let air = part.air_celsius.map(|air| texts.celsius(air));
        row(
            texts.get(&key).to_owned(),
            part.symbol,
            air,
            (part.rain_mm, part.rain_risk_percent),
            texts,
        )
    });
    let days = forecast.days.iter().map(|day| {
        let name = day.date.map(|date| texts.day_of_week(date));
        let name = name.unwrap_or_else(|| format!("+{}", day.days_ahead));
        let (low, high) = (day.lowest_air_celsius, day.highest_air_celsius);
        let air = low.zip(high);
        let air =
            air.map(|(low, high)| format!("{} / {}", texts.number(low, 0), texts.celsius(high)));
        let rain = (day.rain_mm, day.rain_risk_percent);
        row(name, day.symbol, air, rain, texts)
    });
    let rows: Html = parts.chain(days).collect();
    let values = [("caption", caption.into()), ("rows", rows.into())];
    Html::fill(TABLE, texts, &values)
}

fn row(
    name: String,
    symbol: Option<&WeatherSymbol>,
    air: Option<String>,
    rain: (Option<f64>, Option<f64>),
    texts: &Texts,
) -> Html {
    const ROW: &str = r#"<tr role="row"><th scope="row" role="rowheader">{{name}}</th><td role="cell">{{weather}}</td><td role="cell">{{air}}</td><td role="cell">{{rain}}</td></tr>"#;
    let key = symbol.map(|symbol| format!("weather.{}", symbol.number));
    let unknown = texts.get("unknown");
    let rain = match rain {
        (Some(mm), Some(percent)) => {
            let (mm, percent) = (texts.millimetres(mm), texts.percent(percent));
            texts.format("rain_risk", &[("mm", &mm), ("percent", &percent)])
        }
        (Some(mm), None) => texts.millimetres(mm),
        (None, _) => unknown.to_owned(),
    };
    let values = [
        ("name", Value::from(name)),
        (
            "weather",
            key.as_deref().map_or(unknown, |key| texts.get(key)).into(),
        ),
        ("air", air.unwrap_or_else(|| unknown.to_owned()).into()),
        ("rain", rain.into()),
    ];
    Html::fill(ROW, texts, &values)
}

/// The sunshine of today, and on which lawn it shines when.
pub(super) fn sun(
    conditions: &Conditions,
    forecast: Option<&Forecast>,
    texts: &Texts,
) -> Option<Html> {
    const SUN: &str =
        r#"<section aria-labelledby="sun"><h2 id="sun">{{w.sun}}</h2>{{shine}}{{lawns}}</section>"#;
    const SHINE: &str = "<p>{{text}}</p>";
    const LAWNS: &str = r#"<table><thead><tr><th scope="col">{{w.lawn}}</th><th scope="col">{{w.sun_from}}</th><th scope="col">{{w.sun_until}}</th></tr></thead><tbody>{{rows}}</tbody></table>"#;
    const LAWN: &str =
        r#"<tr><th scope="row">{{name}}</th><td>{{from}}</td><td>{{until}}</td></tr>"#;
    let minutes = forecast.and_then(|forecast| forecast.sunshine.minutes);
    let shine = minutes.map(|minutes| {
        let hours = format!("{}:{:02} h", minutes / 60, minutes % 60);
        let text = texts.format("sunshine", &[("hours", &hours)]);
        Html::fill(SHINE, texts, &[("text", text.into())])
    });
    let clock = |at: Option<jiff::Timestamp>| {
        at.map_or_else(|| texts.get("unknown").to_owned(), |at| texts.clock(at))
    };
    let rows: Html = conditions
        .lawns
        .iter()
        .map(|lawn| {
            let values = [
                ("name", lawn.name.as_str().into()),
                ("from", clock(lawn.sun_from).into()),
                ("until", clock(lawn.sun_until).into()),
            ];
            Html::fill(LAWN, texts, &values)
        })
        .collect();
    let lawns =
        (!conditions.lawns.is_empty()).then(|| Html::fill(LAWNS, texts, &[("rows", rows.into())]));
    if shine.is_none() && lawns.is_none() {
        return None;
    }
    let values = [("shine", shine.into()), ("lawns", lawns.into())];
    Some(Html::fill(SUN, texts, &values))
}
