//! Where is the Aare warmest, and where calmest?
//!
//! One request tells of all places. Flows of different places cannot be
//! compared as such, so each is put in relation to what is a flood there.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::api::{Widget, WidgetValues};
use crate::flood::is_flow;
use crate::{Advice, FloodLevel, Freshness, Place, Reading, Situation, UpstreamTrouble, Verdict};

/// Places side by side.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The places, each once, in the order asked for; downstream if all were.
    pub places: Vec<ComparedPlace>,
    /// The day of the recording, if this is one and not the live river.
    pub recorded_on: Option<Date>,
    /// Why this is an earlier answer: the API gave no new one. `None` if it is
    /// as new as it should be. The readings' ages are true either way.
    pub upstream_trouble: Option<UpstreamTrouble>,
}

/// One of the places compared.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ComparedPlace {
    /// The place.
    pub place: &'static Place,
    /// Water temperature in °C, to the tenth.
    pub water: Reading,
    /// Flow in m³/s; a flow that the Aare cannot have (zero) is unknown.
    pub flow: Reading,
    /// The flow as a part of that from which flood level 2 holds here: 0.5 is
    /// half of it. `None` if either is not known.
    pub share_of_level_2: Option<f64>,
    /// Forecast of the water temperature in °C, two hours after the reading.
    pub water_in_two_hours: Option<f64>,
    /// Air temperature in °C; the API does not tell its time.
    pub air: Option<f64>,
    /// The saying about the water, in Bernese German. It is no advice.
    pub saying: Option<String>,
    flow_saying: Option<String>,
    api_level: Option<u8>,
}

/// A place with its rank among those that have the value in question.
#[derive(Debug, Clone, Copy)]
pub struct Ranked<'a> {
    /// From 1; those with equal values share it, and the next is left out.
    pub rank: usize,
    /// The value by which it is ranked.
    pub value: f64,
    /// The place.
    pub at: &'a ComparedPlace,
}

impl Comparison {
    pub(super) fn new(
        asked: &[&'static Place],
        answer: &Widget,
        recorded_on: Option<Date>,
        upstream_trouble: Option<UpstreamTrouble>,
    ) -> Self {
        let mut places: Vec<ComparedPlace> = Vec::new();
        let all = Place::all().iter().filter(|_| asked.is_empty());
        for place in asked.iter().copied().chain(all) {
            if !places.iter().any(|at| at.place == place) {
                let values = answer.values.get(place.id());
                let values = values.cloned().unwrap_or_default();
                places.push(ComparedPlace::new(place, values, recorded_on));
            }
        }
        Self {
            places,
            recorded_on,
            upstream_trouble,
        }
    }

    /// Those whose water temperature is known at the time `now`, warmest
    /// first. One that is stale is not ranked; in a recording, age does not
    /// matter.
    pub fn warmest_first(&self, now: Timestamp) -> Vec<Ranked<'_>> {
        rank(self.with(|at| at.temperature(now)), |a, b| b.total_cmp(&a))
    }

    /// Those whose flow is known at the time `now`, the lowest in relation to
    /// flood level 2 first.
    ///
    /// That is no measure of the current: it tells how far each place is from
    /// its own flood.
    pub fn calmest_first(&self, now: Timestamp) -> Vec<Ranked<'_>> {
        let share =
            |at: &ComparedPlace| at.share_of_level_2.filter(|_| tells_of_now(&at.flow, now));
        rank(self.with(share), |a, b| a.total_cmp(&b))
    }

    /// The warmest of the places of which no warning is known; several if they
    /// are equally warm. Empty if none remains: a place with a warning, or of
    /// which too little is known, is never among them.
    pub fn recommended(&self, now: Timestamp) -> Vec<&ComparedPlace> {
        let no_warning = |at: &ComparedPlace| at.advice(now).verdict == Verdict::NoKnownWarning;
        let candidates = self.with(|at| at.temperature(now).filter(|_| no_warning(at)));
        let ranked = rank(candidates, |a, b| b.total_cmp(&a));
        let first = ranked.into_iter().take_while(|ranked| ranked.rank == 1);
        first.map(|ranked| ranked.at).collect()
    }

    fn with(&self, value: impl Fn(&ComparedPlace) -> Option<f64>) -> Vec<(&ComparedPlace, f64)> {
        let with_value = |at| value(at).map(|value| (at, value));
        self.places.iter().filter_map(with_value).collect()
    }
}

