//! Readings, verdicts and reasons as pieces of the page, in the reader's words.

use aareguru::{
    Direction, Doubt, FloodLevel, Freshness, Implausible, Place, Quantity, Reading, Trend,
    UnknownReason, Verdict,
    advice::{Finding, Reason, ReasonTime},
};
use jiff::Timestamp;

use super::{
    sight::AtPlace,
    template::{Html, Value},
    words::Words,
};

/// The water temperature, large; never zero and never calm where it is not
/// known.
pub(super) fn temperature(at: &AtPlace, now: Timestamp, words: &Words) -> Html {
    const KNOWN: &str =
        r#"<p class="temperature {{class}}"><strong>{{value}}</strong><span>&#8239;°C</span></p>"#;
    const UNKNOWN: &str = r#"<p class="temperature none"><span>{{text}}</span></p>"#;
    let freshness = at.water.freshness(now);
    let text = match (at.water.value(now), freshness) {
        (Some(value), Freshness::Old) => {
            words.tell("last_was", &[("value", &words.celsius(value))])
        }
        (Some(value), _) => {
            let values = [
                ("class", class(freshness).into()),
                ("value", words.number(value, 1).into()),
            ];
            return Html::fill(KNOWN, words, &values);
        }
        (None, _) => with_reason(words.say("water_unknown"), &at.water, now, words),
    };
    Html::fill(UNKNOWN, words, &[("text", text.into())])
}

/// When a value was measured, how long ago, and what that means.
pub(super) fn measured(reading: &Reading, now: Timestamp, words: &Words) -> Html {
    const LINE: &str = r#"<p class="measured">{{mark}}{{time}}{{ago}}</p>"#;
    const MARK: &str = r#"<span class="mark {{class}}">{{text}}</span> "#;
    const TIME: &str = r#"<time datetime="{{at}}">{{text}}</time>"#;
    const AGO: &str = r#", <span class="ago" data-at="{{at}}">{{text}}</span>"#;
    let freshness = reading.freshness(now);
    let key = format!("freshness.{}", class(freshness));
    let mark = (freshness != Freshness::Fresh).then(|| {
        let values = [
            ("class", class(freshness).into()),
            ("text", words.say(&key).into()),
        ];
        Html::fill(MARK, words, &values)
    });
    let Some(at) = reading.measured_at(now) else {
        let unknown = Value::from(words.say("measured_unknown"));
        let values = [
            ("mark", mark.into()),
            ("time", unknown),
            ("ago", Html::empty().into()),
        ];
        return Html::fill(LINE, words, &values);
    };
    let is_today = freshness == Freshness::Fresh;
    let time = if is_today {
        words.clock(at)
    } else {
        words.day_and_time(at)
    };
    let time = [
        ("at", at.to_string().into()),
        ("text", words.tell("measured", &[("time", &time)]).into()),
    ];
    let age = reading.age(now).filter(|_| reading.recorded_on.is_none());
    let ago = age.map(|age| {
        let values = [
            ("at", at.as_second().to_string().into()),
            ("text", words.ago(age).into()),
        ];
        Html::fill(AGO, words, &values)
    });
    let values = [
        ("mark", mark.into()),
        ("time", Html::fill(TIME, words, &time).into()),
        ("ago", ago.into()),
    ];
    Html::fill(LINE, words, &values)
}

/// The flow in words and against the place's own flood levels.
pub(super) fn flow(at: &AtPlace, now: Timestamp, words: &Words) -> Html {
    const LINE: &str = r#"<div class="flow {{class}}"><p>{{flow}}{{share}}</p>{{bar}}</div>"#;
    const SHARE: &str = r#" <span class="share">{{text}}</span>"#;
    // Drawn by a program in the page; without it, the line above says the same.
    const BAR: &str = r#"<figure class="bar" role="img" aria-label="{{label}}" data-flow="{{flow}}" data-levels="{{levels}}"></figure>"#;
    let text = flow_text(at, now, words);
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
            let share = words.tell(
                "share",
                &[
                    ("percent", &words.percent(100.0 * flow / from)),
                    ("threshold", &words.number(from, 0)),
                ],
            );
            let label = [("flow", &*text), ("thresholds", &listed.join(", "))];
            let bar = [
                ("label", words.tell("flow_bar", &label).into()),
                ("flow", flow.to_string().into()),
                ("levels", listed.join(" ").into()),
            ];
            (
                Html::fill(SHARE, words, &[("text", share.into())]),
                Html::fill(BAR, words, &bar),
            )
        })
        .unwrap_or_default();
    values.extend([("share", share.into()), ("bar", bar.into())]);
    Html::fill(LINE, words, &values)
}

