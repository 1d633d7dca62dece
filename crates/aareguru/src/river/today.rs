//! The water temperature at one place, with a short saying.

use jiff::Timestamp;

use crate::api::{Answer, WaterToday};
use crate::reading::timestamp;
use crate::{Place, Reading, UpstreamTrouble};

/// The temperature at a place and a saying: the smallest response of the API.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TodayInShort {
    /// The place. The response was checked to be about it.
    pub place: &'static Place,
    /// Water temperature in °C, to the tenth.
    pub water: Reading,
    /// The API's saying about it, in Bernese German; `None` if the temperature is unknown or old.
    /// It is not advice.
    pub saying: Option<String>,
    /// The same in about 15 characters.
    pub short_saying: Option<String>,
    /// Why the data is stale: the API returned no newer response. `None` if it is fresh. The age of
    /// the reading is correct either way.
    pub upstream_trouble: Option<UpstreamTrouble>,
}

impl TodayInShort {
    pub(super) fn new(place: &'static Place, answer: &Answer<WaterToday>, now: Timestamp) -> Self {
        let value = answer.aare.or(answer.aare_prec);
        let water = Reading::water(value, timestamp(answer.time));
        let water = water.with_recorded_on(answer.recorded_on());
        let is_shown = water.presentable_value(now).is_some();
        let if_shown = |saying: &Option<String>| saying.clone().filter(|_| is_shown);
        Self {
            place,
            water,
            saying: if_shown(&answer.text),
            short_saying: if_shown(&answer.text_short),
            upstream_trouble: answer.upstream_trouble().cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: i64 = 1_783_000_000;

    fn after(hours: i64, body: &str) -> TodayInShort {
        let now = Timestamp::from_second(MEASURED + hours * 3600).unwrap();
        let body = body.replace("THEN", &MEASURED.to_string());
        let answer = serde_json::from_str(&body).unwrap();
        TodayInShort::new(&Place::all()[3], &Answer::new(answer, now), now)
    }

    #[test]
    fn old_saying_of_today_is_not_shown() {
        let body = r#"{"aare": 19.5, "text": "Ja eh!", "text_short": "ja", "time": THEN}"#;
        let stale = after(3, body);
        assert_eq!(stale.saying.as_deref(), Some("Ja eh!"));
        assert_eq!(stale.short_saying.as_deref(), Some("ja"));
        let old = after(25, body);
        assert_eq!(old.water.value(Timestamp::MAX), Some(19.5));
        assert_eq!((old.saying, old.short_saying), (None, None));
    }

    #[test]
    fn missing_temperature_is_unknown_and_not_zero() {
        assert_eq!(
            after(1, r#"{"aare": null, "time": THEN}"#)
                .water
                .value(Timestamp::MAX),
            None
        );
    }
}
