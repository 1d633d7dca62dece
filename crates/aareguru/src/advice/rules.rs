//! Turns a situation into advice: the rules, one function each.

use jiff::Timestamp;

use super::limits::{self, Limit, LimitBasis};
use super::{Advice, Finding, Ground, Reason, ReasonTime, Situation, Verdict, remarks, shown};
use crate::dialect::Saying;
use crate::excerpt::quoted;
use crate::{
    Direction, Doubt, FloodAssessment, FloodLevel, OLD_AFTER, Quantity, Reading, ReportedLevel,
    UnknownReason, age_in_words, local_time,
};

/// How far ahead a rising flow is extrapolated, in hours.
const RISE_HORIZON_HOURS: f64 = 3.0;

impl Situation<'_> {
    /// Returns the advice to swimmers.
    pub fn advise(&self) -> Advice {
        judge(self)
    }
}

fn judge(situation: &Situation<'_>) -> Advice {
    let place = situation.place;
    let now = situation.now;
    let flow = situation.flow.value(now);
    let flood = FloodAssessment::new(place, flow, situation.reported_level.level());

    let mut reasons = Vec::new();
    reasons.extend(flood_level(situation, &flood));
    reasons.extend(reached_limits(situation, &flood));
    reasons.extend(unknown_inputs(situation, &flood));
    reasons.extend(rising_towards(situation, &flood));
    reasons.extend(fast_rise(situation));
    reasons.extend(cold_water(situation));
    reasons.extend(high_water_sayings(situation));
    reasons.extend(no_swimming_limit(situation));

    let verdict = verdict(&reasons);
    reasons.sort_by_key(|reason| rank(reason, verdict));
    let is_current = situation.flow.is_current(now);
    Advice {
        place,
        verdict,
        reasons,
        remarks: remarks::of(situation, flow.filter(|_| is_current)),
        limits: limits::all(place),
        level: shown_level(situation, &flood),
        flood,
        as_of: flow.and(situation.flow.measured_at(now)),
        recorded_on: situation.flow.recorded_on,
    }
}

/// Returns the verdict of the first rule that matches.
fn verdict(reasons: &[Reason]) -> Verdict {
    let any = |verdict| {
        let mut current = reasons
            .iter()
            .filter(|reason| reason.time == ReasonTime::Current);
        current.any(|reason| reason.speaks_for == Some(verdict) && reason.ground != Ground::NoLimit)
    };
    let in_order = [Verdict::DoNotSwim, Verdict::Unknown, Verdict::Caution];
    if let Some(first) = in_order.into_iter().find(|verdict| any(*verdict)) {
        return first;
    }
    if reasons
        .iter()
        .any(|reason| reason.ground == Ground::NoLimit)
    {
        Verdict::Unknown
    } else {
        Verdict::NoKnownWarning
    }
}

/// Returns the sort key of a reason: those of the verdict first, then by importance.
fn rank(reason: &Reason, verdict: Verdict) -> u8 {
    match reason.speaks_for {
        Some(it) if it == verdict && reason.time == ReasonTime::Current => 0,
        Some(Verdict::DoNotSwim) => 1,
        Some(Verdict::Unknown) => 2,
        Some(Verdict::Caution) => 3,
        Some(Verdict::NoKnownWarning) => 4,
        None => 5,
    }
}

/// Returns the level that may be shown. A level that warns is shown for longer than one that does
/// not.
fn shown_level(situation: &Situation<'_>, flood: &FloodAssessment) -> Option<FloodLevel> {
    let (flow, now) = (&situation.flow, situation.now);
    let is_of_the_day = || flow.age(now).is_some_and(|age| age <= OLD_AFTER);
    flood.level.filter(|level| match level {
        FloodLevel::NoOrMinor => {
            let is_readable = !matches!(situation.reported_level, ReportedLevel::Unreadable(_));
            flood.by_flow.is_some() && flow.comparable_value(now).is_some() && is_readable
        }
        _ => flow.recorded_on.is_some() || is_of_the_day(),
    })
}

