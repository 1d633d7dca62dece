//! Readings, verdicts and reasons as pieces of the page, in the reader's words.

use aareguru::{
    Direction, Doubt, FloodLevel, Freshness, Implausible, Place, Quantity, Reading, Trend,
    UnknownReason, Verdict,
    advice::{Finding, Reason, ReasonTime},
};
use jiff::Timestamp;

use super::{
    i18n::Texts,
    overview_data::PlaceOverview,
    template::{Html, Value},
};

/// The water temperature, large; never zero and never calm where it is not
/// known.
pub(super) fn temperature(at: &PlaceOverview, now: Timestamp, texts: &Texts) -> Html {
    const KNOWN: &str =
        r#"<p class="temperature {{class}}"><strong>{{value}}</strong><span>&#8239;°C</span></p>"#;
    const UNKNOWN: &str = r#"<p class="temperature none"><span>{{text}}</span></p>"#;
    let freshness = at.water.freshness(now);
    let text = match (at.water.value(now), freshness) {
        (Some(value), Freshness::Old) => {
            texts.format("last_was", &[("value", &texts.celsius(value))])
        }
        (Some(value), _) => {
            let values = [
                ("class", class(freshness).into()),
                ("value", texts.number(value, 1).into()),
            ];
            return Html::fill(KNOWN, texts, &values);
        }
        (None, _) => with_reason(texts.get("water_unknown"), &at.water, now, texts),
    };
    Html::fill(UNKNOWN, texts, &[("text", text.into())])
}

/// When a value was measured, how long ago, and what that means.
pub(super) fn measured(reading: &Reading, now: Timestamp, texts: &Texts) -> Html {
    const LINE: &str = r#"<p class="measured">{{mark}}{{time}}{{ago}}</p>"#;
    const MARK: &str = r#"<span class="mark {{class}}">{{text}}</span> "#;
    const TIME: &str = r#"<time datetime="{{at}}">{{text}}</time>"#;
    const AGO: &str = r#", <span class="ago" data-at="{{at}}">{{text}}</span>"#;
    let freshness = reading.freshness(now);
    let key = format!("freshness.{}", class(freshness));
    let mark = (freshness != Freshness::Fresh).then(|| {
        let values = [
            ("class", class(freshness).into()),
            ("text", texts.get(&key).into()),
        ];
        Html::fill(MARK, texts, &values)
    });
    let Some(at) = reading.measured_at(now) else {
        let unknown = Value::from(texts.get("measured_unknown"));
        let values = [
            ("mark", mark.into()),
            ("time", unknown),
            ("ago", Html::empty().into()),
        ];
        return Html::fill(LINE, texts, &values);
    };
    let is_today = freshness == Freshness::Fresh;
    let time = if is_today {
        texts.clock(at)
    } else {
        texts.day_and_time(at)
    };
    let time = [
        ("at", at.to_string().into()),
        ("text", texts.format("measured", &[("time", &time)]).into()),
    ];
    let age = reading.age(now).filter(|_| reading.recorded_on.is_none());
    let ago = age.map(|age| {
        let values = [
            ("at", at.as_second().to_string().into()),
            ("text", texts.ago(age).into()),
        ];
        Html::fill(AGO, texts, &values)
    });
    let values = [
        ("mark", mark.into()),
        ("time", Html::fill(TIME, texts, &time).into()),
        ("ago", ago.into()),
    ];
    Html::fill(LINE, texts, &values)
}

/// The flow in words and against the place's own flood levels.
pub(super) fn flow(at: &PlaceOverview, now: Timestamp, texts: &Texts) -> Html {
    const LINE: &str = r#"<div class="flow {{class}}"><p>{{flow}}{{share}}</p>{{bar}}</div>"#;
    const SHARE: &str = r#" <span class="share">{{text}}</span>"#;
    // Drawn by a program in the page; without it, the line above says the same.
    const BAR: &str = r#"<figure class="bar" role="img" aria-label="{{label}}" data-flow="{{flow}}" data-levels="{{levels}}"></figure>"#;
    let text = flow_text(at, now, texts);
    let thresholds = at.place.flood_thresholds();
    let is_shown = at.flow.freshness(now) != Freshness::Old;
    let known = at.flow.value(now).filter(|_| is_shown).zip(thresholds);
    let state = match at.flow.value(now) {
        Some(_) => class(at.flow.freshness(now)),
        None => "unknown",
    };
    let mut values = vec![("class", Value::from(state)), ("flow", text.clone().into())];
    let (share, bar) = known
        .map(|(flow, thresholds)| {
            let levels = FloodLevel::ALL.into_iter();
            let levels: Vec<_> = levels
                .filter_map(|level| thresholds.from_m3_per_s(level))
                .collect();
            let from = levels.first().copied().unwrap_or(f64::INFINITY);
            let listed: Vec<_> = levels.iter().map(f64::to_string).collect();
            let share = texts.format(
                "share",
                &[
                    ("percent", &texts.percent(100.0 * flow / from)),
                    ("threshold", &texts.number(from, 0)),
                ],
            );
            let label = [("flow", &*text), ("thresholds", &listed.join(", "))];
            let bar = [
                ("label", texts.format("flow_bar", &label).into()),
                ("flow", flow.to_string().into()),
                ("levels", listed.join(" ").into()),
            ];
            (
                Html::fill(SHARE, texts, &[("text", share.into())]),
                Html::fill(BAR, texts, &bar),
            )
        })
        .unwrap_or_default();
    values.extend([("share", share.into()), ("bar", bar.into())]);
    Html::fill(LINE, texts, &values)
}

