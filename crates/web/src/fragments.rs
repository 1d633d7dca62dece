//! Parts that several pages share: readings and verdicts.

use aareguru::{
    Direction, FloodLevel, Freshness, Place, Quantity, Reading, Saying, Trend, Verdict,
};
use answers::{
    i18n::{Texts, replace_names},
    reasons::append_unknown_reason,
};
use jiff::{Timestamp, civil::Date};
use maud::{Markup, PreEscaped, Render, html};

use crate::overview_data::PlaceOverview;

/// The escaped text with this key, with each `{name}` replaced by markup.
pub(crate) fn format_markup(texts: &Texts, key: &str, values: &[(&str, Markup)]) -> Markup {
    let values: Vec<_> = values.iter().map(|(name, it)| (*name, &it.0)).collect();
    PreEscaped(replace_names(&texts.get(key).render().0, &values))
}

/// What the reader must know before any number: that it is a recording, or that the API fails.
pub(crate) fn banner(recorded_on: Option<Date>, notice: Option<&str>, texts: &Texts) -> Markup {
    html! {
        @if let Some(day) = recorded_on {
            p.notice { (texts.format("recorded", &[("day", texts.day(day))])) }
        }
        @if let Some(key) = notice { p.notice { (texts.get(key)) } }
    }
}

/// The water temperature, large; in words if it is old or unknown.
pub(crate) fn temperature(at: &PlaceOverview, now: Timestamp, texts: &Texts) -> Markup {
    let freshness = at.water.freshness(now);
    let text = match at.water.value(now) {
        Some(value) if freshness == Freshness::Old => {
            texts.format("last_was", &[("value", texts.celsius(value))])
        }
        Some(value) => {
            return html! {
                p.temperature.(class(freshness)) {
                    strong { (texts.number(value, 1)) } span { "\u{202f}°C" }
                }
            };
        }
        None => with_reason(texts.get("water_unknown"), &at.water, now, texts),
    };
    html! { p.temperature.none { span { (text) } } }
}

/// The water temperature in two hours, if the present one is current or recorded.
pub(crate) fn in_two_hours(at: &PlaceOverview, now: Timestamp, texts: &Texts) -> Markup {
    let celsius = at.water_in_two_hours.filter(|_| is_of_now(&at.water, now));
    html! {
        @if let Some(celsius) = celsius {
            p.soon { (texts.format("in_two_hours", &[("value", texts.celsius(celsius))])) }
        }
    }
}

/// Whether the reading has a current value or belongs to a recording.
pub(crate) fn is_of_now(reading: &Reading, now: Timestamp) -> bool {
    matches!(
        reading.freshness(now),
        Freshness::Fresh | Freshness::Recorded
    )
}

/// When a value was measured, how long ago, and whether it is still current.
pub(crate) fn measured(reading: &Reading, now: Timestamp, texts: &Texts) -> Markup {
    let freshness = reading.freshness(now);
    let age = reading.age(now).filter(|_| reading.recorded_on.is_none());
    let time = |at| match freshness {
        Freshness::Fresh => texts.clock(at),
        _ => texts.day_and_time(at),
    };
    html! {
        p.measured {
            @if freshness != Freshness::Fresh {
                span.mark.(class(freshness)) {
                    (texts.get(&format!("freshness.{}", class(freshness))))
                }
                " "
            }
            @if let Some(at) = reading.measured_at(now) {
                time datetime=(at.to_string()) { (texts.format("measured", &[("time", time(at))])) }
                @if let Some(age) = age {
                    ", " span.ago data-at=(at.as_second()) { (texts.ago(age)) }
                }
            } @else {
                (texts.get("measured_unknown"))
            }
        }
    }
}