fn flow_text(at: &AtPlace, now: Timestamp, words: &Words) -> String {
    let Some(value) = at.flow.value(now) else {
        let is_measured = at.place.measures(Quantity::Flow);
        let key = if is_measured {
            "flow_unknown"
        } else {
            "flow_not_measured"
        };
        return with_reason(words.say(key), &at.flow, now, words);
    };
    let value = words.flow(value);
    match at.flow.freshness(now) {
        Freshness::Old => words.tell("last_was", &[("value", &value)]),
        Freshness::Stale => words.tell("flow_stale", &[("flow", &value)]),
        _ => value,
    }
}

/// How the flow has changed of late.
pub(super) fn trend(trend: Option<Trend>, words: &Words) -> String {
    let Some(trend) = trend else {
        return words.say("trend.unknown").to_owned();
    };
    let key = match trend.direction {
        Direction::Rising => "trend.rising",
        Direction::Falling => "trend.falling",
        Direction::Steady => "trend.steady",
        Direction::Unknown => "trend.unknown",
    };
    let per_hour = words.flow(trend.per_hour.unwrap_or_default().abs());
    words.tell(key, &[("per_hour", &per_hour)])
}

/// The verdict with its sign.
pub(super) fn verdict(verdict: Verdict, words: &Words) -> Html {
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
        ("text", words.say(&key).into()),
    ];
    Html::fill(VERDICT, words, &values)
}

/// That a value is unknown, with the reason if upstream sent something.
pub(super) fn with_reason(what: &str, reading: &Reading, now: Timestamp, words: &Words) -> String {
    match reading.unknown_because(now) {
        Some(because) => with_unknown_reason(what, because, words),
        None => what.to_owned(),
    }
}

fn with_unknown_reason(what: &str, because: UnknownReason, words: &Words) -> String {
    let why = match because {
        UnknownReason::Implausible(Implausible::NotANumber { .. }) => "because.not_a_number",
        UnknownReason::Implausible(_) => "because.implausible",
        UnknownReason::FutureDated => "because.future",
        _ => return what.to_owned(),
    };
    words.tell("reason.because", &[("what", what), ("why", words.say(why))])
}

/// A doubt about the flow or the water temperature, without a full stop.
pub(super) fn doubt(quantity: Quantity, doubt: Doubt, words: &Words) -> String {
    let is_flow = quantity == Quantity::Flow;
    match doubt {
        Doubt::Stuck(suspicion) => {
            let hours = (suspicion.over().as_secs() / 3600).to_string();
            let value = value_of(quantity, suspicion.value, words);
            let values = [("value", &*value), ("hours", &*hours)];
            if is_flow {
                words.tell("reason.flow_stuck", &values)
            } else {
                words.tell("reason.water_stuck", &values)
            }
        }
        Doubt::Jump { max_celsius } => {
            let value = words.celsius(max_celsius);
            words.tell("reason.water_jump", &[("value", &value)])
        }
        _ if is_flow => words.say("reason.flow_contradiction").to_owned(),
        _ => words.say("reason.water_contradiction").to_owned(),
    }
}

/// A flow or a water temperature.
fn value_of(quantity: Quantity, value: f64, words: &Words) -> String {
    match quantity {
        Quantity::Flow => words.flow(value),
        _ => words.celsius(value),
    }
}

/// A reason, without its sources and a full stop.
pub(crate) fn reason(place: &Place, reason: &Reason, words: &Words) -> String {
    let text = finding(place, reason, words);
    match reason.time {
        ReasonTime::Current => text,
        ReasonTime::Earlier(at) => {
            let time = words.day_and_time(at);
            words.tell("reason.earlier", &[("time", &time), ("reason", &text)])
        }
        ReasonTime::Unknown => words.tell("reason.earlier_unknown", &[("reason", &text)]),
    }
}