impl ComparedPlace {
    fn new(place: &'static Place, values: WidgetValues, recorded_on: Option<Date>) -> Self {
        let reading = |value| Reading::new(value, values.timestamp, recorded_on);
        let flow = values.flow.filter(|flow| is_flow(*flow));
        let level_2 = place
            .flood_thresholds()
            .and_then(|thresholds| thresholds.from_m3_per_s(FloodLevel::Moderate));
        Self {
            place,
            water: reading(values.temperature),
            flow: reading(flow),
            share_of_level_2: flow.zip(level_2).map(|(flow, level_2)| flow / level_2),
            water_in_two_hours: values.forecast2h,
            air: values.tt,
            saying: values.temperature_text,
            flow_saying: values.flow_text,
            api_level: values.flow_gefahrenstufe,
        }
    }

    /// What may be said to a swimmer here.
    ///
    /// By flow, flood level and sayings. Whether the flow rises is not in the
    /// data of a comparison.
    pub fn advice(&self, now: Timestamp) -> Advice {
        let mut situation = Situation::new(self.place, self.flow, now);
        if let Some(level) = self.api_level {
            situation = situation.with_api_level(level);
        }
        for saying in [&self.saying, &self.flow_saying].into_iter().flatten() {
            situation = situation.with_saying(saying);
        }
        situation.advise()
    }

    fn temperature(&self, now: Timestamp) -> Option<f64> {
        self.water.value.filter(|_| tells_of_now(&self.water, now))
    }
}

/// Whether a value may be put beside others as the present one, or as the one
/// of the recording.
fn tells_of_now(reading: &Reading, now: Timestamp) -> bool {
    matches!(
        reading.freshness(now),
        Freshness::Fresh | Freshness::Recorded
    )
}

