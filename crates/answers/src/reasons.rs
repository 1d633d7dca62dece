//! Translates the reasons for a verdict.

use aareguru::{
    Doubt, FloodLevel, Implausible, Place, Quantity, UnknownReason,
    advice::{Finding, Reason, ReasonTime},
};

use crate::i18n::Texts;

/// Translates a reason, without its sources and full stop.
pub fn translate_reason(place: &Place, reason: &Reason, texts: &Texts) -> String {
    let text = translate_finding(place, reason, texts);
    match reason.time {
        ReasonTime::Current => text,
        ReasonTime::Earlier(at) => {
            let values = [("time", texts.day_and_time(at)), ("reason", text)];
            texts.format("reason.earlier", &values)
        }
        ReasonTime::Unknown => texts.format("reason.earlier_unknown", &[("reason", text)]),
    }
}

fn translate_finding(place: &Place, reason: &Reason, texts: &Texts) -> String {
    let (key, values) = match &reason.finding {
        Finding::FlowNotMeasured => ("reason.flow_not_measured", vec![]),
        Finding::TrendUnknown => ("reason.trend_unknown", vec![]),
        Finding::FloodLevelUnknown => ("reason.level_unknown", vec![]),
        Finding::NoSwimmingLimit => ("reason.no_swimming_limit", vec![]),
        Finding::Unknown { quantity, because } => {
            let what = select_by_quantity(*quantity, "reason.flow_unknown", "reason.water_unknown");
            return append_unknown_reason(texts.get(what), *because, texts);
        }
        Finding::TooOld {
            quantity,
            value,
            measured_at,
        } => (
            select_by_quantity(*quantity, "reason.flow_too_old", "reason.water_too_old"),
            vec![
                ("value", format_with_unit(*quantity, *value, texts)),
                ("time", texts.day_and_time(*measured_at)),
            ],
        ),
        Finding::Undated { quantity, value } => (
            select_by_quantity(*quantity, "reason.flow_undated", "reason.water_undated"),
            vec![("value", format_with_unit(*quantity, *value, texts))],
        ),
        Finding::Doubtful {
            quantity,
            doubt: it,
        } => return translate_doubt(*quantity, *it, texts),
        Finding::FloodLevelUnreadable { text } => {
            ("reason.level_unreadable", vec![("text", text.clone())])
        }
        Finding::OwnMargin {
            from_m3_per_s,
            share_of_level_2,
        } => (
            "reason.own_margin",
            vec![
                ("from", texts.flow(*from_m3_per_s)),
                ("percent", texts.percent(100.0 * share_of_level_2)),
            ],
        ),
        Finding::ColdWater {
            celsius,
            limit_celsius,
        } => (
            "reason.cold_water",
            vec![
                ("value", texts.celsius(*celsius)),
                ("limit", texts.celsius(*limit_celsius)),
            ],
        ),
        Finding::FloodLevel { m3_per_s, level } => {
            return translate_flood_level(*m3_per_s, *level, texts);
        }
        Finding::LocalLimit { from_m3_per_s } => {
            let key = format!("limit.{}_{from_m3_per_s}", place.id());
            return texts.get(&key).to_owned();
        }
        Finding::RisingTowards {
            per_hour_m3_per_s,
            reaches_m3_per_s,
            in_hours,
        } => (
            "reason.rising_towards",
            vec![
                ("per_hour", texts.flow(*per_hour_m3_per_s)),
                ("reaches", texts.flow(*reaches_m3_per_s)),
                ("hours", texts.number(*in_hours, 1)),
            ],
        ),
        Finding::RisingFast { per_hour_m3_per_s } => (
            "reason.rising_fast",
            vec![("per_hour", texts.flow(*per_hour_m3_per_s))],
        ),
        Finding::HighWaterSaying(saying) => (
            "reason.high_water_saying",
            vec![
                ("text", saying.text.clone()),
                ("reading", texts.plain_reading(saying).to_owned()),
            ],
        ),
        // Findings without a translation keep their English text.
        _ => return reason.text.clone(),
    };
    texts.format(key, &values)
}

/// Translates a doubt about the flow or the water temperature, without a full stop.
pub fn translate_doubt(quantity: Quantity, doubt: Doubt, texts: &Texts) -> String {
    let (key, values) = match doubt {
        Doubt::Stuck(suspicion) => (
            select_by_quantity(quantity, "reason.flow_stuck", "reason.water_stuck"),
            vec![
                ("value", format_with_unit(quantity, suspicion.value, texts)),
                ("hours", (suspicion.over().as_secs() / 3600).to_string()),
            ],
        ),
        Doubt::Jump { max_celsius } => (
            "reason.water_jump",
            vec![("value", texts.celsius(max_celsius))],
        ),
        _ => {
            let (flow, water) = ("reason.flow_contradiction", "reason.water_contradiction");
            (select_by_quantity(quantity, flow, water), vec![])
        }
    };
    texts.format(key, &values)
}

fn select_by_quantity(quantity: Quantity, flow: &'static str, water: &'static str) -> &'static str {
    if quantity == Quantity::Flow {
        flow
    } else {
        water
    }
}

fn format_with_unit(quantity: Quantity, value: f64, texts: &Texts) -> String {
    match quantity {
        Quantity::Flow => texts.flow(value),
        _ => texts.celsius(value),
    }
}

fn translate_flood_level(m3_per_s: Option<f64>, level: FloodLevel, texts: &Texts) -> String {
    let number = level.number().to_string();
    let name = texts.get(&format!("level.{number}")).to_owned();
    let flow = m3_per_s.map_or_else(|| texts.get("flow_unknown").to_owned(), |it| texts.flow(it));
    let values = [("flow", flow), ("level", number), ("name", name)];
    let text = texts.format("reason.flood_level", &values);
    match level {
        FloodLevel::NoOrMinor => text,
        _ => format!("{text}. {}", texts.get("reason.flood_near")),
    }
}

/// Returns `what` followed by the reason why it is unknown, if the upstream API sent a value.
pub fn append_unknown_reason(what: &str, because: UnknownReason, texts: &Texts) -> String {
    let why = match because {
        UnknownReason::Implausible(Implausible::NotANumber { .. }) => "because.not_a_number",
        UnknownReason::Implausible(_) => "because.implausible",
        UnknownReason::FutureDated => "because.future",
        _ => return what.to_owned(),
    };
    texts.format("reason.because", &[("what", what), ("why", texts.get(why))])
}
