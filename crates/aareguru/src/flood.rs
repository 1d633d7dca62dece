//! BAFU's flood danger levels: what the flow at a gauge means for the land near the river. They
//! describe floods and do not apply to swimming.
//!
//! `data/flood-levels.toml` contains the thresholds, with source and date.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::Place;
use crate::source::{Source, Sources};

mod assessment;
mod reported_level;

pub use assessment::FloodAssessment;
pub use reported_level::ReportedLevel;

/// A flood danger level of the Swiss federal office for the environment (BAFU).
///
/// <https://www.hydrodaten.admin.ch/de/die-5-gefahrenstufen-fuer-hochwasser>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FloodLevel {
    /// Level 1, "keine oder geringe Gefahr". Not a permission to swim.
    NoOrMinor = 1,
    /// Level 2, "mässige Gefahr": reached about every 2 to 10 years.
    Moderate = 2,
    /// Level 3, "erhebliche Gefahr": about every 10 to 30 years.
    Considerable = 3,
    /// Level 4, "grosse Gefahr": about every 30 to 100 years.
    High = 4,
    /// Level 5, "sehr grosse Gefahr": about every 100 years or less often.
    VeryHigh = 5,
}

impl FloodLevel {
    /// All levels, lowest first.
    pub const ALL: [Self; 5] = [
        Self::NoOrMinor,
        Self::Moderate,
        Self::Considerable,
        Self::High,
        Self::VeryHigh,
    ];

    /// Returns the level with this number, 1 to 5.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }

    /// Returns the number of the level, 1 to 5.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns BAFU's name of the danger in English.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoOrMinor => "no or minor danger",
            Self::Moderate => "moderate danger",
            Self::Considerable => "considerable danger",
            Self::High => "high danger",
            Self::VeryHigh => "very high danger",
        }
    }

    /// Returns BAFU's name of the danger in German.
    pub fn german_name(self) -> &'static str {
        match self {
            Self::NoOrMinor => "keine oder geringe Gefahr",
            Self::Moderate => "mässige Gefahr",
            Self::Considerable => "erhebliche Gefahr",
            Self::High => "grosse Gefahr",
            Self::VeryHigh => "sehr grosse Gefahr",
        }
    }

    /// Returns what the level means for people near the river, after BAFU's recommendations.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NoOrMinor => "no flood danger; this is not a permission to swim",
            Self::Moderate => "it can be dangerous to be near the river; keep enough distance",
            Self::Considerable => "it is dangerous to be near the river; keep away",
            Self::High | Self::VeryHigh => {
                "it is extremely dangerous to be near the river; keep away"
            }
        }
    }

    /// Returns the source of the levels.
    pub fn source() -> &'static Source {
        TABLE.source.get("levels")
    }
}

/// Writes `flood level 2 of 5 (moderate danger)`.
impl fmt::Display for FloodLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flood level {} of 5 ({})", self.number(), self.name())
    }
}

/// The flows at which the flood levels begin at one gauge.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloodThresholds {
    number: u32,
    name: String,
    from_m3_per_s: [f64; 4],
    from: String,
}

/// A flood level above the present one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct NextLevel {
    /// The level.
    pub level: FloodLevel,
    /// The flow in m³/s from which it applies.
    pub from_m3_per_s: f64,
    /// The difference to the present flow in m³/s.
    pub missing_m3_per_s: f64,
}

impl FloodThresholds {
    /// Returns BAFU's gauge number.
    pub fn gauge(&self) -> u32 {
        self.number
    }

    /// Returns BAFU's gauge name.
    pub fn gauge_name(&self) -> &str {
        &self.name
    }

    /// Returns the flow in m³/s from which `level` applies; `None` for level 1, which has no
    /// threshold.
    pub fn from_m3_per_s(&self, level: FloodLevel) -> Option<f64> {
        let index = usize::from(level.number()).checked_sub(2)?;
        self.from_m3_per_s.get(index).copied()
    }

    /// Returns the level at this flow in m³/s; `None` if it is not a flow (zero, negative or not a
    /// number). A threshold belongs to the level above it.
    pub fn level(&self, flow_m3_per_s: f64) -> Option<FloodLevel> {
        if !is_flow(flow_m3_per_s) {
            return None;
        }
        FloodLevel::ALL
            .into_iter()
            .rev()
            .find(|level| match self.from_m3_per_s(*level) {
                Some(from) => flow_m3_per_s >= from,
                None => true,
            })
    }

