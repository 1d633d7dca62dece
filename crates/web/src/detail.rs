//! The content of a place's page: what is measured, the verdict with its reasons and their sources,
//! the last two days, and the forecast.

use aareguru::{Forecast, Quantity, Verdict, advice::BueberCanal, advice::Reason};
use answers::{i18n::Texts, reasons};
use jiff::Timestamp;
use maud::{Markup, html};

use crate::{
    fragments::{self, banner, flow, in_two_hours, measured, saying, temperature, verdict},
    overview_data::PlaceOverview,
    request::PageRequest,
};

mod chart;
mod weather;

pub(crate) fn main(
    request: &PageRequest,
    at: &PlaceOverview,
    forecast: Option<&Forecast>,
    now: Timestamp,
) -> Markup {
    let (texts, conditions) = (request.texts, at.conditions.as_ref());
    let notice = match conditions {
        None => Some("no_data"),
        Some(_) => at.is_upstream_failing().then_some("trouble"),
    };
    let doubt = conditions.and_then(|it| it.water.doubt());
    let next_level = conditions.and_then(|it| it.danger.next);
    html! {
        div.intro {
            p.back { a href=(request.href("")) { (texts.get("back")) } }
            h1 { (request.name(at.place)) }
            p.lead {
                (texts.format("gauge", &[("station", at.place.station())])) ". "
                @if at.place.note().is_some() { (texts.get(&format!("note.{}", at.place.id()))) }
            }
            (banner(at.water.recorded_on, notice, texts))
        }
        section.now aria-label=(texts.get("water")) {
            div.water { (temperature(at, now, texts)) (in_two_hours(at, now, texts)) }
            (measured(&at.water, now, texts))
            @if let Some(text) = conditions.and_then(|it| it.saying.as_deref()) {
                (saying(text, texts))
            }
            @if let Some(doubt) = doubt {
                p.notice { (reasons::translate_doubt(Quantity::Temperature, doubt, texts)) "." }
            }
        }
        section.advice.(at.advice.verdict.as_str()) aria-labelledby="why" {
            (verdict(at.advice.verdict, texts))
            h2 #why { (texts.get("why")) }
            ul.reasons { @for it in &at.advice.reasons { (reason(at, it, texts)) } }
            p.boundary { (texts.get("no_permission_text")) }
        }
        section aria-labelledby="flow" {
            h2 #flow { (texts.get("flow")) }
            (flow(at, now, texts))
            @if let Some(text) = conditions.and_then(|it| it.flow_saying.as_deref()) {
                (saying(text, texts))
            }
            p {
                @if at.place.measures(Quantity::Flow) { (fragments::trend(at.trend, texts)) }
                " "
                @if let Some(next) = next_level {
                    @let missing = texts.flow(next.missing_m3_per_s);
                    @let level = next.level.number().to_string();
                    (texts.format("next_level", &[("level", level), ("missing", missing)]))
                }
            }
        }
        section aria-labelledby="chart" {
            h2 #chart { (texts.get("chart")) }
            (chart::charts(at, texts))
        }
        section aria-labelledby="forecast" {
            h2 #forecast { (texts.get("forecast")) }
            (weather::forecast(at, forecast, now, texts))
        }
        @if let Some(conditions) = conditions { (weather::sun(conditions, forecast, texts)) }
        @if let Some(canal) = conditions.and_then(|it| it.canal) {
            section aria-labelledby="canal" {
                h2 #canal { (texts.get("canal")) }
                p { (canal_state(canal, texts)) }
            }
        }
    }
}

fn reason(at: &PlaceOverview, reason: &Reason, texts: &Texts) -> Markup {
    html! {
        li class=(reason.speaks_for.map_or("", Verdict::as_str)) {
            (reasons::translate_reason(at.place, reason, texts)) ". "
            span.sources {
                (texts.get("source")) ": "
                @for (n, source) in reason.sources.iter().enumerate() {
                    @if n > 0 { "; " }
                    a href=(source.url) rel="noreferrer" { (source.name) } " (" (source.date) ")"
                }
            }
        }
    }
}

fn canal_state(canal: BueberCanal, texts: &Texts) -> String {
    let since = canal.since.map(|since| texts.day_and_time(since));
    let since = since.map(|since| texts.format("canal_since", &[("time", since)]));
    let key = if canal.is_open {
        "canal_open"
    } else {
        "canal_closed"
    };
    texts.format(key, &[("since", since.unwrap_or_default())])
}
