//! The last 48 hours as two charts, and the same as a table by the hour.

use aareguru::{FloodLevel, Place, series::RiverPoint};
use jiff::Timestamp;

use super::{Html, PlaceOverview, Series, Texts, Value};

const HOURS: i64 = 48;
const STEP_SECONDS: i64 = 600;

pub(super) fn charts(at: &PlaceOverview, texts: &Texts) -> Html {
    const NONE: &str = "<p>{{w.no_series}}</p>";
    let of =
        |value: fn(&RiverPoint) -> Option<f64>| Series::last(&at.past, HOURS, STEP_SECONDS, value);
    let water = of(|point| point.temperature_celsius);
    let flow = of(|point| point.flow_m3_per_s);
    if water.is_none() && flow.is_none() {
        return Html::fill(NONE, texts, &[]);
    }
    let water = water.map(|series| {
        let (low, high) = (series.lowest(), series.highest());
        let caption = texts.format(
            "chart_water",
            &[
                ("low", &texts.number(low, 1)),
                ("high", &texts.number(high, 1)),
            ],
        );
        chart("water", "°C", &series, 1, caption, String::new(), texts)
    });
    let flow = flow.map(|series| {
        let (low, high) = (series.lowest(), series.highest());
        let caption = texts.format(
            "chart_flow",
            &[
                ("low", &texts.number(low, 0)),
                ("high", &texts.number(high, 0)),
            ],
        );
        let levels = levels(at.place);
        chart("flow", "m³/s", &series, 1, caption, levels, texts)
    });
    [
        water.unwrap_or_default(),
        flow.unwrap_or_default(),
        table(&at.past, texts),
    ]
    .into_iter()
    .collect()
}

fn levels(place: &Place) -> String {
    let Some(thresholds) = place.flood_thresholds() else {
        return String::new();
    };
    let levels = FloodLevel::ALL.into_iter();
    let levels = levels.filter_map(|level| thresholds.from_m3_per_s(level));
    levels
        .map(|from| from.to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

fn chart(
    kind: &'static str,
    unit: &'static str,
    series: &Series,
    decimals: usize,
    caption: String,
    levels: String,
    texts: &Texts,
) -> Html {
    const CHART: &str = r#"<figure class="chart {{kind}}" role="img" aria-label="{{caption}}" data-unit="{{unit}}" data-start="{{start}}" data-step="{{step}}" data-values="{{values}}" data-levels="{{levels}}"></figure><p class="caption">{{caption}}</p>"#;
    let values = [
        ("kind", Value::from(kind)),
        ("unit", unit.into()),
        ("caption", caption.into()),
        ("start", series.start.to_string().into()),
        ("step", series.step_seconds.to_string().into()),
        ("values", series.values(decimals).into()),
        ("levels", levels.into()),
    ];
    Html::fill(CHART, texts, &values)
}

/// The last reading of each hour, the newest first.
fn table(points: &[RiverPoint], texts: &Texts) -> Html {
    const TABLE: &str = r#"<details id="table"><summary>{{w.table}}</summary><table><thead><tr><th scope="col">{{w.time}}</th><th scope="col">{{w.water}}</th><th scope="col">{{w.flow}}</th></tr></thead><tbody>{{rows}}</tbody></table></details>"#;
    const ROW: &str = r#"<tr><th scope="row"><time datetime="{{at}}">{{time}}</time></th><td>{{water}}</td><td>{{flow}}</td></tr>"#;
    let hour = |at: Timestamp| at.as_second().div_euclid(3600);
    let mut last: Option<i64> = None;
    let hourly = points.iter().rev().filter(|point| {
        let is_new = last != Some(hour(point.at));
        last = Some(hour(point.at));
        is_new
    });
    let unknown = || texts.get("unknown").to_owned();
    let rows: Html = hourly
        .take(HOURS as usize + 1)
        .map(|point| {
            let water = point.temperature_celsius.map(|it| texts.celsius(it));
            let flow = point.flow_m3_per_s.map(|it| texts.flow(it));
            let values = [
                ("at", point.at.to_string().into()),
                ("time", texts.day_and_time(point.at).into()),
                ("water", water.unwrap_or_else(unknown).into()),
                ("flow", flow.unwrap_or_else(unknown).into()),
            ];
            Html::fill(ROW, texts, &values)
        })
        .collect();
    Html::fill(TABLE, texts, &[("rows", rows.into())])
}