    /// Returns the next level above this flow in m³/s; `None` in level 5, or if it is not a flow.
    pub fn next(&self, flow_m3_per_s: f64) -> Option<NextLevel> {
        let number = self.level(flow_m3_per_s)?.number() + 1;
        let level = FloodLevel::from_number(number)?;
        let from_m3_per_s = self.from_m3_per_s(level)?;
        Some(NextLevel {
            level,
            from_m3_per_s,
            missing_m3_per_s: from_m3_per_s - flow_m3_per_s,
        })
    }

    /// Returns the source of the thresholds.
    pub fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

impl Place {
    /// Returns the flows at which BAFU's flood levels begin here; `None` where BAFU does not
    /// measure (Olten).
    pub fn flood_thresholds(&self) -> Option<&'static FloodThresholds> {
        let number = self.gauge()?;
        TABLE.gauge.iter().find(|gauge| gauge.number == number)
    }
}

/// Returns whether the Aare can have this flow: a finite number above zero. It never runs dry, so
/// zero stands for a missing value.
pub(crate) fn is_flow(m3_per_s: f64) -> bool {
    m3_per_s.is_finite() && m3_per_s > 0.0
}

/// The shape of `data/flood-levels.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    source: Sources,
    gauge: Vec<FloodThresholds>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/flood-levels.toml"))
        .expect("the table is compiled in and every test reads it")
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bern() -> &'static FloodThresholds {
        Place::find("bern").unwrap().flood_thresholds().unwrap()
    }

    #[test]
    fn threshold_belongs_to_the_level_above_it() {
        let levels = [0.1, 69.0, 359.9, 360.0, 429.0, 430.0, 500.0, 559.0, 560.0]
            .map(|flow| bern().level(flow).unwrap().number());
        assert_eq!(levels, [1, 1, 1, 2, 2, 3, 4, 4, 5]);
    }

    #[test]
    fn next_level_has_its_distance() {
        let next = bern().next(247.0).unwrap();
        assert_eq!(
            (next.level, next.from_m3_per_s, next.missing_m3_per_s),
            (FloodLevel::Moderate, 360.0, 113.0)
        );
        assert_eq!(bern().next(600.0), None);
    }

    #[test]
    fn invalid_flow_has_no_level() {
        for flow in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(bern().level(flow), None);
            assert_eq!(bern().next(flow), None);
        }
    }

    #[test]
    fn thresholds_rise_at_all_places_but_olten() {
        for place in Place::all() {
            let Some(thresholds) = place.flood_thresholds() else {
                assert_eq!(place.id(), "olten");
                continue;
            };
            assert_eq!(Some(thresholds.gauge()), place.gauge());
            assert!(
                thresholds.from_m3_per_s.is_sorted_by(|a, b| a < b),
                "{thresholds:?}"
            );
            assert!(!thresholds.source().url.is_empty());
        }
    }

    #[test]
    fn level_one_is_not_a_permission() {
        assert!(FloodLevel::NoOrMinor.meaning().contains("not a permission"));
        assert_eq!(FloodLevel::from_number(0), None);
        assert_eq!(FloodLevel::from_number(6), None);
        assert_eq!(
            FloodLevel::Moderate.to_string(),
            "flood level 2 of 5 (moderate danger)"
        );
    }

    proptest! {
        #[test]
        fn more_flow_never_has_a_lower_level(a in 0.1..3000.0f64, b in 0.1..3000.0f64) {
            for thresholds in &TABLE.gauge {
                let (low, high) = (a.min(b), a.max(b));
                prop_assert!(thresholds.level(low) <= thresholds.level(high));
            }
        }

        #[test]
        fn next_level_is_reached_by_the_missing_flow(flow in 0.1..3000.0f64) {
            for thresholds in &TABLE.gauge {
                if let Some(next) = thresholds.next(flow) {
                    prop_assert!(next.missing_m3_per_s > 0.0);
                    prop_assert_eq!(thresholds.level(next.from_m3_per_s), Some(next.level));
                }
            }
        }
    }
}
