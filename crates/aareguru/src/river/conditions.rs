//! The current conditions at one place: water, flow, air, sun and canal.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};

use super::Danger;
use crate::advice::BueberCanal;
use crate::api::{Answer, Current, SunLocation, WeatherNow};
use crate::current_readings;
use crate::reading::timestamp;
use crate::{Place, Reading, UpstreamTrouble};

/// The current conditions at a place, from one response.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Conditions {
    /// The place. The response was checked to be about it.
    pub place: &'static Place,
    /// Water temperature in °C, to the tenth.
    pub water: Reading,
    /// The API's saying about the water, in Bernese German ("Uschaflig chaut"); `None` if the
    /// temperature is unknown or old. It is not advice.
    pub saying: Option<String>,
    /// The flow, and what it means.
    pub danger: Danger,
    /// The API's saying about the flow ("ender viu"); `None` if the flow is unknown or old.
    pub flow_saying: Option<String>,
    /// Air temperature in °C at the weather station, which has its own time.
    pub air: Reading,
    /// Rain in mm in the 10 minutes before, at the same station and time.
    pub rain: Reading,
    /// When the sun shines on the lawns by the river, on the day of the response. Only Bern has
    /// lawns; empty if they are unknown.
    pub lawns: Vec<Lawn>,
    /// The Bueber canal; only in Bern.
    pub canal: Option<BueberCanal>,
    /// Why the data is stale: the API returned no newer response. `None` if it is fresh. The ages
    /// of the readings are correct either way.
    pub upstream_trouble: Option<UpstreamTrouble>,
}

/// A lawn to lie on, and when the sun shines on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lawn {
    /// Its name: `Marzili`.
    pub name: String,
    /// When the sun reaches it.
    pub sun_from: Option<Timestamp>,
    /// When the sun leaves it.
    pub sun_until: Option<Timestamp>,
}

impl Conditions {
    /// Extracts the conditions at the time `now` from a [response](crate::Client::current) about
    /// `place`. [`River::conditions`](crate::River::conditions) also fetches the response.
    pub fn new(place: &'static Place, answer: &Answer<Current>, now: Timestamp) -> Self {
        let recorded_on = answer.recorded_on();
        let aare = &answer.aare;
        let water = current_readings::water(answer, recorded_on);
        let danger = Danger::new(place, answer, now);
        let if_shown = |saying: &Option<String>, reading: &Reading| {
            let is_shown = reading.presentable_value(now).is_some();
            saying.clone().filter(|_| is_shown)
        };
        let weather = answer.weather.as_ref();
        let weather = weather.and_then(|weather| weather.current.as_ref());
        let measured_at = weather.and_then(|weather| timestamp(weather.timestamp));
        let sent = |value: fn(&WeatherNow) -> Option<f64>| weather.and_then(value);
        let air = Reading::air(sent(|weather| weather.tt), measured_at);
        let rain = sent(|weather| weather.rrreal.or(weather.rr));
        let rain = Reading::rain(rain, measured_at);
        // The time of the response; for a recording, the time of its readings.
        let as_of = match recorded_on {
            Some(_) => danger.flow.measured_at(now).unwrap_or(now),
            None => now,
        };
        let day = as_of - MAX_LAWN_OFFSET..as_of + MAX_LAWN_OFFSET;
        // Lawns and canal are in Bern; with another place they would be misleading.
        let in_bern = Some(answer).filter(|_| place.id() == "bern");
        let sun = in_bern.and_then(|answer| answer.sun.as_ref());
        let bueber = in_bern.and_then(|answer| answer.bueber.as_ref());
        Self {
            place,
            saying: if_shown(&aare.temperature_text, &water),
            flow_saying: if_shown(&aare.flow_text, &danger.flow),
            water,
            danger,
            air: air.with_recorded_on(recorded_on),
            rain: rain.with_recorded_on(recorded_on),
            lawns: sun.map_or_else(Vec::new, |sun| {
                let lawns = sun.sunlocations.iter();
                lawns.filter_map(|lawn| Lawn::new(lawn, &day)).collect()
            }),
            canal: bueber.and_then(|bueber| BueberCanal::from_api(bueber, as_of)),
            upstream_trouble: answer.upstream_trouble().cloned(),
        }
    }
}

/// A lawn's sun times are at most this far from the time of the response.
const MAX_LAWN_OFFSET: SignedDuration = SignedDuration::from_hours(36);

