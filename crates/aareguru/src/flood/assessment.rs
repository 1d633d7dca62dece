//! Combines two flood levels: the one computed from the flow, and the one that the API reports.

use std::fmt;

use super::{FloodLevel, NextLevel, TABLE};
use crate::Place;
use crate::source::Source;

/// The flood level at a place, and its basis.
///
/// Independent of the age of its inputs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FloodAssessment {
    /// The level: the higher one if the two below disagree; `None` if neither is known, which is
    /// not level 1.
    pub level: Option<FloodLevel>,
    /// The level by the flow and BAFU's thresholds.
    pub by_flow: Option<FloodLevel>,
    /// The level that the API sent (`flow_gefahrenstufe`).
    pub by_api: Option<FloodLevel>,
    /// The next level above the flow.
    pub next: Option<NextLevel>,
}

impl FloodAssessment {
    /// Assesses a flow in m³/s and the API's own level at `place`.
    ///
    /// A missing or impossible value (a flow of zero) is unknown.
    pub fn new(place: &Place, flow_m3_per_s: Option<f64>, by_api: Option<FloodLevel>) -> Self {
        let thresholds = place.flood_thresholds();
        let by = thresholds.zip(flow_m3_per_s);
        let by_flow = by.and_then(|(thresholds, flow)| thresholds.level(flow));
        Self {
            level: by_flow.max(by_api),
            by_flow,
            by_api,
            next: by.and_then(|(thresholds, flow)| thresholds.next(flow)),
        }
    }

    /// Returns the source of the level.
    pub fn source(&self) -> &'static Source {
        let by_api_alone = self.by_api.is_some() && self.by_flow < self.by_api;
        TABLE
            .source
            .get(if by_api_alone { "api" } else { "thresholds" })
    }
}

/// Writes a clause with the level, its meaning, and a disagreement between the two.
impl fmt::Display for FloodAssessment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(level) = self.level else {
            return f.write_str("the flood level is not known");
        };
        write!(f, "{level}: {}", level.meaning())?;
        match self.by_flow.zip(self.by_api) {
            Some((flow, api)) if flow != api => write!(
                f,
                " (level {} by the flow and BAFU's thresholds, level {} by the API; \
                 the higher one counts)",
                flow.number(),
                api.number()
            ),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(id: &str, flow: Option<f64>, api: Option<u8>) -> FloodAssessment {
        let api = api.and_then(FloodLevel::from_number);
        FloodAssessment::new(Place::find(id).unwrap(), flow, api)
    }

    #[test]
    fn higher_level_counts_and_a_disagreement_is_shown() {
        for (flow, api) in [(361.0, 1), (100.0, 2)] {
            let assessment = at("bern", Some(flow), Some(api));
            assert_eq!(assessment.level, Some(FloodLevel::Moderate));
            assert!(
                assessment.to_string().contains("the higher one counts"),
                "{assessment}"
            );
        }
        let agreed = at("bern", Some(228.0), Some(1)).to_string();
        assert!(!agreed.contains("the higher one counts"));
    }

    #[test]
    fn unknown_level_is_not_level_one() {
        for assessment in [
            at("bern", None, None),
            at("bern", Some(f64::NAN), Some(0)),
            at("bern", Some(-4.0), Some(6)),
            at("bern", Some(0.0), None),
            at("olten", Some(100.0), None),
        ] {
            assert_eq!(assessment.level, None);
            assert_eq!(assessment.to_string(), "the flood level is not known");
        }
    }

    #[test]
    fn level_of_the_api_alone_counts() {
        let assessment = at("olten", None, Some(3));
        assert_eq!(assessment.level, Some(FloodLevel::Considerable));
        assert_eq!(
            assessment.source().name,
            "Aareguru API (flow_gefahrenstufe)"
        );
        assert_eq!(at("bern", Some(400.0), None).source().date, "2026-09-29");
    }

    #[test]
    fn same_flow_has_another_level_elsewhere() {
        let level = |id| at(id, Some(245.0), None).level.unwrap().number();
        assert_eq!(["interlaken", "bern", "brugg"].map(level), [3, 1, 1]);
    }
}
