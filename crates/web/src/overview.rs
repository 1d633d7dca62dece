//! The content of the start page: all places, downstream.

use aareguru::Verdict;
use answers::{i18n::Texts, reasons::translate_reason};
use jiff::Timestamp;
use maud::{Markup, html};

use crate::{
    fragments::{banner, flow, in_two_hours, measured, temperature, verdict},
    overview_data::{PlaceOverview, RiverOverview},
    request::PageRequest,
    series::SeriesAttributes,
};

/// The verdicts, as they are listed.
const VERDICTS: [Verdict; 4] = [
    Verdict::DoNotSwim,
    Verdict::Caution,
    Verdict::Unknown,
    Verdict::NoKnownWarning,
];

pub(crate) fn main(request: &PageRequest, river: &RiverOverview) -> Markup {
    let texts = request.texts;
    let notice = if river.is_empty() {
        Some("no_data")
    } else {
        river.is_upstream_failing.then_some("trouble")
    };
    html! {
        div.intro {
            h1 { (texts.get("title")) }
            p.lead { (texts.get("lead")) }
            (banner(river.recorded_on, notice, texts))
            (extremes(request, river))
        }
        h2.quiet { (texts.get("places")) }
        ol.river {
            @for at in &river.places {
                @if let Some(lake) = lake_above(at) {
                    li.lake { span { (texts.get(lake)) } }
                }
                (stop(request, at, river.now))
            }
        }
        section.ask {
            h2 { (texts.get("ask")) }
            p {
                (texts.get("ask_text")) " "
                a href={ (request.base_path) "/console" } { (texts.get("ask_link")) }
            }
        }
    }
}

/// The lake that the Aare leaves just above the place.
fn lake_above(at: &PlaceOverview) -> Option<&'static str> {
    match at.place.id() {
        "interlaken" => Some("lake.brienz"),
        "thun" => Some("lake.thun"),
        "biel" => Some("lake.biel"),
        _ => None,
    }
}

fn stop(request: &PageRequest, at: &PlaceOverview, now: Timestamp) -> Markup {
    let (texts, id) = (request.texts, at.place.id());
    html! {
        li.stop #(id) {
            article aria-labelledby={ "name-" (id) } {
                div.where {
                    h3 #{ "name-" (id) } { a href=(request.href(id)) { (request.name(at.place)) } }
                    p { (texts.format("gauge", &[("station", at.place.station())])) }
                }
                div.water { (temperature(at, now, texts)) (in_two_hours(at, now, texts)) }
                div.series { (spark(at, texts)) }
                (flow(at, now, texts))
                div.judged {
                    (verdict(at.advice.verdict, texts))
                    p.reason {
                        @if let Some(first) = at.advice.reasons.first() {
                            (translate_reason(at.place, first, texts))
                        }
                    }
                }
                (measured(&at.water, now, texts))
            }
        }
    }
}

fn spark(at: &PlaceOverview, texts: &Texts) -> Markup {
    let Some(series) = SeriesAttributes::last(&at.past, 24, 1800, |it| it.temperature_celsius)
    else {
        return html! { p.quiet { (texts.get("no_series")) } };
    };
    let (low, high) = series.range();
    let range = [("low", texts.celsius(low)), ("high", texts.celsius(high))];
    html! {
        figure.spark role="img" aria-label=(texts.format("spark", &range))
            data-start=(series.start) data-step=(series.step_seconds)
            data-values=(series.values(1)) {}
    }
}

/// Where it is warmest and coldest, and which places have which verdict.
fn extremes(request: &PageRequest, river: &RiverOverview) -> Markup {
    let texts = request.texts;
    let known = river.places.iter();
    let known = known.filter_map(|at| Some((at.place, at.water.comparable_value(river.now)?)));
    let mut known: Vec<_> = known.collect();
    known.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (Some(coldest), Some(warmest)) = (known.first(), known.last()) else {
        return Markup::default();
    };
    let [warmest, coldest] = [warmest, coldest]
        .map(|(place, celsius)| format!("{}, {}", request.name(place), texts.celsius(*celsius)));
    html! {
        p.extremes { (texts.format("extremes", &[("warmest", warmest), ("coldest", coldest)])) }
        ul.verdicts {
            @for it in VERDICTS {
                @let places = river.places.iter().filter(|at| at.advice.verdict == it);
                @let names: Vec<_> = places.map(|at| request.name(at.place)).collect();
                @if !names.is_empty() {
                    li { (verdict(it, texts)) span { (names.join(", ")) } }
                }
            }
        }
    }
}
