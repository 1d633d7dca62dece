//! All places, downstream, at a glance.

use aareguru::{Freshness, Verdict};

use super::{
    Reader,
    series::Series,
    sight::{AtPlace, Sight},
    template::{Html, Value},
    told,
    words::Words,
};

const PAGE: &str = include_str!("../../../web/river.html");
const PLACE: &str = include_str!("../../../web/river_place.html");

/// The lakes that the Aare leaves before it comes to these places.
const LAKES: [(&str, &str); 3] = [("interlaken", "brienz"), ("thun", "thun"), ("biel", "biel")];

pub(super) fn page(reader: &Reader, sight: &Sight) -> Html {
    let words = reader.words;
    let places = sight.places.iter();
    let places: Html = places
        .flat_map(|at| [lake(at, words), stop(reader, at, sight)])
        .collect();
    let values = [
        (
            "banner",
            reader.banner(sight.recorded_on, notice(sight)).into(),
        ),
        ("extremes", extremes(sight, words).into()),
        ("places", places.into()),
        ("base_path", reader.base_path.as_str().into()),
    ];
    Html::fill(PAGE, words, &values)
}

fn notice(sight: &Sight) -> Option<&'static str> {
    if sight.is_empty() {
        Some("no_data")
    } else {
        sight.is_troubled.then_some("trouble")
    }
}

fn lake(at: &AtPlace, words: &Words) -> Html {
    const LAKE: &str = r#"<li class="lake"><span>{{name}}</span></li>"#;
    let lake = LAKES.iter().find(|(below, _)| *below == at.place.id());
    let Some((_, lake)) = lake else {
        return Html::empty();
    };
    let key = format!("lake.{lake}");
    Html::fill(LAKE, words, &[("name", words.say(&key).into())])
}

fn stop(reader: &Reader, at: &AtPlace, sight: &Sight) -> Html {
    let (words, now) = (reader.words, sight.now);
    let reason = at.advice.reasons.first();
    let reason = reason.map(|reason| told::reason(at.place, reason, words));
    let values = [
        ("id", at.place.id().into()),
        ("href", reader.href(at.place.id()).into()),
        ("name", reader.name(at.place).into()),
        (
            "station",
            words
                .tell("gauge", &[("station", at.place.station())])
                .into(),
        ),
        ("temperature", told::temperature(at, now, words).into()),
        ("in_two_hours", in_two_hours(at, sight, words).into()),
        ("spark", spark(at, words).into()),
        ("flow", told::flow(at, now, words).into()),
        ("verdict", told::verdict(at.advice.verdict, words).into()),
        ("reason", reason.unwrap_or_default().into()),
        ("measured", told::measured(&at.water, now, words).into()),
    ];
    Html::fill(PLACE, words, &values)
}

/// Only after a temperature that is of now, or of the recording.
pub(super) fn in_two_hours(at: &AtPlace, sight: &Sight, words: &Words) -> Option<Html> {
    const LINE: &str = r#"<p class="soon">{{text}}</p>"#;
    let freshness = at.water.freshness(sight.now);
    let is_of_now = matches!(freshness, Freshness::Fresh | Freshness::Recorded);
    let celsius = at.water_in_two_hours.filter(|_| is_of_now)?;
    let text = words.tell("in_two_hours", &[("value", &words.celsius(celsius))]);
    Some(Html::fill(LINE, words, &[("text", text.into())]))
}

fn spark(at: &AtPlace, words: &Words) -> Html {
    const SPARK: &str = r#"<figure class="spark" role="img" aria-label="{{label}}" data-start="{{start}}" data-step="{{step}}" data-values="{{values}}"></figure>"#;
    const NONE: &str = r#"<p class="quiet">{{w.no_series}}</p>"#;
    let Some(series) = Series::last(&at.past, 24, 1800, |it| it.temperature_celsius) else {
        return Html::fill(NONE, words, &[]);
    };
    let (low, high) = (
        words.celsius(series.lowest()),
        words.celsius(series.highest()),
    );
    let label = words.tell("spark", &[("low", &low), ("high", &high)]);
    let values = [
        ("label", Value::from(label)),
        ("start", series.start.to_string().into()),
        ("step", series.step_seconds.to_string().into()),
        ("values", series.values(1).into()),
    ];
    Html::fill(SPARK, words, &values)
}

/// Where it is warmest and coldest, and how many places have which verdict.
fn extremes(sight: &Sight, words: &Words) -> Option<Html> {
    const LINE: &str = r#"<p class="extremes">{{text}}</p><ul class="verdicts">{{verdicts}}</ul>"#;
    const ITEM: &str = "<li>{{verdict}}<span>{{places}}</span></li>";
    let places = sight.places.iter();
    let known = places.filter_map(|at| Some((at, at.water.comparable_value(sight.now)?)));
    let told = |(at, celsius): (&AtPlace, f64)| {
        let key = format!("place.{}", at.place.id());
        format!("{}, {}", words.say(&key), words.celsius(celsius))
    };
    let warmest = known.clone().max_by(|a, b| a.1.total_cmp(&b.1)).map(told)?;
    let coldest = known.min_by(|a, b| a.1.total_cmp(&b.1)).map(told)?;
    let text = words.tell("extremes", &[("warmest", &warmest), ("coldest", &coldest)]);
    let verdicts = [
        Verdict::DoNotSwim,
        Verdict::Caution,
        Verdict::Unknown,
        Verdict::NoKnownWarning,
    ];
    let verdicts = verdicts.into_iter().filter_map(|verdict| {
        let places = sight.places.iter();
        let places = places.filter(|at| at.advice.verdict == verdict);
        let keys: Vec<_> = places
            .map(|at| format!("place.{}", at.place.id()))
            .collect();
        let names: Vec<_> = keys.iter().map(|key| words.say(key)).collect();
        let values = [
            ("verdict", told::verdict(verdict, words).into()),
            ("places", names.join(", ").into()),
        ];
        (!names.is_empty()).then(|| Html::fill(ITEM, words, &values))
    });
    let verdicts: Html = verdicts.collect();
    let values = [("text", text.into()), ("verdicts", verdicts.into())];
    Some(Html::fill(LINE, words, &values))
}
