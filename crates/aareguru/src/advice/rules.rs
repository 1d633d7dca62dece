//! From a situation to an advice: the rules, one function each.

use std::time::Duration;

use super::{Advice, Finding, Ground, Reason, Situation, Verdict, limits, remarks, shown};
use crate::dialect::Saying;
use crate::flood::is_flow;
use crate::source::Source;
use crate::{Direction, FloodAssessment, FloodLevel, Quantity, STALE_AFTER, Trend, local_time};

/// How far ahead a rising flow is followed, in hours.
const NEAR_HOURS: f64 = 3.0;

/// A trend and a reading belong together if they are no further apart.
const SAME_TIME: Duration = Duration::from_secs(60 * 60);

pub(super) fn judge(situation: &Situation<'_>) -> Advice {
    let flow = situation.flow.value.filter(|value| is_flow(*value));
    let flood = FloodAssessment::new(situation.place, flow, situation.api_level);
    let is_recent = is_recent(situation);
    let doubt = doubt(situation);

    let mut reasons = Vec::new();
    reasons.extend(missing(situation, flow, is_recent));
    let is_believed = is_recent && doubt.is_none();
    reasons.extend(doubt);
    reasons.extend(flood_level(situation, &flood, flow, is_believed));
    reasons.extend(
        flow.into_iter()
            .flat_map(|flow| local_limits(situation, flow)),
    );
    if is_recent {
        reasons.extend(flow.and_then(|flow| rising_towards(situation, &flood, flow)));
        reasons.extend(flow.and_then(|_| fast_rise(situation)));
        reasons.extend(high_water_sayings(situation));
    }

    let verdict = verdict(&reasons, is_recent);
    reasons.sort_by_key(|reason| reason.speaks_for.map_or(u8::MAX, |it| rank(it, verdict)));
    Advice {
        place: situation.place,
        verdict,
        reasons,
        remarks: remarks::of(situation, flow.filter(|_| is_recent)),
        flood,
        as_of: flow.and(situation.flow.measured_at),
        recorded_on: situation.flow.recorded_on,
    }
}

/// A warning that is current goes first, then what is missing.
fn verdict(reasons: &[Reason], is_recent: bool) -> Verdict {
    let any = |verdict| reasons.iter().any(|it| it.speaks_for == Some(verdict));
    if is_recent && any(Verdict::DoNotSwim) {
        Verdict::DoNotSwim
    } else if any(Verdict::Unknown) {
        Verdict::Unknown
    } else if any(Verdict::Caution) {
        Verdict::Caution
    } else if any(Verdict::NoKnownWarning) {
        Verdict::NoKnownWarning
    } else {
        Verdict::Unknown
    }
}

/// The order of the reasons: those of the verdict, then by weight.
fn rank(speaks_for: Verdict, verdict: Verdict) -> u8 {
    match speaks_for {
        it if it == verdict => 0,
        Verdict::DoNotSwim => 1,
        Verdict::Unknown => 2,
        Verdict::Caution => 3,
        Verdict::NoKnownWarning => 4,
    }
}

/// Whether what came with the flow speaks of the river now, or of the one that
/// was recorded.
fn is_recent(situation: &Situation<'_>) -> bool {
    let flow = &situation.flow;
    flow.recorded_on.is_some()
        || flow
            .age(situation.now)
            .is_some_and(|age| age <= STALE_AFTER)
}

fn missing(situation: &Situation<'_>, flow: Option<f64>, is_recent: bool) -> Option<Reason> {
    let place = situation.place;
    let (finding, text) = match (flow, situation.flow.measured_at) {
        (None, _) if !place.measures(Quantity::Flow) => (
            Finding::FlowNotMeasured,
            format!("the flow is not measured at {}", place.name()),
        ),
        (None, _) => (Finding::FlowUnknown, "the flow is not known".to_owned()),
        (Some(_), _) if is_recent && place.flood_thresholds().is_none() => (
            Finding::NoFloodLevels,
            format!("no flood levels are known at {}", place.name()),
        ),
        (Some(_), _) if is_recent => return None,
        (Some(m3_per_s), Some(measured_at)) if measured_at <= situation.now => (
            Finding::FlowTooOld {
                m3_per_s,
                measured_at,
            },
            format!(
                "the last known flow, {}, is of {}: too old to tell of the river now",
                shown(m3_per_s),
                local_time(measured_at)
            ),
        ),
        (Some(m3_per_s), _) => (
            Finding::FlowUndated { m3_per_s },
            format!(
                "it is not known when the flow of {} was measured",
                shown(m3_per_s)
            ),
        ),
    };
    Some(reason(
        Verdict::Unknown,
        Ground::Missing,
        finding,
        text,
        limits::api(),
    ))
}

fn doubt(situation: &Situation<'_>) -> Option<Reason> {
    let suspicion = situation
        .suspicion
        .filter(|suspicion| suspicion.quantity == Quantity::Flow)?;
    Some(reason(
        Verdict::Unknown,
        Ground::Doubt,
        Finding::Stuck(suspicion),
        suspicion.to_string(),
        limits::api(),
    ))
}

