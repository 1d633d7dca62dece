//! The last 48 hours as two charts, and as a table by the hour.

use aareguru::series::RiverPoint;
use maud::{Markup, html};

use answers::i18n::Texts;

use crate::series::SeriesAttributes;
use crate::{
    fragments::{flood_levels, joined},
    overview_data::PlaceOverview,
};

const HOURS: i64 = 48;
const STEP_SECONDS: i64 = 600;

pub(super) fn charts(at: &PlaceOverview, texts: &Texts) -> Markup {
    let series = |value: fn(&RiverPoint) -> Option<f64>| {
        SeriesAttributes::last(&at.past, HOURS, STEP_SECONDS, value)
    };
    let water = series(|point| point.temperature_celsius);
    let flow = series(|point| point.flow_m3_per_s);
    if water.is_none() && flow.is_none() {
        return html! { p { (texts.get("no_series")) } };
    }
    let caption = |key, series: &SeriesAttributes, decimals| {
        let (low, high) = series.range();
        let range = [
            ("low", texts.number(low, decimals)),
            ("high", texts.number(high, decimals)),
        ];
        texts.format(key, &range)
    };
    let levels = joined(&flood_levels(at.place), " ");
    html! {
        @if let Some(series) = &water {
            (chart("water", "°C", series, &caption("chart_water", series, 1), ""))
        }
        @if let Some(series) = &flow {
            (chart("flow", "m³/s", series, &caption("chart_flow", series, 0), &levels))
        }
        (table(&at.past, texts))
    }
}

fn chart(kind: &str, unit: &str, series: &SeriesAttributes, caption: &str, levels: &str) -> Markup {
    html! {
        figure.chart.(kind) role="img" aria-label=(caption) data-unit=(unit)
            data-start=(series.start) data-step=(series.step_seconds)
            data-values=(series.values(1)) data-levels=(levels) {}
        p.caption { (caption) }
    }
}

/// The last reading of each hour, the newest first.
fn table(points: &[RiverPoint], texts: &Texts) -> Markup {
    let mut hourly: Vec<_> = points.iter().rev().collect();
    hourly.dedup_by_key(|point| point.at.as_second().div_euclid(3600));
    hourly.truncate(HOURS as usize + 1);
    let unknown = || texts.get("unknown").to_owned();
    html! {
        details #table {
            summary { (texts.get("table")) }
            table {
                thead {
                    tr {
                        th scope="col" { (texts.get("time")) }
                        th scope="col" { (texts.get("water")) }
                        th scope="col" { (texts.get("flow")) }
                    }
                }
                tbody {
                    @for point in hourly {
                        tr {
                            th scope="row" {
                                time datetime=(point.at.to_string()) { (texts.day_and_time(point.at)) }
                            }
                            td { (point.temperature_celsius.map_or_else(unknown, |it| texts.celsius(it))) }
                            td { (point.flow_m3_per_s.map_or_else(unknown, |it| texts.flow(it))) }
                        }
                    }
                }
            }
        }
    }
}
