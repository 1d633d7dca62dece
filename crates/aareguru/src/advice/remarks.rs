//! Additional information that does not affect the verdict.

use super::{Finding, Ground, Reason, ReasonTime, Situation, limits, shown};
use crate::source::Source;
use crate::{Direction, Trend, local_time};

/// Returns the remarks on a situation; `flow` is the flow in m³/s if it is current.
pub(super) fn of(situation: &Situation<'_>, flow: Option<f64>) -> Vec<Reason> {
    let mut remarks = vec![trend_remark(situation.trend().filter(|_| flow.is_some()))];
    remarks.extend(canal_remarks(situation, flow));
    remarks.extend(limits::remarks(situation.place).map(|it| remark(it.text.clone(), it.source())));
    remarks
}

fn trend_remark(trend: Option<Trend>) -> Reason {
    let text = match trend {
        None => "whether the flow rises or falls is not known".to_owned(),
        Some(trend) => {
            let per_hour = trend.per_hour.map(f64::abs).map(shown).unwrap_or_default();
            let way = match trend.direction {
                Direction::Rising => format!("the flow has risen by {per_hour} in an hour"),
                Direction::Falling => format!("the flow has fallen by {per_hour} in an hour"),
                _ => "the flow has hardly changed".to_owned(),
            };
            format!(
                "{way}, by {} readings over {:.1} hours",
                trend.points,
                trend.over.as_secs_f64() / 3600.0
            )
        }
    };
    remark(text, limits::api())
}

fn canal_remarks(situation: &Situation<'_>, flow: Option<f64>) -> Vec<Reason> {
    let Some(gate) = limits::canal(situation.place) else {
        return Vec::new();
    };
    let mut remarks = Vec::new();
    if let Some(canal) = situation.canal {
        let state = if canal.is_open { "open" } else { "closed" };
        let since = canal
            .since
            .map_or_else(|| "an unknown time".to_owned(), local_time);
        let text =
            format!("the Bueber canal at the Marzili baths is reported {state} since {since}");
        remarks.push(remark(text, limits::api()));
        if canal.is_open && flow.is_some_and(|flow| flow >= gate.closes_from_m3_per_s) {
            let text = "at this flow the gate of the canal closes by itself, whatever is reported";
            remarks.push(remark(text.to_owned(), gate.source()));
        }
    }
    if flow.is_some_and(|flow| flow >= gate.discretion_from_m3_per_s) {
        remarks.push(remark(gate.text.clone(), gate.source()));
        remarks.extend(
            gate.also
                .iter()
                .map(|also| remark(also.text.clone(), also.source())),
        );
    }
    remarks
}

fn remark(text: String, source: &'static Source) -> Reason {
    Reason {
        speaks_for: None,
        ground: Ground::Remark,
        finding: Finding::Remark,
        time: ReasonTime::Current,
        text,
        sources: vec![source],
    }
}
