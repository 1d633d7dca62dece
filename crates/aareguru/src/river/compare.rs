//! Compares places: where the Aare is warmest and coldest.
//!
//! One request returns all places. The response contains no series, so it is unknown whether the
//! flow rises, and the verdict of a comparison is unknown unless a warning applies. Places are
//! ranked by temperature only.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::api::{Answer, Widget, WidgetValues};
use crate::plausibility::{PlausibleRange, accept, check_water_forecast};
use crate::reading::timestamp;
use crate::{
    Advice, FloodLevel, Implausible, Place, Reading, ReportedLevel, Situation, UpstreamTrouble,
};

/// A comparison of places.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The places, each once, in the order of the request; in downstream order if it named none.
    pub places: Vec<ComparedPlace>,
    /// The day of the recording; `None` for live data.
    pub recorded_on: Option<Date>,
    /// Why the data is stale: the API returned no newer response. `None` if it is fresh. The ages
    /// of the readings are correct either way.
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
    /// Flow in m³/s.
    pub flow: Reading,
    /// Forecast of the water temperature in °C, two hours after the reading.
    pub water_in_two_hours: Option<f64>,
    /// Air temperature in °C; the API does not say when it was measured.
    pub air: Option<f64>,
    /// The saying about the water, in Bernese German. It is no advice.
    pub saying: Option<String>,
    /// Why values other than the readings are unknown although upstream sent them.
    pub implausible: Vec<Implausible>,
    flow_saying: Option<String>,
    reported_level: ReportedLevel,
}

/// A place with its rank among those whose temperature is known.
#[derive(Debug, Clone, Copy)]
pub struct Ranked<'a> {
    /// From 1. Places with equal values share a rank, and the next rank is skipped.
    pub rank: usize,
    /// Water temperature in °C.
    pub celsius: f64,
    /// The place.
    pub at: &'a ComparedPlace,
}

impl Comparison {
    pub(super) fn new(requested: &[&'static Place], answer: &Answer<Widget>) -> Self {
        let recorded_on = answer.recorded_on();
        let mut places: Vec<ComparedPlace> = Vec::new();
        let all = Place::all().iter().filter(|_| requested.is_empty());
        for place in requested.iter().copied().chain(all) {
            if !places.iter().any(|at| at.place == place) {
                let values = answer.values.get(place.id());
                let values = values.cloned().unwrap_or_default();
                places.push(ComparedPlace::new(place, values, recorded_on));
            }
        }
        Self {
            places,
            recorded_on,
            upstream_trouble: answer.upstream_trouble().cloned(),
        }
    }

    /// Returns the places whose water temperature is plausible, not in doubt and current at the
    /// time `now`, warmest first. In a recording, age does not matter.
    pub fn warmest_first(&self, now: Timestamp) -> Vec<Ranked<'_>> {
        let mut known: Vec<_> = self
            .places
            .iter()
            .filter_map(|at| Some((at, at.water.comparable_value(now)?)))
            .collect();
        known.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut ranked: Vec<Ranked<'_>> = Vec::new();
        for (n, (at, celsius)) in known.into_iter().enumerate() {
            let equal = ranked.last().filter(|last| last.celsius == celsius);
            let rank = equal.map_or(n + 1, |last| last.rank);
            ranked.push(Ranked { rank, celsius, at });
        }
        ranked
    }
}

impl ComparedPlace {
    fn new(place: &'static Place, values: WidgetValues, recorded_on: Option<Date>) -> Self {
        let measured_at = timestamp(values.timestamp);
        let water = Reading::water(values.temperature, measured_at);
        let flow = Reading::flow(place, values.flow, measured_at);
        let mut implausible = Vec::new();
        // An implausible reading cannot be compared with its forecast.
        let celsius = PlausibleRange::water().check(values.temperature);
        let forecast = check_water_forecast(values.forecast2h, celsius.unwrap_or_default());
        Self {
            place,
            water: water.with_recorded_on(recorded_on),
            flow: flow.with_recorded_on(recorded_on),
            water_in_two_hours: accept(forecast, &mut implausible),
            air: accept(PlausibleRange::air().check(values.tt), &mut implausible),
            saying: values.temperature_text,
            implausible,
            flow_saying: values.flow_text,
            reported_level: values.flow_gefahrenstufe,
        }
    }

    /// Returns the flow as a share of the flow from which flood level 2 applies: 0.5 is half of it.
    /// `None` if either is unknown.
    pub fn share_of_level_2(&self, now: Timestamp) -> Option<f64> {
        let thresholds = self.place.flood_thresholds()?;
        Some(self.flow.value(now)? / thresholds.from_m3_per_s(FloodLevel::Moderate)?)
    }