/// Rule 1: the flood level. Level 1 by the flow is the basis of [`Verdict::NoKnownWarning`].
fn flood_level(situation: &Situation<'_>, flood: &FloodAssessment) -> Option<Reason> {
    let (reading, now) = (&situation.flow, situation.now);
    let level = flood.level?;
    // Level 1 is a reason only where it may be shown.
    if level == FloodLevel::NoOrMinor && shown_level(situation, flood).is_none() {
        return None;
    }
    let m3_per_s = reading.value(now);
    let flow = m3_per_s.map_or_else(|| "flow unknown".to_owned(), shown);
    let time = ReasonTime::of(reading, now);
    let text = format!("{flow} at {}: {flood}", situation.place.station());
    let text = match time.ago(now) {
        Some(ago) => format!("{ago}: {text}"),
        None => text,
    };
    Some(Reason {
        speaks_for: Some(match level {
            FloodLevel::NoOrMinor => Verdict::NoKnownWarning,
            _ => Verdict::DoNotSwim,
        }),
        ground: Ground::FloodLevel,
        finding: Finding::FloodLevel { m3_per_s, level },
        time,
        text,
        sources: vec![flood.source(), FloodLevel::source()],
    })
}

/// Rules 1 and 3: the limits of the flow that are reached. Only the highest margin of this crate
/// counts, and none at flood level 2 or higher.
fn reached_limits(situation: &Situation<'_>, flood: &FloodAssessment) -> Vec<Reason> {
    let Some(flow) = situation.flow.value(situation.now) else {
        return Vec::new();
    };
    let is_flood = flood.level > Some(FloodLevel::NoOrMinor);
    let reached: Vec<Limit> = limits::flow_limits(situation.place)
        .into_iter()
        .filter(|limit| flow >= limit.value)
        .collect();
    let is_own = |limit: &Limit| matches!(limit.basis, LimitBasis::OwnMargin { .. });
    let highest_margin = reached.iter().rev().find(|limit| is_own(limit)).cloned();
    reached
        .into_iter()
        .filter(|limit| match limit.basis {
            LimitBasis::Local => true,
            LimitBasis::OwnMargin { .. } => !is_flood && Some(limit) == highest_margin.as_ref(),
            _ => false,
        })
        .map(|limit| reached_limit(situation, flow, limit))
        .collect()
}

fn reached_limit(situation: &Situation<'_>, flow: f64, limit: Limit) -> Reason {
    let from_m3_per_s = limit.value;
    let (ground, finding) = match limit.basis {
        LimitBasis::OwnMargin { share_of_level_2 } => (
            Ground::OwnMargin,
            Finding::OwnMargin {
                from_m3_per_s,
                share_of_level_2,
            },
        ),
        _ => (Ground::LocalLimit, Finding::LocalLimit { from_m3_per_s }),
    };
    let time = ReasonTime::of(&situation.flow, situation.now);
    let text = match time.ago(situation.now) {
        Some(ago) => format!("{ago} the flow was {}; {}", shown(flow), limit.text),
        None if ground == Ground::OwnMargin => {
            format!("the flow is {}; {}", shown(flow), limit.text)
        }
        None => limit.text,
    };
    Reason {
        speaks_for: Some(limit.verdict),
        ground,
        finding,
        time,
        text,
        sources: limit.sources,
    }
}

/// Rule 2: the inputs that are not known well enough.
fn unknown_inputs(situation: &Situation<'_>, flood: &FloodAssessment) -> Vec<Reason> {
    let now = situation.now;
    let mut reasons = Vec::new();
    reasons.extend(unknown_reading(situation, Quantity::Flow));
    if let ReportedLevel::Unreadable(text) = &situation.reported_level {
        let finding = Finding::FloodLevelUnreadable { text: text.clone() };
        let text = format!("upstream's flood level cannot be read: {}", quoted(text));
        reasons.push(unknown(Ground::Missing, finding, text));
    }
    let is_flow_known = situation.flow.value(now).is_some();
    if is_flow_known && flood.level.is_none() {
        let text = format!("the flood level at {} is not known", situation.place.name());
        reasons.push(unknown(Ground::Missing, Finding::FloodLevelUnknown, text));
    }
    reasons.extend(unknown_reading(situation, Quantity::Temperature));
    // Without a flow, a missing trend is no additional information.
    if is_flow_known
        && situation.flow.is_current(now)
        && situation.flow.doubt().is_none()
        && situation.trend().is_none()
    {
        let text = "whether the flow rises is not known".to_owned();
        reasons.push(unknown(Ground::Missing, Finding::TrendUnknown, text));
    }
    reasons
}

