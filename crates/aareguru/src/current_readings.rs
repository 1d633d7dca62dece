//! Extracts the readings from a response of `/v2018/current`, after the plausibility check.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::api::Current;
use crate::plausibility::{PlausibleRange, temperatures_contradict};
use crate::reading::{flow_doubt, temperature_doubt, timestamp};
use crate::series::{RawPoint, RiverPoint, ScreenedSeries, flows};
use crate::{Doubt, Place, Reading, Suspicion};

/// Returns the water temperature in °C.
pub(crate) fn water(answer: &Current, recorded_on: Option<Date>) -> Reading {
    let aare = &answer.aare;
    let celsius = aare.temperature.or(aare.temperature_prec);
    let at = timestamp(aare.timestamp);
    let reading = Reading::water(celsius, at).with_recorded_on(recorded_on);
    reading.with_doubt(water_doubt(answer, at))
}

/// Returns the flow in m³/s.
pub(crate) fn flow(place: &Place, answer: &Current, recorded_on: Option<Date>) -> Reading {
    let at = timestamp(answer.aare.timestamp);
    let m3_per_s = answer.aare.flow;
    let reading = Reading::flow(place, m3_per_s, at).with_recorded_on(recorded_on);
    let range = PlausibleRange::flow(place);
    let past = answer.aarepast.iter().filter_map(|point| {
        let flow = range.check(point.flow).ok().flatten();
        Some((timestamp(point.timestamp)?, flow?))
    });
    let contradiction = at
        .zip(m3_per_s)
        .and_then(|reading| flow_doubt(reading, past.clone()));
    let stuck = || {
        let series: Vec<_> = past.map(|(at, flow)| (at, Some(flow))).collect();
        Suspicion::of_flow(&series).map(Doubt::Stuck)
    };
    reading.with_doubt(contradiction.or_else(stuck))
}

/// Returns the last two days, oldest first, without implausible and doubtful values.
pub(crate) fn past_two_days(
    place: &Place,
    answer: &Current,
    recorded_on: Option<Date>,
    now: Timestamp,
) -> Vec<RiverPoint> {
    let now = recorded_on.is_none().then_some(now);
    ScreenedSeries::new(place, raw_points(answer), now).points
}

/// Returns the flows of the last two days in m³/s, without implausible values.
pub(crate) fn past_flows(
    place: &Place,
    answer: &Current,
    recorded_on: Option<Date>,
    now: Timestamp,
) -> Vec<(Timestamp, Option<f64>)> {
    flows(&past_two_days(place, answer, recorded_on, now))
}

/// Returns the last two days as upstream sent them, without points that have no time.
pub(crate) fn raw_points(answer: &Current) -> impl Iterator<Item = RawPoint> {
    answer.aarepast.iter().filter_map(|point| {
        Some(RawPoint {
            at: timestamp(point.timestamp)?,
            temperature_celsius: point.temperature,
            flow_m3_per_s: point.flow,
        })
    })
}

fn water_doubt(answer: &Current, at: Option<Timestamp>) -> Option<Doubt> {
    let aare = &answer.aare;
    if let Some((tenths, hundredths)) = aare.temperature.zip(aare.temperature_prec)
        && temperatures_contradict(tenths, hundredths)
    {
        return Some(Doubt::Contradiction);
    }
    let range = PlausibleRange::water();
    let past = answer.aarepast.iter().filter_map(|point| {
        let celsius = range.check(point.temperature).ok().flatten();
        Some((timestamp(point.timestamp)?, celsius?))
    });
    let reading = at.zip(aare.temperature.or(aare.temperature_prec));
    let doubt = reading.and_then(|reading| temperature_doubt(reading, past));
    doubt.or_else(|| stuck_water(answer).map(Doubt::Stuck))
}

/// Returns whether the temperature has not changed for suspiciously long.
fn stuck_water(answer: &Current) -> Option<Suspicion> {
    // A shortcut: usually the last readings differ, and the two days need not be examined.
    const LAST: usize = 12;
    let values = answer.aarepast.iter().rev();
    let mut last = values.filter_map(|point| point.temperature).take(LAST);
    let newest = last.next()?;
    if last.any(|value| (value - newest).abs() > 0.005) {
        return None;
    }
    let past = raw_points(answer).map(|point| (point.at, point.temperature_celsius));
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
        stuck_water(&serde_json::from_str(&answer).unwrap())
    }

    #[test]
    fn temperature_that_does_not_change_is_doubted() {
        let stuck = after([20.6; 100]).unwrap();
        assert_eq!((stuck.value, stuck.points), (20.6, 100));
        assert_eq!(after([20.6; 40]), None);
        assert_eq!(after([]), None);
    }

    #[test]
    fn temperature_that_moves_is_not_doubted() {
        let moving = (0..100).map(|n| 20.0 + f64::from(n) / 100.0);
        assert_eq!(after(moving), None);
        // It stood still, but long ago or not for long.
        assert_eq!(after([20.6; 100].into_iter().chain([20.7])), None);
        assert_eq!(after([20.7].into_iter().chain([20.6; 20])), None);
    }

    /// Bern at 19.5 °C and 150 m³/s for two hours, with `aare` in place of the last reading.
    fn doubts(aare: &str) -> (Option<Doubt>, Option<Doubt>) {
        let past: Vec<_> = (0..12)
            .map(|n| {
                let at = 1_783_000_000 + 600 * n;
                let celsius = 19.5 + f64::from(n) / 100.0;
                format!(r#"{{"timestamp": {at}, "temperature": {celsius}, "flow": 150}}"#)
            })
            .collect();
        let answer = format!(
            r#"{{"aare": {{"timestamp": 1783006600, {aare}}}, "aarepast": [{}]}}"#,
            past.join(",")
        );
        let answer = serde_json::from_str(&answer).unwrap();
        let bern = Place::find("bern").unwrap();
        (
            water(&answer, None).doubt(),
            flow(bern, &answer, None).doubt(),
        )
    }

    #[test]
    fn reading_that_fits_its_series_is_not_doubted() {
        assert_eq!(doubts(r#""temperature": 19.6, "flow": 151"#), (None, None));
    }

    #[test]
    fn two_values_for_one_time_are_a_contradiction() {
        let contradiction = Some(Doubt::Contradiction);
        assert_eq!(
            doubts(r#""temperature": 15.5, "flow": 230"#),
            (contradiction, contradiction)
        );
        assert_eq!(
            doubts(r#""temperature": 19.6, "temperature_prec": 16.4"#).0,
            contradiction
        );
    }
}