fn finding(place: &Place, reason: &Reason, words: &Words) -> String {
    match &reason.finding {
        Finding::FlowNotMeasured => words.say("reason.flow_not_measured").to_owned(),
        Finding::Unknown { quantity, because } => {
            let what = match quantity {
                Quantity::Flow => words.say("reason.flow_unknown"),
                _ => words.say("reason.water_unknown"),
            };
            with_unknown_reason(what, *because, words)
        }
        Finding::TooOld {
            quantity,
            value,
            measured_at,
        } => {
            let value = value_of(*quantity, *value, words);
            let time = words.day_and_time(*measured_at);
            let values = [("value", &*value), ("time", &*time)];
            match quantity {
                Quantity::Flow => words.tell("reason.flow_too_old", &values),
                _ => words.tell("reason.water_too_old", &values),
            }
        }
        Finding::Undated { quantity, value } => {
            let value = value_of(*quantity, *value, words);
            match quantity {
                Quantity::Flow => words.tell("reason.flow_undated", &[("value", &value)]),
                _ => words.tell("reason.water_undated", &[("value", &value)]),
            }
        }
        Finding::Doubtful {
            quantity,
            doubt: it,
        } => doubt(*quantity, *it, words),
        Finding::TrendUnknown => words.say("reason.trend_unknown").to_owned(),
        Finding::FloodLevelUnknown => words.say("reason.level_unknown").to_owned(),
        Finding::FloodLevelUnreadable { text } => {
            words.tell("reason.level_unreadable", &[("text", text)])
        }
        Finding::NoSwimmingLimit => words.say("reason.no_swimming_limit").to_owned(),
        Finding::OwnMargin {
            from_m3_per_s,
            share_of_level_2,
        } => {
            let values = [
                ("from", &*words.flow(*from_m3_per_s)),
                ("percent", &*words.percent(100.0 * share_of_level_2)),
            ];
            words.tell("reason.own_margin", &values)
        }
        Finding::ColdWater {
            celsius,
            limit_celsius,
        } => {
            let values = [
                ("value", &*words.celsius(*celsius)),
                ("limit", &*words.celsius(*limit_celsius)),
            ];
            words.tell("reason.cold_water", &values)
        }
        Finding::FloodLevel { m3_per_s, level } => flood_level(*m3_per_s, *level, words),
        Finding::LocalLimit { from_m3_per_s } => {
            let key = format!("limit.{}_{from_m3_per_s}", place.id());
            words.say(&key).to_owned()
        }
        Finding::RisingTowards {
            per_hour_m3_per_s,
            reaches_m3_per_s,
            in_hours,
        } => {
            let values = [
                ("per_hour", &*words.flow(*per_hour_m3_per_s)),
                ("reaches", &*words.flow(*reaches_m3_per_s)),
                ("hours", &*words.number(*in_hours, 1)),
            ];
            words.tell("reason.rising_towards", &values)
        }
        Finding::RisingFast { per_hour_m3_per_s } => {
            let per_hour = words.flow(*per_hour_m3_per_s);
            words.tell("reason.rising_fast", &[("per_hour", &per_hour)])
        }
        Finding::HighWaterSaying(saying) => {
            let values = [
                ("text", &*saying.text),
                ("reading", words.reading_of(saying)),
            ];
            words.tell("reason.high_water_saying", &values)
        }
        // What has no words here is told in those of the library.
        _ => reason.text.clone(),
    }
}

fn flood_level(m3_per_s: Option<f64>, level: FloodLevel, words: &Words) -> String {
    let number = level.number().to_string();
    let name_key = format!("level.{number}");
    let unknown = || words.say("flow_unknown").to_owned();
    let flow = m3_per_s.map_or_else(unknown, |flow| words.flow(flow));
    let values = [
        ("flow", &*flow),
        ("level", &*number),
        ("name", words.say(&name_key)),
    ];
    let told = words.tell("reason.flood_level", &values);
    match level {
        FloodLevel::NoOrMinor => told,
        _ => format!("{told}. {}", words.say("reason.flood_near")),
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