    /// Returns the advice to swimmers, by flow, flood level, temperature and sayings. The data of a
    /// comparison does not show whether the flow rises.
    pub fn advice(&self, now: Timestamp) -> Advice {
        let mut situation = Situation::new(self.place, self.water, self.flow, now)
            .with_reported_level(self.reported_level.clone());
        for saying in [&self.saying, &self.flow_saying].into_iter().flatten() {
            situation = situation.with_saying(saying);
        }
        situation.advise()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;

    const MEASURED: i64 = 1_783_176_000;

    fn now() -> Timestamp {
        Timestamp::from_second(MEASURED + 20 * 60).unwrap()
    }

    fn compare(ids: &[&str], values: &str) -> Comparison {
        let requested: Vec<_> = ids.iter().map(|id| Place::find(id).unwrap()).collect();
        let values = values.replace("NOW", &MEASURED.to_string());
        let widget = serde_json::from_str(&format!(r#"{{"values": {values}}}"#)).unwrap();
        Comparison::new(&requested, &Answer::new(widget, now()))
    }

    fn ranks(comparison: &Comparison, now: Timestamp) -> Vec<(usize, &str)> {
        let ranked = comparison.warmest_first(now).into_iter();
        ranked.map(|it| (it.rank, it.at.place.id())).collect()
    }

    #[test]
    fn places_are_ranked_by_temperature() {
        let comparison = compare(
            &[],
            r#"{"thun": {"timestamp": NOW, "temperature": 19.1, "flow": 120},
                "bern": {"timestamp": NOW, "temperature": 20.3, "flow": 225},
                "olten": {"timestamp": NOW, "temperature": 22.0}}"#,
        );
        assert_eq!(comparison.places.len(), 8);
        assert_eq!(
            ranks(&comparison, now()),
            [(1, "olten"), (2, "bern"), (3, "thun")]
        );
    }

    #[test]
    fn equally_warm_places_share_their_rank() {
        let comparison = compare(
            &["brugg", "thun", "hagneck", "thun"],
            r#"{"thun": {"timestamp": NOW, "temperature": 18},
                "brugg": {"timestamp": NOW, "temperature": 18.0},
                "hagneck": {"timestamp": NOW, "temperature": 17.9}}"#,
        );
        assert_eq!(
            ranks(&comparison, now()),
            [(1, "brugg"), (1, "thun"), (3, "hagneck")]
        );
    }

    #[test]
    fn missing_implausible_future_and_stale_temperatures_are_not_ranked() {
        let comparison = compare(
            &[],
            r#"{"brienz": {"timestamp": NOW, "temperature": null},
                "interlaken": {"timestamp": NOW, "temperature": 85.0},
                "thun": {"timestamp": NOW, "temperature": -999},
                "bern": {"timestamp": 1814712000, "temperature": 20.3},
                "hagneck": {"timestamp": null, "temperature": 19},
                "biel": {"timestamp": NOW, "temperature": 19},
                "olten": null}"#,
        );
        assert_eq!(ranks(&comparison, now()), [(1, "biel")]);
        let later = Timestamp::from_second(MEASURED + 2 * 3600 + 1).unwrap();
        assert!(ranks(&comparison, later).is_empty());
    }

    #[test]
    fn implausible_forecast_and_air_are_unknown_with_the_reason() {
        let comparison = compare(
            &["thun"],
            r#"{"thun": {"timestamp": NOW, "temperature": 12, "forecast2h": 1023.7, "tt": -999}}"#,
        );
        let thun = &comparison.places[0];
        assert_eq!((thun.water_in_two_hours, thun.air), (None, None));
        assert_eq!(thun.implausible.len(), 2);
        let far = compare(
            &["thun"],
            r#"{"thun": {"timestamp": NOW, "temperature": 12, "forecast2h": 18}}"#,
        );
        assert_eq!(far.places[0].water_in_two_hours, None);
    }

    #[test]
    fn verdict_of_a_comparison_warns_or_is_unknown() {
        for (values, verdict) in [
            (r#""temperature": 20, "flow": 100"#, Verdict::Unknown),
            (r#""temperature": 20, "flow": 300"#, Verdict::DoNotSwim),
            (
                r#""temperature": 20, "flow": 100, "flow_gefahrenstufe": "3""#,
                Verdict::DoNotSwim,
            ),
            (
                r#""temperature": 20, "flow_gefahrenstufe": 2"#,
                Verdict::DoNotSwim,
            ),
            (r#""temperature": 20"#, Verdict::Unknown),
        ] {
            let values = format!(r#"{{"thun": {{"timestamp": NOW, {values}}}}}"#);
            let comparison = compare(&["thun"], &values);
            let advice = comparison.places[0].advice(now());
            assert_eq!(advice.verdict, verdict, "{values}: {advice}");
        }
    }

    #[test]
    fn share_of_level_2_needs_a_flow_and_levels() {
        let comparison = compare(
            &["bern", "thun", "olten"],
            r#"{"bern": {"timestamp": NOW, "flow": 180},
                "thun": {"timestamp": NOW, "flow": 0},
                "olten": {"timestamp": NOW, "flow": 100}}"#,
        );
        let shares: Vec<_> = comparison
            .places
            .iter()
            .map(|at| at.share_of_level_2(now()))
            .collect();
        assert_eq!(shares, [Some(0.5), None, None]);
    }
}