fn flood_level(
    situation: &Situation<'_>,
    flood: &FloodAssessment,
    flow: Option<f64>,
    is_believed: bool,
) -> Option<Reason> {
    let level = flood.level?;
    // What was a flood is worth telling when it is old; what was none is not.
    if level == FloodLevel::NoOrMinor && !is_believed {
        return None;
    }
    let finding = Finding::FloodLevel {
        m3_per_s: flow,
        level,
    };
    let flow = flow.map_or_else(|| "flow unknown".to_owned(), shown);
    let text = format!("{flow} at {}: {flood}", situation.place.station());
    let speaks_for = match level {
        // A level that only the API tells is no ground to say that nothing is
        // known against swimming.
        FloodLevel::NoOrMinor => flood.by_flow.map(|_| Verdict::NoKnownWarning),
        _ => Some(Verdict::DoNotSwim),
    };
    Some(Reason {
        speaks_for,
        ground: Ground::FloodLevel,
        finding,
        text,
        sources: vec![flood.source(), FloodLevel::source()],
    })
}

fn local_limits(situation: &Situation<'_>, flow: f64) -> impl Iterator<Item = Reason> {
    let mut reached: Vec<_> = limits::limits(situation.place)
        .filter(|limit| flow >= limit.from_m3_per_s)
        .collect();
    // The lowest limit of a verdict is the one that holds; the higher ones
    // only confirm it.
    reached.sort_by(|a, b| a.from_m3_per_s.total_cmp(&b.from_m3_per_s));
    reached.into_iter().map(|limit| {
        reason(
            limit.verdict(),
            Ground::LocalLimit,
            Finding::LocalLimit {
                from_m3_per_s: limit.from_m3_per_s,
            },
            limit.text.clone(),
            limit.source(),
        )
    })
}

/// A rise by which the next limit or flood level is soon reached.
fn rising_towards(situation: &Situation<'_>, flood: &FloodAssessment, flow: f64) -> Option<Reason> {
    let per_hour = rising_per_hour(situation)?;
    let limit = limits::limits(situation.place)
        .find(|limit| limit.from_m3_per_s > flow)
        .map(|limit| (limit.from_m3_per_s, limit.text.clone(), limit.source()));
    let level = flood
        .next
        .zip(situation.place.flood_thresholds())
        .map(|(next, thresholds)| {
            let text = format!("{} holds from there", next.level);
            (next.from_m3_per_s, text, thresholds.source())
        });
    let (at, says, source) = limit
        .into_iter()
        .chain(level)
        .min_by(|a, b| a.0.total_cmp(&b.0))?;
    let hours = (at - flow) / per_hour;
    if hours > NEAR_HOURS {
        return None;
    }
    let text = format!(
        "the flow rises by {} in an hour and reaches {} in {} if it goes on so: {says}",
        shown(per_hour),
        shown(at),
        if hours < 0.5 {
            "less than half an hour".to_owned()
        } else {
            format!("about {hours:.1} hours")
        }
    );
    let finding = Finding::RisingTowards {
        per_hour_m3_per_s: per_hour,
        reaches_m3_per_s: at,
        in_hours: hours,
    };
    Some(reason(
        Verdict::Caution,
        Ground::Rising,
        finding,
        text,
        source,
    ))
}

fn fast_rise(situation: &Situation<'_>) -> Option<Reason> {
    let per_hour = rising_per_hour(situation)?;
    let rise = limits::rise(situation.place).filter(|rise| per_hour >= rise.per_hour_m3_per_s)?;
    let text = format!(
        "the flow rises by {} in an hour; {}",
        shown(per_hour),
        rise.text
    );
    Some(reason(
        Verdict::Caution,
        Ground::Rising,
        Finding::RisingFast {
            per_hour_m3_per_s: per_hour,
        },
        text,
        rise.source(),
    ))
}

fn rising_per_hour(situation: &Situation<'_>) -> Option<f64> {
    let trend = trend(situation)?;
    trend
        .per_hour
        .filter(|_| trend.direction == Direction::Rising)
        .filter(|per_hour| *per_hour > 0.0)
}

/// The trend, if it belongs to the reading, tells something and is not that of
/// a station that seems stuck.
pub(super) fn trend(situation: &Situation<'_>) -> Option<Trend> {
    if doubt(situation).is_some() {
        return None;
    }
    let trend = situation
        .trend
        .filter(|trend| trend.direction != Direction::Unknown)?;
    let apart = situation
        .flow
        .measured_at?
        .duration_since(trend.until?)
        .unsigned_abs();
    (apart <= SAME_TIME).then_some(trend)
}

fn high_water_sayings(situation: &Situation<'_>) -> impl Iterator<Item = Reason> {
    situation
        .sayings
        .iter()
        .filter_map(|text| Saying::find(text))
        .filter(|saying| saying.high_water)
        .map(|saying| {
            let text = format!(
                "aare.guru says \"{}\" ({}), which it says at high water",
                saying.text, saying.english
            );
            reason(
                Verdict::Caution,
                Ground::Saying,
                Finding::HighWaterSaying(saying),
                text,
                saying.source(),
            )
        })
}

fn reason(
    speaks_for: Verdict,
    ground: Ground,
    finding: Finding,
    text: String,
    source: &'static Source,
) -> Reason {
    Reason {
        speaks_for: Some(speaks_for),
        ground,
        finding,
        text,
        sources: vec![source],
    }
}