/// The flow in words, and as a bar against the flood levels of the place.
pub(crate) fn flow(at: &PlaceOverview, now: Timestamp, texts: &Texts) -> Markup {
    let (value, freshness) = (at.flow.value(now), at.flow.freshness(now));
    let text = match (value.map(|value| texts.flow(value)), freshness) {
        (Some(value), Freshness::Old) => texts.format("last_was", &[("value", value)]),
        (Some(value), Freshness::Stale) => texts.format("flow_stale", &[("flow", value)]),
        (Some(value), _) => value,
        (None, _) if at.place.measures(Quantity::Flow) => {
            with_reason(texts.get("flow_unknown"), &at.flow, now, texts)
        }
        (None, _) => with_reason(texts.get("flow_not_measured"), &at.flow, now, texts),
    };
    let levels = flood_levels(at.place);
    let comparable = value.filter(|_| freshness != Freshness::Old);
    let from_level_2 = levels.first().map(f64::to_owned);
    html! {
        div.flow.(value.map_or("unknown", |_| class(freshness))) {
            p {
                (text)
                @if let Some((flow, from)) = comparable.zip(from_level_2) {
                    @let percent = texts.percent(100.0 * flow / from);
                    @let share = [("percent", percent), ("threshold", texts.number(from, 0))];
                    " " span.share { (texts.format("share", &share)) }
                }
            }
            // The script draws it; without it, the line above says the same.
            @if let (Some(flow), Some(_)) = (comparable, from_level_2) {
                @let thresholds = joined(&levels, ", ");
                @let label = texts.format("flow_bar", &[("flow", &text), ("thresholds", &thresholds)]);
                figure.bar role="img" aria-label=(label) data-flow=(flow)
                    data-levels=(joined(&levels, " ")) {}
            }
        }
    }
}

/// The flows in m³/s from which flood levels 2 to 5 hold; empty if the place has none.
pub(crate) fn flood_levels(place: &Place) -> Vec<f64> {
    let thresholds = place.flood_thresholds().into_iter();
    thresholds
        .flat_map(|it| {
            FloodLevel::ALL
                .into_iter()
                .filter_map(|level| it.from_m3_per_s(level))
        })
        .collect()
}

pub(crate) fn joined(numbers: &[f64], separator: &str) -> String {
    let numbers: Vec<_> = numbers.iter().map(f64::to_string).collect();
    numbers.join(separator)
}

/// How the flow changes.
pub(crate) fn trend(trend: Option<Trend>, texts: &Texts) -> String {
    let key = match trend.map(|trend| trend.direction) {
        Some(Direction::Rising) => "trend.rising",
        Some(Direction::Falling) => "trend.falling",
        Some(Direction::Steady) => "trend.steady",
        Some(Direction::Unknown) | None => "trend.unknown",
    };
    let per_hour = trend.and_then(|trend| trend.per_hour).unwrap_or_default();
    texts.format(key, &[("per_hour", texts.flow(per_hour.abs()))])
}

/// The verdict with its sign.
pub(crate) fn verdict(verdict: Verdict, texts: &Texts) -> Markup {
    let name = verdict.as_str();
    let sign = match verdict {
        Verdict::DoNotSwim => "\u{00d7}",
        Verdict::Caution => "!",
        Verdict::NoKnownWarning => "\u{2013}",
        Verdict::Unknown => "?",
    };
    html! {
        p.verdict.(name) {
            span.sign aria-hidden="true" { (sign) } (texts.get(&format!("verdict.{name}")))
        }
    }
}

/// A saying in dialect, with its plain reading if that is known.
pub(crate) fn saying(saying: &str, texts: &Texts) -> Markup {
    html! {
        p.saying {
            (texts.get("saying")) ": " q lang="gsw" { (saying) }
            @if let Some(known) = Saying::find(saying) {
                " " span.reading { "(" (texts.plain_reading(known)) ")" }
            }
        }
    }
}

/// `what` is unknown, with the reason if upstream sent something.
pub(crate) fn with_reason(what: &str, reading: &Reading, now: Timestamp, texts: &Texts) -> String {
    match reading.unknown_because(now) {
        Some(because) => append_unknown_reason(what, because, texts),
        None => what.to_owned(),
    }
}

fn class(freshness: Freshness) -> &'static str {
    match freshness {
        Freshness::Fresh => "fresh",
        Freshness::Stale => "stale",
        Freshness::Old => "old",
        Freshness::Unknown => "unknown",
        Freshness::Recorded => "recorded",
    }
}
