//! How warm is the water at one place?

use jiff::Timestamp;

use crate::api::{Answer, Current};
use crate::{Freshness, Place, Reading, Suspicion, UpstreamTrouble};

/// The temperature of the water at a place.
#[derive(Debug, Clone)]
pub struct CurrentTemperature {
    /// The place, which the answer was checked to be about.
    pub place: &'static Place,
    /// Water temperature in °C, to the tenth.
    pub water: Reading,
    /// That it has stood still for so long that the station may be stuck.
    pub suspicion: Option<Suspicion>,
    /// What the API says of it, in Bernese German ("Uschaflig chaut"); `None`
    /// if the temperature is old. Depends on the flow too; it is not advice.
    pub saying: Option<String>,
    /// Flow in m³/s, measured together with the temperature. `None` where it
    /// is not measured (Olten) or not known.
    pub flow_m3_per_s: Option<f64>,
    /// Why this is an earlier answer: the API gave no new one. `None` if it is
    /// as new as it should be. The reading's age is true either way.
    pub upstream_trouble: Option<UpstreamTrouble>,
}

impl CurrentTemperature {
    /// What an [answer](crate::Client::current) about `place` says at the time
    /// `now`. [`River::current_temperature`](crate::River::current_temperature)
    /// asks for it too.
    pub fn new(place: &'static Place, answer: &Answer<Current>, now: Timestamp) -> Self {
        let aare = &answer.aare;
        let value = aare.temperature.or(aare.temperature_prec);
        let water = Reading::new(value, aare.timestamp, answer.recorded_on());
        let is_old = water.freshness(now) == Freshness::Old;
        Self {
            place,
            water,
            suspicion: suspicion_of_water(answer),
            saying: aare.temperature_text.clone().filter(|_| !is_old),
            flow_m3_per_s: aare.flow,
            upstream_trouble: answer.upstream_trouble().cloned(),
        }
    }
}

/// Whether the temperature has stood still in the last two days.
pub(super) fn suspicion_of_water(answer: &Current) -> Option<Suspicion> {
    // Nearly always the last readings differ, and then there is no need to
    // look at two days of them.
    const LAST: usize = 12;
    let values = answer.aarepast.iter().rev();
    let mut last = values.filter_map(|point| point.temperature).take(LAST);
    let newest = last.next()?;
    if last.any(|value| (value - newest).abs() > 0.005) {
        return None;
    }
    let past = answer.aarepast.iter().filter_map(|point| {
        let at = Timestamp::from_second(point.timestamp?).ok()?;
        Some((at, point.temperature))
    });
    Suspicion::of_temperature(&past.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(temperatures: impl IntoIterator<Item = f64>) -> Option<Suspicion> {
        let past: Vec<_> = (0..)
            .map(|n| 1_783_000_000 + 600 * n)
            .zip(temperatures)
            .map(|(at, celsius)| format!(r#"{{"timestamp": {at}, "temperature": {celsius}}}"#))
            .collect();
        let answer = format!(r#"{{"aare": {{}}, "aarepast": [{}]}}"#, past.join(","));
        suspicion_of_water(&serde_json::from_str(&answer).unwrap())
    }

    #[test]
    fn a_temperature_that_does_not_change_is_doubted() {
        let stuck = after([20.6; 100]).unwrap();
        assert_eq!((stuck.value, stuck.points), (20.6, 100));
        assert_eq!(after([20.6; 40]), None);
        assert_eq!(after([]), None);
    }

    #[test]
    fn a_temperature_that_moves_is_not() {
        let moving = (0..100).map(|n| 20.0 + f64::from(n) / 100.0);
        assert_eq!(after(moving), None);
        // It stood still, but long ago or not for long.
        assert_eq!(after([20.6; 100].into_iter().chain([20.7])), None);
        assert_eq!(after([20.7].into_iter().chain([20.6; 20])), None);
    }
}
