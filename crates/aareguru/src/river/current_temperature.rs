//! How warm is the water at one place?

use jiff::Timestamp;

use crate::api::{Answer, Current};
use crate::current_readings;
use crate::{Place, Reading, UpstreamTrouble};

/// The temperature of the water at a place.
#[derive(Debug, Clone)]
pub struct CurrentTemperature {
    /// The place, which the answer was checked to be about.
    pub place: &'static Place,
    /// Water temperature in °C, to the tenth.
    pub water: Reading,
    /// What the API says of it, in Bernese German ("Uschaflig chaut"); `None`
    /// if the temperature is unknown or old. Depends on the flow too; it is not advice.
    pub saying: Option<String>,
    /// Why this is an earlier answer: the API gave no new one. `None` if it is
    /// as new as it should be. The reading's age is true either way.
    pub upstream_trouble: Option<UpstreamTrouble>,
}

impl CurrentTemperature {
    /// What an [answer](crate::Client::current) about `place` says at the time
    /// `now`. [`River::current_temperature`](crate::River::current_temperature)
    /// asks for it too.
    pub fn new(place: &'static Place, answer: &Answer<Current>, now: Timestamp) -> Self {
        let water = current_readings::water(answer, answer.recorded_on());
        let is_shown = water.presentable_value(now).is_some();
        Self {
            place,
            water,
            saying: answer.aare.temperature_text.clone().filter(|_| is_shown),
            upstream_trouble: answer.upstream_trouble().cloned(),
        }
    }
}
