//! `aareguru://danger-levels`: BAFU's flood levels, and from which flow they
//! hold at each gauge. It holds no readings.

use aareguru::{Advice, CREDIT, FloodLevel, FloodThresholds, Place};
use serde::Serialize;

use crate::mcp::resources::SourceOf;

const ABOUT: &str = "\
BAFU's five flood danger levels. They are about floods and the land beside the river, not about \
swimmers: level 1 is not a permission to swim, and an unknown level is not level 1.";

#[derive(Debug, Serialize)]
pub(super) struct DangerLevels {
    about: &'static str,
    levels: Vec<Level>,
    levels_source: SourceOf,
    /// In downstream order.
    gauges: Vec<Gauge>,
    /// The places of which no levels are known: unknown, not level 1.
    places_without_levels: Vec<&'static str>,
    boundary: &'static str,
    credit: &'static str,
}

#[derive(Debug, Serialize)]
struct Level {
    level: u8,
    name: &'static str,
    german_name: &'static str,
    meaning: &'static str,
}

#[derive(Debug, Serialize)]
struct Gauge {
    city: &'static str,
    name: &'static str,
    /// BAFU's number.
    gauge: u32,
    gauge_name: &'static str,
    /// Level 1 holds below the first of them.
    begins: Vec<Begin>,
    source: SourceOf,
}

#[derive(Debug, Serialize)]
struct Begin {
    level: u8,
    from_m3_per_s: f64,
}

impl DangerLevels {
    pub(super) fn new() -> Self {
        let places = Place::all().iter();
        Self {
            about: ABOUT,
            levels: FloodLevel::ALL.into_iter().map(Level::new).collect(),
            levels_source: SourceOf::new(FloodLevel::source()),
            gauges: places
                .clone()
                .filter_map(|place| Some(Gauge::new(place, place.flood_thresholds()?)))
                .collect(),
            places_without_levels: places
                .filter(|place| place.flood_thresholds().is_none())
                .map(Place::id)
                .collect(),
            boundary: Advice::BOUNDARY,
            credit: CREDIT,
        }
    }
}

impl Level {
    fn new(level: FloodLevel) -> Self {
        Self {
            level: level.number(),
            name: level.name(),
            german_name: level.german_name(),
            meaning: level.meaning(),
        }
    }
}

impl Gauge {
    fn new(place: &'static Place, thresholds: &'static FloodThresholds) -> Self {
        let begin = |level: FloodLevel| {
            let from_m3_per_s = thresholds.from_m3_per_s(level)?;
            let level = level.number();
            Some(Begin {
                level,
                from_m3_per_s,
            })
        };
        Self {
            city: place.id(),
            name: place.name(),
            gauge: thresholds.gauge(),
            gauge_name: thresholds.gauge_name(),
            begins: FloodLevel::ALL.into_iter().filter_map(begin).collect(),
            source: SourceOf::new(thresholds.source()),
        }
    }
}