impl Lawn {
    /// Returns `None` without a name, or if neither time is known. A time outside `day` is
    /// implausible.
    fn new(lawn: &SunLocation, day: &Range<Timestamp>) -> Option<Self> {
        let at = |seconds| timestamp(seconds).filter(|at| day.contains(at));
        let (sun_from, sun_until) = (at(lawn.sunrise), at(lawn.sunset));
        sun_from.or(sun_until)?;
        Some(Self {
            name: lawn.name.clone()?,
            sun_from,
            sun_until,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{UnknownReason, Verdict};

    const MEASURED: i64 = 1_783_000_000;

    /// A synthetic answer: all that there is in Bern.
    fn synthetic() -> Current {
        serde_json::from_str(&format!(
            r#"{{
                "aare": {{"location": "Bärn", "timestamp": {MEASURED}, "temperature": 19.5,
                    "temperature_text": "Ja eh!", "flow": 150, "flow_text": "ganz gäbig"}},
                "weather": {{"current":
                    {{"tt": 25.5, "rr": 0, "rrreal": 0.3, "timestamp": {}}}}},
                "sun": {{"sunlocations": [
                    {{"name": "Marzili", "sunrise": 1782970000, "sunset": 1783020000}},
                    {{"name": "Eichholz"}}, {{"sunset": 1783020000}}]}},
                "bueber": {{"state": "open", "time": 1780000000}}
            }}"#,
            MEASURED - 600
        ))
        .unwrap()
    }

    fn at(id: &str, answer: &Current, seconds_later: i64) -> Conditions {
        let now = Timestamp::from_second(MEASURED + seconds_later).unwrap();
        Conditions::new(
            Place::find(id).unwrap(),
            &Answer::new(answer.clone(), now),
            now,
        )
    }

    #[test]
    fn conditions_have_their_own_times() {
        let bern = at("bern", &synthetic(), 600);
        assert_eq!(bern.water.value(bern.danger.asked_at), Some(19.5));
        assert_eq!(bern.danger.flow.value(bern.danger.asked_at), Some(150.0));
        let now = bern.danger.asked_at;
        assert_eq!(
            (bern.air.value(now), bern.rain.value(now)),
            (Some(25.5), Some(0.3))
        );
        let apart = bern.water.measured_at(now).unwrap() - bern.air.measured_at(now).unwrap();
        assert_eq!(apart.get_seconds(), 600);
        assert!(bern.canal.unwrap().is_open);
    }

    #[test]
    fn lawn_without_name_or_time_is_omitted() {
        let lawns = at("bern", &synthetic(), 600).lawns;
        let names: Vec<_> = lawns.iter().map(|lawn| lawn.name.as_str()).collect();
        assert_eq!(names, ["Marzili"]);
    }

    #[test]
    fn lawns_and_canal_exist_in_bern_only() {
        let thun = at("thun", &synthetic(), 600);
        assert!(thun.lawns.is_empty() && thun.canal.is_none());
    }

    #[test]
    fn missing_conditions_are_unknown() {
        let nothing = serde_json::from_str(r#"{"aare": {"location": "Bärn"}}"#).unwrap();
        let bern = at("bern", &nothing, 600);
        for reading in [bern.water, bern.danger.flow, bern.air, bern.rain] {
            assert_eq!(reading.value(bern.danger.asked_at), None);
        }
        assert_eq!(bern.danger.advice.verdict, Verdict::Unknown);
        assert_eq!((bern.saying, bern.flow_saying), (None, None));
        assert!(bern.lawns.is_empty() && bern.canal.is_none());
    }

    #[test]
    fn old_saying_is_not_shown() {
        let stale = at("bern", &synthetic(), 3 * 3600);
        assert_eq!(stale.saying.as_deref(), Some("Ja eh!"));
        let old = at("bern", &synthetic(), 25 * 3600);
        assert_eq!((old.saying, old.flow_saying), (None, None));
    }
    #[test]
    fn implausible_air_rain_and_sun_are_unknown() {
        let mut answer = synthetic();
        let weather = answer.weather.as_mut().unwrap().current.as_mut().unwrap();
        (weather.tt, weather.rrreal) = (Some(-999.0), Some(-1.0));
        answer.sun.as_mut().unwrap().sunlocations[0].sunset = Some(4_102_444_800);
        let bern = at("bern", &answer, 600);
        let now = bern.danger.asked_at;
        for reading in [bern.air, bern.rain] {
            assert_eq!(reading.value(now), None);
            assert!(matches!(
                reading.unknown_because(now),
                Some(UnknownReason::Implausible(_))
            ));
        }
        assert_eq!(bern.lawns[0].sun_until, None);
    }
}