fn rank(
    mut values: Vec<(&ComparedPlace, f64)>,
    order: impl Fn(f64, f64) -> std::cmp::Ordering,
) -> Vec<Ranked<'_>> {
    values.sort_by(|a, b| order(a.1, b.1));
    let mut ranked: Vec<Ranked<'_>> = Vec::new();
    for (n, (at, value)) in values.into_iter().enumerate() {
        let same = ranked
            .last()
            .filter(|last| order(last.value, value).is_eq());
        let rank = same.map_or(n + 1, |last| last.rank);
        ranked.push(Ranked { rank, value, at });
    }
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: i64 = 1_783_176_000;

    fn now() -> Timestamp {
        Timestamp::from_second(MEASURED + 20 * 60).unwrap()
    }

    fn compare(ids: &[&str], values: &str) -> Comparison {
        let asked: Vec<_> = ids.iter().map(|id| Place::find(id).unwrap()).collect();
        let values = values.replace("NOW", &MEASURED.to_string());
        let widget = serde_json::from_str(&format!(r#"{{"values": {values}}}"#)).unwrap();
        Comparison::new(&asked, &widget, None, None)
    }

    fn ranks<'a>(ranked: &[Ranked<'a>]) -> Vec<(usize, &'a str)> {
        let pairs = ranked.iter().map(|it| (it.rank, it.at.place.id()));
        pairs.collect()
    }

    fn recommended(comparison: &Comparison) -> Vec<&str> {
        let places = comparison.recommended(now());
        places.into_iter().map(|at| at.place.id()).collect()
    }

    #[test]
    fn the_warmest_without_a_warning_is_recommended_and_not_the_warmest() {
        let comparison = compare(
            &[],
            r#"{"thun": {"timestamp": NOW, "temperature": 19.1, "flow": 120, "flow_gefahrenstufe": 1},
                "bern": {"timestamp": NOW, "temperature": 20.3, "flow": 225, "flow_gefahrenstufe": 1},
                "brugg": {"timestamp": NOW, "temperature": 18.0, "flow": 300},
                "interlaken": {"timestamp": NOW, "temperature": 21.0, "flow": 180},
                "olten": {"timestamp": NOW, "temperature": 22.0}}"#,
        );
        assert_eq!(comparison.places.len(), 8);
        assert_eq!(
            ranks(&comparison.warmest_first(now())),
            [
                (1, "olten"),
                (2, "interlaken"),
                (3, "bern"),
                (4, "thun"),
                (5, "brugg")
            ]
        );
        // 300 m³/s is more water than 225, and yet farther from a flood.
        assert_eq!(
            ranks(&comparison.calmest_first(now())),
            [(1, "thun"), (2, "brugg"), (3, "bern"), (4, "interlaken")]
        );
        assert_eq!(recommended(&comparison), ["thun"]);
    }

    #[test]
    fn those_that_are_equally_warm_share_their_rank() {
        let comparison = compare(
            &["brugg", "thun", "hagneck", "thun"],
            r#"{"thun": {"timestamp": NOW, "temperature": 18, "flow": 175},
                "brugg": {"timestamp": NOW, "temperature": 18.0, "flow": 410},
                "hagneck": {"timestamp": NOW, "temperature": 17.9, "flow": 100}}"#,
        );
        assert_eq!(
            ranks(&comparison.warmest_first(now())),
            [(1, "brugg"), (1, "thun"), (3, "hagneck")]
        );
        assert_eq!(
            ranks(&comparison.calmest_first(now())),
            [(1, "hagneck"), (2, "brugg"), (2, "thun")]
        );
        assert_eq!(recommended(&comparison), ["brugg", "thun"]);
    }

    #[test]
    fn what_is_missing_is_not_ranked_and_never_recommended() {
        let nulls = r#"{"timestamp": null, "temperature": null, "temperature_text": null,
            "flow": null, "flow_text": null, "flow_gefahrenstufe": null, "forecast2h": null,
            "tt": null, "suntotal": null}"#;
        let each = [
            "{}".to_owned(),
            format!(r#"{{"bern": {nulls}, "thun": null}}"#),
            r#"{"thun": {"timestamp": NOW, "temperature": 20, "flow": 0}}"#.to_owned(),
            r#"{"thun": {"timestamp": null, "temperature": 20, "flow": 100}}"#.to_owned(),
            r#"{"thun": {"timestamp": NOW, "temperature": null, "flow": 100}}"#.to_owned(),
        ];
        for values in each {
            let comparison = compare(&["bern", "thun"], &values);
            assert_eq!(comparison.places.len(), 2);
            assert!(comparison.places[0].water.value.is_none(), "{values}");
            assert_eq!(recommended(&comparison), [""; 0], "{values}");
        }
    }

    #[test]
    fn what_is_stale_is_neither_ranked_nor_recommended() {
        let comparison = compare(
            &["thun"],
            r#"{"thun": {"timestamp": NOW, "temperature": 20, "flow": 100}}"#,
        );
        assert_eq!(recommended(&comparison), ["thun"]);
        let later = Timestamp::from_second(MEASURED + 2 * 3600 + 1).unwrap();
        assert!(comparison.warmest_first(later).is_empty());
        assert!(comparison.calmest_first(later).is_empty());
        assert!(comparison.recommended(later).is_empty());
    }

    #[test]
    fn sayings_and_the_level_of_the_api_speak_against_a_place() {
        for (more, verdict) in [
            (
                r#""temperature_text": "Las vilech gschider lasii""#,
                Verdict::Caution,
            ),
            (r#""flow_text": "⚠️ extrem viu!""#, Verdict::Caution),
            (r#""flow_gefahrenstufe": 3"#, Verdict::DoNotSwim),
        ] {
            let comparison = compare(
                &["thun"],
                &format!(
                    r#"{{"thun": {{"timestamp": NOW, "temperature": 20, "flow": 100, {more}}}}}"#
                ),
            );
            assert_eq!(comparison.places[0].advice(now()).verdict, verdict);
            assert_eq!(recommended(&comparison), [""; 0]);
        }
    }
}
