//! One place: what is measured, what speaks against it and who says so, the
//! last two days, and what comes.

use aareguru::{
    Conditions, Forecast, Quantity, Saying, Source, Verdict, advice::BueberCanal, advice::Reason,
};

use super::{
    Reader, overview,
    series::Series,
    sight::{AtPlace, Sight},
    template::{Html, Value},
    told,
    words::Words,
};

mod chart;
mod weather;

const PAGE: &str = include_str!("../../../web/place.html");

/// The page of the only place that was looked at.
pub(super) fn page(reader: &Reader, sight: &Sight, forecast: Option<&Forecast>) -> Html {
    let (words, now) = (reader.words, sight.now);
    let at = &sight.places[0];
    let conditions = at.conditions.as_ref();
    let note = format!("note.{}", at.place.id());
    let note = at.place.note().map(|_| words.say(&note));
    let notice = match conditions {
        None => Some("no_data"),
        Some(_) => at.is_troubled().then_some("trouble"),
    };
    let reasons = at.advice.reasons.iter();
    let reasons: Html = reasons.map(|it| reason(at, it, words)).collect();
    let saying = conditions.and_then(|it| it.saying.as_deref());
    let flow_saying = conditions.and_then(|it| it.flow_saying.as_deref());
    let values = [
        ("base_path", reader.base_path.as_str().into()),
        ("query", reader.query.into()),
        ("name", reader.name(at.place).into()),
        (
            "station",
            words
                .tell("gauge", &[("station", at.place.station())])
                .into(),
        ),
        ("note", note.unwrap_or_default().into()),
        ("banner", reader.banner(sight.recorded_on, notice).into()),
        ("temperature", told::temperature(at, now, words).into()),
        (
            "in_two_hours",
            overview::in_two_hours(at, sight, words).into(),
        ),
        ("measured", told::measured(&at.water, now, words).into()),
        ("saying", saying.map(|it| said(it, words)).into()),
        ("doubt", conditions.and_then(|it| doubt(it, words)).into()),
        ("class", at.advice.verdict.as_str().into()),
        ("verdict", told::verdict(at.advice.verdict, words).into()),
        ("reasons", reasons.into()),
        ("flow", told::flow(at, now, words).into()),
        ("flow_saying", flow_saying.map(|it| said(it, words)).into()),
        ("trend", trend(at, words).into()),
        ("next_level", next_level(at, words).into()),
        ("charts", chart::charts(at, words).into()),
        (
            "forecast",
            weather::forecast(at, forecast, sight, words).into(),
        ),
        (
            "sun",
            conditions
                .and_then(|it| weather::sun(it, forecast, words))
                .into(),
        ),
        (
            "canal",
            conditions.and_then(|it| canal(it.canal, words)).into(),
        ),
    ];
    Html::fill(PAGE, words, &values)
}

fn reason(at: &AtPlace, reason: &Reason, words: &Words) -> Html {
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
            Html::fill(SOURCE, words, &values)
        })
        .collect();
    let class = reason.speaks_for.map_or("", Verdict::as_str);
    let values = [
        ("class", class.into()),
        ("text", told::reason(at.place, reason, words).into()),
        ("sources", sources.into()),
    ];
    Html::fill(REASON, words, &values)
}

/// A saying as it is, and beside it what it says, if that is known.
fn said(saying: &str, words: &Words) -> Html {
    const SAID: &str =
        r#"<p class="saying">{{w.saying}}: <q lang="gsw">{{text}}</q>{{reading}}</p>"#;
    const READING: &str = r#" <span class="reading">({{text}})</span>"#;
    let reading = Saying::find(saying).map(|known| {
        let reading = words.reading_of(known);
        Html::fill(READING, words, &[("text", reading.into())])
    });
    let values = [("text", saying.into()), ("reading", reading.into())];
    Html::fill(SAID, words, &values)
}

fn doubt(conditions: &Conditions, words: &Words) -> Option<Html> {
    const DOUBT: &str = r#"<p class="notice">{{text}}</p>"#;
    let doubt = told::doubt(Quantity::Temperature, conditions.water.doubt()?, words);
    let text = format!("{doubt}.");
    Some(Html::fill(DOUBT, words, &[("text", text.into())]))
}

fn trend(at: &AtPlace, words: &Words) -> String {
    if at.place.measures(Quantity::Flow) {
        told::trend(at.trend, words)
    } else {
        String::new()
    }
}

fn next_level(at: &AtPlace, words: &Words) -> String {
    let danger = at.conditions.as_ref().map(|it| &it.danger);
    let Some(next) = danger.and_then(|danger| danger.next) else {
        return String::new();
    };
    let level = next.level.number().to_string();
    let missing = words.flow(next.missing_m3_per_s);
    words.tell("next_level", &[("level", &level), ("missing", &missing)])
}

fn canal(canal: Option<BueberCanal>, words: &Words) -> Option<Html> {
    const CANAL: &str = r#"<section aria-labelledby="canal"><h2 id="canal">{{w.canal}}</h2><p>{{text}}</p></section>"#;
    let canal = canal?;
    let since = canal.since.map(|since| words.day_and_time(since));
    let since = since.map(|since| words.tell("canal_since", &[("time", &since)]));
    let key = if canal.is_open {
        "canal_open"
    } else {
        "canal_closed"
    };
    let text = words.tell(key, &[("since", &since.unwrap_or_default())]);
    Some(Html::fill(CANAL, words, &[("text", text.into())]))
}
