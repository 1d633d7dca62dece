//! `aareguru://danger-levels`: BAFU's flood levels, and the flow at which each begins, per gauge.

use aareguru::{Advice, CREDIT, FloodLevel, Place};
use serde_json::{Value, json};

const ABOUT: &str = "\
BAFU's five flood danger levels. They are about floods and the land beside the river, not about \
swimmers: level 1 is not a permission to swim, and an unknown level is not level 1.";

pub(super) fn danger_levels() -> Value {
    let places = Place::all().iter();
    let without_levels = places.clone().filter(|it| it.flood_thresholds().is_none());
    json!({
        "about": ABOUT,
        "levels": FloodLevel::ALL.map(level),
        "levels_source": FloodLevel::source(),
        "gauges": places.filter_map(gauge).collect::<Vec<_>>(),
        // Unknown, not level 1.
        "places_without_levels": without_levels.map(Place::id).collect::<Vec<_>>(),
        "boundary": Advice::BOUNDARY,
        "credit": CREDIT,
    })
}

fn level(level: FloodLevel) -> Value {
    json!({
        "level": level.number(),
        "name": level.name(),
        "german_name": level.german_name(),
        "meaning": level.meaning(),
    })
}

/// Returns the levels at the gauge of a place; `None` if unknown.
fn gauge(place: &'static Place) -> Option<Value> {
    let thresholds = place.flood_thresholds()?;
    let begin = |level: FloodLevel| {
        let from_m3_per_s = thresholds.from_m3_per_s(level)?;
        Some(json!({ "level": level.number(), "from_m3_per_s": from_m3_per_s }))
    };
    Some(json!({
        "city": place.id(),
        "name": place.name(),
        // BAFU's number.
        "gauge": thresholds.gauge(),
        "gauge_name": thresholds.gauge_name(),
        // Without level 1, which applies below the first of them.
        "begins": FloodLevel::ALL.into_iter().filter_map(begin).collect::<Vec<_>>(),
        "source": thresholds.source(),
    }))
}
