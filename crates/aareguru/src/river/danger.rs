//! What the flow at one place means, for the land near the river and for swimmers.

use jiff::Timestamp;

use crate::api::{Answer, Current};
use crate::{Advice, FloodLevel, NextLevel, Place, Reading, Situation, Trend, UpstreamTrouble};

/// The flow at a place, its flood level and the advice to swimmers.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Danger {
    /// The place. The response was checked to be about it.
    pub place: &'static Place,
    /// Water temperature in °C, to the tenth.
    pub water: Reading,
    /// Flow in m³/s. Unknown where it is not measured (Olten).
    pub flow: Reading,
    /// BAFU's flood level, equal to [`Advice::level`]. `None` is not level 1.
    pub level: Option<FloodLevel>,
    /// The next higher level, and its distance; `None` in level 5, and if the flow is not current.
    pub next: Option<NextLevel>,
    /// The recent trend of the flow; `None` if it is unknown or the flow is not current.
    pub trend: Option<Trend>,
    /// The advice to swimmers.
    pub advice: Advice,
    /// The time for which the flow was judged; for a recording, the time of the request.
    pub asked_at: Timestamp,
    /// Why the data is stale: the API returned no newer response. `None` if it is fresh. The age of
    /// the reading is correct either way.
    pub upstream_trouble: Option<UpstreamTrouble>,
}

impl Danger {
    /// Judges the flow at the time `now` from a [response](crate::Client::current) about `place`.
    /// [`River::danger`](crate::River::danger) also fetches the response.
    pub fn new(place: &'static Place, answer: &Answer<Current>, now: Timestamp) -> Self {
        let situation = Situation::of_current(place, answer, answer.recorded_on(), now);
        let advice = situation.advise();
        let (water, flow) = (situation.water(), situation.flow());
        let is_current = flow.value(now).is_some() && flow.is_current(now);
        let level = advice.level;
        let next = advice.flood.next.filter(|next| Some(next.level) > level);
        Self {
            place,
            water,
            flow,
            level,
            next: next.filter(|_| is_current && level.is_some()),
            trend: situation.trend().filter(|_| is_current),
            advice,
            asked_at: now,
            upstream_trouble: answer.upstream_trouble().cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Direction, Verdict};

    const MEASURED: i64 = 1_783_000_000;

    /// A synthetic answer: the flow, and `past` as it was every 10 minutes.
    fn synthetic(flow: &str, api_level: &str, past: &[f64]) -> Current {
        let past: Vec<_> = past
            .iter()
            .rev()
            .zip(0..)
            .map(|(flow, n)| format!(r#"{{"timestamp": {}, "flow": {flow}}}"#, MEASURED - 600 * n))
            .collect();
        serde_json::from_str(&format!(
            r#"{{"aare": {{"location": "Bärn", "timestamp": {MEASURED}, "flow": {flow},
                "flow_gefahrenstufe": {api_level}}}, "aarepast": [{}]}}"#,
            past.join(",")
        ))
        .unwrap()
    }

    fn at(id: &str, answer: &Current, seconds_later: i64) -> Danger {
        let now = Timestamp::from_second(MEASURED + seconds_later).unwrap();
        Danger::new(
            Place::find(id).unwrap(),
            &Answer::new(answer.clone(), now),
            now,
        )
    }

    fn number(danger: &Danger) -> Option<u8> {
        danger.level.map(FloodLevel::number)
    }

    #[test]
    fn high_water_has_level_distance_and_trend() {
        let past: Vec<_> = (0..12).map(|n| 440.0 + 2.0 * f64::from(n)).collect();
        let danger = at("bern", &synthetic("462", "null", &past), 600);
        assert_eq!(danger.advice.verdict, Verdict::DoNotSwim);
        assert_eq!(number(&danger), Some(3));
        let next = danger.next.unwrap();
        assert_eq!((next.level.number(), next.missing_m3_per_s), (4, 38.0));
        let trend = danger.trend.unwrap();
        assert_eq!(trend.direction, Direction::Rising);
        assert!((trend.per_hour.unwrap() - 12.0).abs() < 1e-6);
    }

    #[test]
    fn missing_flow_is_neither_zero_nor_level_one() {
        for flow in ["null", "0", "-5", "\"x\""] {
            for api_level in ["null", "1"] {
                let danger = at("bern", &synthetic(flow, api_level, &[]), 600);
                assert_eq!(danger.advice.verdict, Verdict::Unknown, "{flow}");
                assert_eq!(danger.flow.value(danger.asked_at), None, "{flow}");
                assert_eq!((number(&danger), danger.next), (None, None), "{flow}");
                assert!(danger.trend.is_none());
            }
        }
    }

    #[test]
    fn olten_has_no_level_whatever_the_flow() {
        let danger = at("olten", &synthetic("100", "null", &[]), 600);
        assert_eq!(danger.advice.verdict, Verdict::Unknown);
        assert_eq!(number(&danger), None);
    }

    #[test]
    fn stale_flow_is_unknown_and_never_level_one() {
        let danger = at("bern", &synthetic("100", "null", &[100.0; 12]), 3 * 3600);
        assert_eq!(danger.advice.verdict, Verdict::Unknown);
        let flow = danger.flow.value(danger.asked_at);
        assert_eq!((flow, number(&danger)), (Some(100.0), None));
        assert!(danger.next.is_none() && danger.trend.is_none());
    }

    #[test]
    fn flood_level_is_shown_until_it_is_a_day_old() {
        let flood = synthetic("462", "null", &[]);
        for (hours, level) in [(1, Some(3)), (3, Some(3)), (25, None)] {
            assert_eq!(number(&at("bern", &flood, hours * 3600)), level, "{hours}");
        }
    }

    #[test]
    fn higher_level_of_the_api_has_no_lower_next_level() {
        let danger = at("bern", &synthetic("100", "4", &[]), 600);
        assert_eq!((number(&danger), danger.next), (Some(4), None));
    }

    #[test]
    fn flow_that_seems_stuck_is_not_level_one() {
        let danger = at("bern", &synthetic("100", "null", &[100.0; 217]), 600);
        assert_eq!(danger.advice.verdict, Verdict::Unknown);
        assert_eq!(number(&danger), None);
    }
}
