//! One place: what is measured, what speaks against it and who says so, the
//! last two days, and what comes.

use aareguru::{
    Conditions, Forecast, Quantity, Saying, Source, Verdict, advice::BueberCanal, advice::Reason,
};

use super::{
    Reader, fragments,
    i18n::Texts,
    overview,
    overview_data::{PlaceOverview, RiverOverview},
    series::Series,
    template::{Html, Value},
};

mod chart;
mod weather;

const PAGE: &str = include_str!("../../../web/place.html");

/// The page of the only place that was looked at.
pub(super) fn page(reader: &Reader, sight: &RiverOverview, forecast: Option<&Forecast>) -> Html {
    let (texts, now) = (reader.texts, sight.now);
    let at = &sight.places[0];
    let conditions = at.conditions.as_ref();
    let note = format!("note.{}", at.place.id());
    let note = at.place.note().map(|_| texts.get(&note));
    let notice = match conditions {
        None => Some("no_data"),
        Some(_) => at.is_troubled().then_some("trouble"),
    };
    let reasons = at.advice.reasons.iter();
    let reasons: Html = reasons.map(|it| reason(at, it, texts)).collect();
    let saying = conditions.and_then(|it| it.saying.as_deref());
    let flow_saying = conditions.and_then(|it| it.flow_saying.as_deref());
    let values = [
        ("base_path", reader.base_path.as_str().into()),
        ("query", reader.query.into()),
        ("name", reader.name(at.place).into()),
        (
            "station",
            texts
                .format("gauge", &[("station", at.place.station())])
                .into(),
        ),
        ("note", note.unwrap_or_default().into()),
        ("banner", reader.banner(sight.recorded_on, notice).into()),
        ("temperature", fragments::temperature(at, now, texts).into()),
        (
            "in_two_hours",
            overview::in_two_hours(at, sight, texts).into(),
        ),
        (
            "measured",
            fragments::measured(&at.water, now, texts).into(),
        ),
        ("saying", saying.map(|it| said(it, texts)).into()),
        ("doubt", conditions.and_then(|it| doubt(it, texts)).into()),
        ("class", at.advice.verdict.as_str().into()),
        (
            "verdict",
            fragments::verdict(at.advice.verdict, texts).into(),
        ),
        ("reasons", reasons.into()),
        ("flow", fragments::flow(at, now, texts).into()),
        ("flow_saying", flow_saying.map(|it| said(it, texts)).into()),
        ("trend", trend(at, texts).into()),
        ("next_level", next_level(at, texts).into()),
        ("charts", chart::charts(at, texts).into()),
        (
            "forecast",
            weather::forecast(at, forecast, sight, texts).into(),
        ),
        (
            "sun",
            conditions
                .and_then(|it| weather::sun(it, forecast, texts))
                .into(),
        ),
        (
            "canal",
            conditions.and_then(|it| canal(it.canal, texts)).into(),
        ),
    ];
    Html::fill(PAGE, texts, &values)
}

fn reason(at: &PlaceOverview, reason: &Reason, texts: &Texts) -> Html {
    const REASON: &str = r#"<li class="{{class}}">{{text}}. <span class="sources">{{w.source}}: {{sources}}</span></li>"#;
    const SOURCE: &str =
        r#"<a href="{{url}}" rel="noreferrer">{{name}}</a> ({{date}}){{separator}}"#;
    let count = reason.sources.len();
    let sources = reason.sources.iter().enumerate();
    let sources: Html = sources
        .map(|(n, source): (usize, &&Source)| {
            let separator = if n + 1 < count { "; " } else { "" };
            let values = [
                ("url", source.url.as_str().into()),
                ("name", source.name.as_str().into()),
                ("date", source.date.as_str().into()),
                ("separator", separator.into()),
            ];
            Html::fill(SOURCE, texts, &values)
        })
        .collect();
    let class = reason.speaks_for.map_or("", Verdict::as_str);
    let values = [
        ("class", class.into()),
        ("text", fragments::reason(at.place, reason, texts).into()),
        ("sources", sources.into()),
    ];
    Html::fill(REASON, texts, &values)
}

/// A saying as it is, and beside it what it says, if that is known.
fn said(saying: &str, texts: &Texts) -> Html {
    const SAID: &str =
        r#"<p class="saying">{{w.saying}}: <q lang="gsw">{{text}}</q>{{reading}}</p>"#;
    const READING: &str = r#" <span class="reading">({{text}})</span>"#;
    let reading = Saying::find(saying).map(|known| {
        let reading = texts.plain_reading(known);
        Html::fill(READING, texts, &[("text", reading.into())])
    });
    let values = [("text", saying.into()), ("reading", reading.into())];
    Html::fill(SAID, texts, &values)
}

fn doubt(conditions: &Conditions, texts: &Texts) -> Option<Html> {
    const DOUBT: &str = r#"<p class="notice">{{text}}</p>"#;
    let doubt = fragments::doubt(Quantity::Temperature, conditions.water.doubt()?, texts);
    let text = format!("{doubt}.");
    Some(Html::fill(DOUBT, texts, &[("text", text.into())]))
}

fn trend(at: &PlaceOverview, texts: &Texts) -> String {
    if at.place.measures(Quantity::Flow) {
        fragments::trend(at.trend, texts)
    } else {
        String::new()
    }
}

fn next_level(at: &PlaceOverview, texts: &Texts) -> String {
    let danger = at.conditions.as_ref().map(|it| &it.danger);
    let Some(next) = danger.and_then(|danger| danger.next) else {
        return String::new();
    };
    let level = next.level.number().to_string();
    let missing = texts.flow(next.missing_m3_per_s);
    texts.format("next_level", &[("level", &level), ("missing", &missing)])
}

fn canal(canal: Option<BueberCanal>, texts: &Texts) -> Option<Html> {
    const CANAL: &str = r#"<section aria-labelledby="canal"><h2 id="canal">{{w.canal}}</h2><p>{{text}}</p></section>"#;
    let canal = canal?;
    let since = canal.since.map(|since| texts.day_and_time(since));
    let since = since.map(|since| texts.format("canal_since", &[("time", &since)]));
    let key = if canal.is_open {
        "canal_open"
    } else {
        "canal_closed"
    };
    let text = texts.format(key, &[("since", &since.unwrap_or_default())]);
    Some(Html::fill(CANAL, texts, &[("text", text.into())]))
}
