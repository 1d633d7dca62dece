//! All places, downstream, at a glance.

use aareguru::{Freshness, Verdict};

use super::{
    Reader, fragments,
    i18n::Texts,
    overview_data::{PlaceOverview, RiverOverview},
    series::Series,
    template::{Html, Value},
};

const PAGE: &str = include_str!("../../../web/river.html");
const PLACE: &str = include_str!("../../../web/river_place.html");

/// The lakes that the Aare leaves before it comes to these places.
const LAKES: [(&str, &str); 3] = [("interlaken", "brienz"), ("thun", "thun"), ("biel", "biel")];

pub(super) fn page(reader: &Reader, sight: &RiverOverview) -> Html {
    let texts = reader.texts;
    let places = sight.places.iter();
    let places: Html = places
        .flat_map(|at| [lake(at, texts), stop(reader, at, sight)])
        .collect();
    let values = [
        (
            "banner",
            reader.banner(sight.recorded_on, notice(sight)).into(),
        ),
        ("extremes", extremes(sight, texts).into()),
        ("places", places.into()),
        ("base_path", reader.base_path.as_str().into()),
    ];
    Html::fill(PAGE, texts, &values)
}

fn notice(sight: &RiverOverview) -> Option<&'static str> {
    if sight.is_empty() {
        Some("no_data")
    } else {
        sight.is_troubled.then_some("trouble")
    }
}

fn lake(at: &PlaceOverview, texts: &Texts) -> Html {
    const LAKE: &str = r#"<li class="lake"><span>{{name}}</span></li>"#;
    let lake = LAKES.iter().find(|(below, _)| *below == at.place.id());
    let Some((_, lake)) = lake else {
        return Html::empty();
    };
    let key = format!("lake.{lake}");
    Html::fill(LAKE, texts, &[("name", texts.get(&key).into())])
}

fn stop(reader: &Reader, at: &PlaceOverview, sight: &RiverOverview) -> Html {
    let (texts, now) = (reader.texts, sight.now);
    let reason = at.advice.reasons.first();
    let reason = reason.map(|reason| fragments::reason(at.place, reason, texts));
    let values = [
        ("id", at.place.id().into()),
        ("href", reader.href(at.place.id()).into()),
        ("name", reader.name(at.place).into()),
        (
            "station",
            texts
                .format("gauge", &[("station", at.place.station())])
                .into(),
        ),
        ("temperature", fragments::temperature(at, now, texts).into()),
        ("in_two_hours", in_two_hours(at, sight, texts).into()),
        ("spark", spark(at, texts).into()),
        ("flow", fragments::flow(at, now, texts).into()),
        (
            "verdict",
            fragments::verdict(at.advice.verdict, texts).into(),
        ),
        ("reason", reason.unwrap_or_default().into()),
        (
            "measured",
            fragments::measured(&at.water, now, texts).into(),
        ),
    ];
    Html::fill(PLACE, texts, &values)
}

/// Only after a temperature that is of now, or of the recording.
pub(super) fn in_two_hours(
    at: &PlaceOverview,
    sight: &RiverOverview,
    texts: &Texts,
) -> Option<Html> {
    const LINE: &str = r#"<p class="soon">{{text}}</p>"#;
    let freshness = at.water.freshness(sight.now);
    let is_of_now = matches!(freshness, Freshness::Fresh | Freshness::Recorded);
    let celsius = at.water_in_two_hours.filter(|_| is_of_now)?;
    let text = texts.format("in_two_hours", &[("value", &texts.celsius(celsius))]);
    Some(Html::fill(LINE, texts, &[("text", text.into())]))
}

fn spark(at: &PlaceOverview, texts: &Texts) -> Html {
    const SPARK: &str = r#"<figure class="spark" role="img" aria-label="{{label}}" data-start="{{start}}" data-step="{{step}}" data-values="{{values}}"></figure>"#;
    const NONE: &str = r#"<p class="quiet">{{w.no_series}}</p>"#;
    let Some(series) = Series::last(&at.past, 24, 1800, |it| it.temperature_celsius) else {
        return Html::fill(NONE, texts, &[]);
    };
    let (low, high) = (
        texts.celsius(series.lowest()),
        texts.celsius(series.highest()),
    );
    let label = texts.format("spark", &[("low", &low), ("high", &high)]);
    let values = [
        ("label", Value::from(label)),
        ("start", series.start.to_string().into()),
        ("step", series.step_seconds.to_string().into()),
        ("values", series.values(1).into()),
    ];
    Html::fill(SPARK, texts, &values)
}

/// Where it is warmest and coldest, and how many places have which verdict.
fn extremes(sight: &RiverOverview, texts: &Texts) -> Option<Html> {
    const LINE: &str = r#"<p class="extremes">{{text}}</p><ul class="verdicts">{{verdicts}}</ul>"#;
    const ITEM: &str = "<li>{{verdict}}<span>{{places}}</span></li>";
    let places = sight.places.iter();
    let known = places.filter_map(|at| Some((at, at.water.comparable_value(sight.now)?)));
    let told = |(at, celsius): (&PlaceOverview, f64)| {
        let key = format!("place.{}", at.place.id());
        format!("{}, {}", texts.get(&key), texts.celsius(celsius))
    };
    let warmest = known.clone().max_by(|a, b| a.1.total_cmp(&b.1)).map(told)?;
    let coldest = known.min_by(|a, b| a.1.total_cmp(&b.1)).map(told)?;
    let text = texts.format("extremes", &[("warmest", &warmest), ("coldest", &coldest)]);
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
        let names: Vec<_> = keys.iter().map(|key| texts.get(key)).collect();
        let values = [
            ("verdict", fragments::verdict(verdict, texts).into()),
            ("places", names.join(", ").into()),
        ];
        (!names.is_empty()).then(|| Html::fill(ITEM, texts, &values))
    });
    let verdicts: Html = verdicts.collect();
    let values = [("text", text.into()), ("verdicts", verdicts.into())];
    Some(Html::fill(LINE, texts, &values))
}