fn flow_text(at: &PlaceOverview, now: Timestamp, texts: &Texts) -> String {
    let Some(value) = at.flow.value(now) else {
        let is_measured = at.place.measures(Quantity::Flow);
        let key = if is_measured {
            "flow_unknown"
        } else {
            "flow_not_measured"
        };
        return with_reason(texts.get(key), &at.flow, now, texts);
    };
    let value = texts.flow(value);
    match at.flow.freshness(now) {
        Freshness::Old => texts.format("last_was", &[("value", &value)]),
        Freshness::Stale => texts.format("flow_stale", &[("flow", &value)]),
        _ => value,
    }
}

/// How the flow has changed of late.
pub(super) fn trend(trend: Option<Trend>, texts: &Texts) -> String {
    let Some(trend) = trend else {
        return texts.get("trend.unknown").to_owned();
    };
    let key = match trend.direction {
        Direction::Rising => "trend.rising",
        Direction::Falling => "trend.falling",
        Direction::Steady => "trend.steady",
        Direction::Unknown => "trend.unknown",
    };
    let per_hour = texts.flow(trend.per_hour.unwrap_or_default().abs());
    texts.format(key, &[("per_hour", &per_hour)])
}

/// The verdict with its sign.
pub(super) fn verdict(verdict: Verdict, texts: &Texts) -> Html {
    const VERDICT: &str = r#"<p class="verdict {{class}}"><span class="sign" aria-hidden="true">{{sign}}</span>{{text}}</p>"#;
    let name = verdict.as_str();
    let sign = match verdict {
        Verdict::DoNotSwim => "\u{00d7}",
        Verdict::Caution => "!",
        Verdict::NoKnownWarning => "\u{2013}",
        Verdict::Unknown => "?",
    };
    let key = format!("verdict.{name}");
    let values = [
        ("class", name.into()),
        ("sign", sign.into()),
        ("text", texts.get(&key).into()),
    ];
    Html::fill(VERDICT, texts, &values)
}

/// That a value is unknown, with the reason if upstream sent something.
pub(super) fn with_reason(what: &str, reading: &Reading, now: Timestamp, texts: &Texts) -> String {
    match reading.unknown_because(now) {
        Some(because) => with_unknown_reason(what, because, texts),
        None => what.to_owned(),
    }
}

fn with_unknown_reason(what: &str, because: UnknownReason, texts: &Texts) -> String {
    let why = match because {
        UnknownReason::Implausible(Implausible::NotANumber { .. }) => "because.not_a_number",
        UnknownReason::Implausible(_) => "because.implausible",
        UnknownReason::FutureDated => "because.future",
        _ => return what.to_owned(),
    };
    texts.format("reason.because", &[("what", what), ("why", texts.get(why))])
}

/// A doubt about the flow or the water temperature, without a full stop.
pub(super) fn doubt(quantity: Quantity, doubt: Doubt, texts: &Texts) -> String {
    let is_flow = quantity == Quantity::Flow;
    match doubt {
        Doubt::Stuck(suspicion) => {
            let hours = (suspicion.over().as_secs() / 3600).to_string();
            let value = value_of(quantity, suspicion.value, texts);
            let values = [("value", &*value), ("hours", &*hours)];
            if is_flow {
                texts.format("reason.flow_stuck", &values)
            } else {
                texts.format("reason.water_stuck", &values)
            }
        }
        Doubt::Jump { max_celsius } => {
            let value = texts.celsius(max_celsius);
            texts.format("reason.water_jump", &[("value", &value)])
        }
        _ if is_flow => texts.get("reason.flow_contradiction").to_owned(),
        _ => texts.get("reason.water_contradiction").to_owned(),
    }
}

/// A flow or a water temperature.
fn value_of(quantity: Quantity, value: f64, texts: &Texts) -> String {
    match quantity {
        Quantity::Flow => texts.flow(value),
        _ => texts.celsius(value),
    }
}