/// Returns why the flow or the water temperature is missing, implausible, doubtful or not current.
fn unknown_reading(situation: &Situation<'_>, quantity: Quantity) -> Option<Reason> {
    let now = situation.now;
    let (reading, name) = match quantity {
        Quantity::Flow => (&situation.flow, "flow"),
        _ => (&situation.water, "water temperature"),
    };
    let in_words = |value: f64| match quantity {
        Quantity::Flow => shown(value),
        _ => celsius(value),
    };
    let (ground, finding, text) = if let Some(because) = reading.unknown_because(now) {
        let is_measured = situation.place.measures(quantity);
        if because == UnknownReason::Missing && !is_measured && quantity == Quantity::Flow {
            let text = format!("the flow is not measured at {}", situation.place.name());
            (Ground::Missing, Finding::FlowNotMeasured, text)
        } else {
            let text = match because {
                UnknownReason::Missing => format!("the {name} is not known"),
                _ => format!("the {name} is not known: {because}"),
            };
            let finding = Finding::Unknown { quantity, because };
            (Ground::Missing, finding, text)
        }
    } else if !reading.is_current(now) {
        let value = reading.value(now)?;
        let Some(measured_at) = reading.measured_at(now) else {
            let text = format!(
                "it is not known when the {name} of {} was measured",
                in_words(value)
            );
            let finding = Finding::Undated { quantity, value };
            return Some(unknown(Ground::Missing, finding, text));
        };
        let finding = Finding::TooOld {
            quantity,
            value,
            measured_at,
        };
        let text = format!(
            "the last known {name}, {}, is of {} ({}): too old to describe the river now",
            in_words(value),
            local_time(measured_at),
            age_in_words(reading.age(now)?),
        );
        (Ground::Missing, finding, text)
    } else {
        let doubt = reading.doubt()?;
        let finding = Finding::Doubtful { quantity, doubt };
        let text = match doubt {
            Doubt::Contradiction => format!("the {name} is doubtful: {doubt}"),
            _ => doubt.to_string(),
        };
        (Ground::Doubt, finding, text)
    };
    Some(unknown(ground, finding, text))
}

