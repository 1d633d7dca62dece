//! Readings, verdicts and reasons as pieces of the page, in the reader's words.

use aareguru::{
    Direction, FloodLevel, Freshness, Place, Reading, Trend, Verdict,
    advice::{Finding, Reason},
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
    let text = match (at.water.value, freshness) {
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
        (None, _) => words.say("water_unknown").to_owned(),
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
    let Some(at) = reading.measured_at else {
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
    let known = at.flow.value.filter(|_| is_shown).zip(thresholds);
    let state = match at.flow.value {
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
    let Some(value) = at.flow.value else {
        let is_measured = at.place.measures(aareguru::Quantity::Flow);
        let key = if is_measured {
            "flow_unknown"
        } else {
            "flow_not_measured"
        };
        return words.say(key).to_owned();
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

/// A reason, without its sources and a full stop.
pub(crate) fn reason(place: &Place, reason: &Reason, words: &Words) -> String {
    match reason.finding {
        Finding::FlowNotMeasured => words.say("reason.flow_not_measured").to_owned(),
        Finding::FlowUnknown => words.say("reason.flow_unknown").to_owned(),
        Finding::NoFloodLevels => words.say("reason.no_flood_levels").to_owned(),
        Finding::FlowTooOld {
            m3_per_s,
            measured_at,
        } => {
            let (flow, time) = (words.flow(m3_per_s), words.day_and_time(measured_at));
            words.tell("reason.flow_too_old", &[("flow", &flow), ("time", &time)])
        }
        Finding::FlowUndated { m3_per_s } => {
            words.tell("reason.flow_undated", &[("flow", &words.flow(m3_per_s))])
        }
        Finding::Stuck(suspicion) => {
            let hours = (suspicion.over().as_secs() / 3600).to_string();
            let flow = words.flow(suspicion.value);
            words.tell("reason.stuck", &[("flow", &flow), ("hours", &hours)])
        }
        Finding::FloodLevel { m3_per_s, level } => flood_level(m3_per_s, level, words),
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
                ("per_hour", &*words.flow(per_hour_m3_per_s)),
                ("reaches", &*words.flow(reaches_m3_per_s)),
                ("hours", &*words.number(in_hours, 1)),
            ];
            words.tell("reason.rising_towards", &values)
        }
        Finding::RisingFast { per_hour_m3_per_s } => {
            let per_hour = words.flow(per_hour_m3_per_s);
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