/// A reason, without its sources and a full stop.
pub(crate) fn reason(place: &Place, reason: &Reason, texts: &Texts) -> String {
    let text = finding(place, reason, texts);
    match reason.time {
        ReasonTime::Current => text,
        ReasonTime::Earlier(at) => {
            let time = texts.day_and_time(at);
            texts.format("reason.earlier", &[("time", &time), ("reason", &text)])
        }
        ReasonTime::Unknown => texts.format("reason.earlier_unknown", &[("reason", &text)]),
    }
}

fn finding(place: &Place, reason: &Reason, texts: &Texts) -> String {
    match &reason.finding {
        Finding::FlowNotMeasured => texts.get("reason.flow_not_measured").to_owned(),
        Finding::Unknown { quantity, because } => {
            let what = match quantity {
                Quantity::Flow => texts.get("reason.flow_unknown"),
                _ => texts.get("reason.water_unknown"),
            };
            with_unknown_reason(what, *because, texts)
        }
        Finding::TooOld {
            quantity,
            value,
            measured_at,
        } => {
            let value = value_of(*quantity, *value, texts);
            let time = texts.day_and_time(*measured_at);
            let values = [("value", &*value), ("time", &*time)];
            match quantity {
                Quantity::Flow => texts.format("reason.flow_too_old", &values),
                _ => texts.format("reason.water_too_old", &values),
            }
        }
        Finding::Undated { quantity, value } => {
            let value = value_of(*quantity, *value, texts);
            match quantity {
                Quantity::Flow => texts.format("reason.flow_undated", &[("value", &value)]),
                _ => texts.format("reason.water_undated", &[("value", &value)]),
            }
        }
        Finding::Doubtful {
            quantity,
            doubt: it,
        } => doubt(*quantity, *it, texts),
        Finding::TrendUnknown => texts.get("reason.trend_unknown").to_owned(),
        Finding::FloodLevelUnknown => texts.get("reason.level_unknown").to_owned(),
        Finding::FloodLevelUnreadable { text } => {
            texts.format("reason.level_unreadable", &[("text", text)])
        }
        Finding::NoSwimmingLimit => texts.get("reason.no_swimming_limit").to_owned(),
        Finding::OwnMargin {
            from_m3_per_s,
            share_of_level_2,
        } => {
            let values = [
                ("from", &*texts.flow(*from_m3_per_s)),
                ("percent", &*texts.percent(100.0 * share_of_level_2)),
            ];
            texts.format("reason.own_margin", &values)
        }
        Finding::ColdWater {
            celsius,
            limit_celsius,
        } => {
            let values = [
                ("value", &*texts.celsius(*celsius)),
                ("limit", &*texts.celsius(*limit_celsius)),
            ];
            texts.format("reason.cold_water", &values)
        }
        Finding::FloodLevel { m3_per_s, level } => flood_level(*m3_per_s, *level, texts),
        Finding::LocalLimit { from_m3_per_s } => {
            let key = format!("limit.{}_{from_m3_per_s}", place.id());
            texts.get(&key).to_owned()
        }
        Finding::RisingTowards {
            per_hour_m3_per_s,
            reaches_m3_per_s,
            in_hours,
        } => {
            let values = [
                ("per_hour", &*texts.flow(*per_hour_m3_per_s)),
                ("reaches", &*texts.flow(*reaches_m3_per_s)),
                ("hours", &*texts.number(*in_hours, 1)),
            ];
            texts.format("reason.rising_towards", &values)
        }
        Finding::RisingFast { per_hour_m3_per_s } => {
            let per_hour = texts.flow(*per_hour_m3_per_s);
            texts.format("reason.rising_fast", &[("per_hour", &per_hour)])
        }
        Finding::HighWaterSaying(saying) => {
            let values = [
                ("text", &*saying.text),
                ("reading", texts.plain_reading(saying)),
            ];
            texts.format("reason.high_water_saying", &values)
        }
        // What has no words here is told in those of the library.
        _ => reason.text.clone(),
    }
}

fn flood_level(m3_per_s: Option<f64>, level: FloodLevel, texts: &Texts) -> String {
    let number = level.number().to_string();
    let name_key = format!("level.{number}");
    let unknown = || texts.get("flow_unknown").to_owned();
    let flow = m3_per_s.map_or_else(unknown, |flow| texts.flow(flow));
    let values = [
        ("flow", &*flow),
        ("level", &*number),
        ("name", texts.get(&name_key)),
    ];
    let told = texts.format("reason.flood_level", &values);
    match level {
        FloodLevel::NoOrMinor => told,
        _ => format!("{told}. {}", texts.get("reason.flood_near")),
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