/// Rule 3: a rise that soon reaches the next limit or flood level.
fn rising_towards(situation: &Situation<'_>, flood: &FloodAssessment) -> Option<Reason> {
    let reading = &situation.flow;
    let flow = reading.value(situation.now)?;
    let per_hour = rising_per_hour(situation).filter(|_| reading.is_current(situation.now))?;
    let limit = limits::flow_limits(situation.place)
        .into_iter()
        .find(|limit| limit.value > flow)
        .map(|limit| (limit.value, limit.text, limit.sources));
    let level = flood
        .next
        .zip(situation.place.flood_thresholds())
        .map(|(next, thresholds)| {
            let text = format!("{} holds from there", next.level);
            (next.from_m3_per_s, text, vec![thresholds.source()])
        });
    let (at, says, sources) = limit
        .into_iter()
        .chain(level)
        .min_by(|a, b| a.0.total_cmp(&b.0))?;
    let hours = (at - flow) / per_hour;
    if hours > RISE_HORIZON_HOURS {
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
    Some(Reason {
        speaks_for: Some(Verdict::Caution),
        ground: Ground::Rising,
        finding: Finding::RisingTowards {
            per_hour_m3_per_s: per_hour,
            reaches_m3_per_s: at,
            in_hours: hours,
        },
        time: ReasonTime::Current,
        text,
        sources,
    })
}

/// Rule 3: a rise that the canton calls fast.
fn fast_rise(situation: &Situation<'_>) -> Option<Reason> {
    let per_hour_m3_per_s = rising_per_hour(situation)?;
    let limit = limits::rise(situation.place).filter(|limit| per_hour_m3_per_s >= limit.value)?;
    let time = ReasonTime::of(&situation.flow, situation.now);
    let rise = shown(per_hour_m3_per_s);
    let text = match time.ago(situation.now) {
        Some(ago) => format!("{ago} the flow rose by {rise} in an hour; {}", limit.text),
        None => format!("the flow rises by {rise} in an hour; {}", limit.text),
    };
    Some(Reason {
        speaks_for: Some(limit.verdict),
        ground: Ground::Rising,
        finding: Finding::RisingFast { per_hour_m3_per_s },
        time,
        text,
        sources: limit.sources,
    })
}

/// Rule 3: cold water.
fn cold_water(situation: &Situation<'_>) -> Option<Reason> {
    let reading = &situation.water;
    let value = reading.value(situation.now)?;
    let limit = limits::cold();
    if value > limit.value {
        return None;
    }
    let time = ReasonTime::of(reading, situation.now);
    let is_was = match time.ago(situation.now) {
        Some(ago) => format!("{ago} the water was at {}", celsius(value)),
        None => format!("the water is at {}", celsius(value)),
    };
    let text = format!(
        "{is_was}, and {} or less is called cold water: {}",
        celsius(limit.value),
        limit.text
    );
    Some(Reason {
        speaks_for: Some(limit.verdict),
        ground: Ground::Cold,
        finding: Finding::ColdWater {
            celsius: value,
            limit_celsius: limit.value,
        },
        time,
        text,
        sources: limit.sources,
    })
}

/// Rule 3: a saying that upstream uses only at high water.
fn high_water_sayings(situation: &Situation<'_>) -> Vec<Reason> {
    let time = ReasonTime::of(&situation.flow, situation.now);
    let says = time.ago(situation.now).map_or_else(
        || "aare.guru says".to_owned(),
        |ago| format!("{ago} aare.guru said"),
    );
    let known = situation.sayings.iter().filter_map(|it| Saying::find(it));
    known
        .filter(|saying| saying.high_water)
        .map(|saying| Reason {
            speaks_for: Some(Verdict::Caution),
            ground: Ground::Saying,
            finding: Finding::HighWaterSaying(saying),
            time,
            text: format!(
                "{says} “{}” ({}), which it says at high water",
                saying.text, saying.english
            ),
            sources: vec![saying.source()],
        })
        .collect()
}

/// Rule 4: no limit for swimmers is known here.
fn no_swimming_limit(situation: &Situation<'_>) -> Option<Reason> {
    if situation.place.swimming_limits().next().is_some() {
        return None;
    }
    let text = format!("no swimming limit is known for {}", situation.place.name());
    Some(unknown(Ground::NoLimit, Finding::NoSwimmingLimit, text))
}

fn rising_per_hour(situation: &Situation<'_>) -> Option<f64> {
    let trend = situation.trend()?;
    trend
        .per_hour
        .filter(|_| trend.direction == Direction::Rising)
        .filter(|per_hour| *per_hour > 0.0)
}

impl ReasonTime {
    /// Returns the time of a reason that is based on `reading`.
    fn of(reading: &Reading, now: Timestamp) -> Self {
        if reading.is_current(now) {
            return Self::Current;
        }
        reading
            .measured_at(now)
            .map_or(Self::Unknown, Self::Earlier)
    }

    /// Returns how long ago that was; `None` if it is current.
    fn ago(self, now: Timestamp) -> Option<String> {
        match self {
            Self::Current => None,
            Self::Earlier(at) => Some(age_in_words(now.duration_since(at).unsigned_abs())),
            Self::Unknown => Some("at an unknown time".to_owned()),
        }
    }
}

fn unknown(ground: Ground, finding: Finding, text: String) -> Reason {
    Reason {
        speaks_for: Some(Verdict::Unknown),
        ground,
        finding,
        time: ReasonTime::Current,
        text,
        sources: vec![limits::api()],
    }
}

/// Formats a water temperature for people: to the tenth, without a trailing zero.
fn celsius(value: f64) -> String {
    let tenths = format!("{value:.1}");
    format!("{} °C", tenths.strip_suffix(".0").unwrap_or(&tenths))
}
