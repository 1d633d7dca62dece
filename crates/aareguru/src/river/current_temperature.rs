//! The current water temperature at one place.

use jiff::Timestamp;

use crate::api::{Answer, Current};
use crate::current_readings;
use crate::{Place, Reading, UpstreamTrouble};

/// The temperature of the water at a place.
#[derive(Debug, Clone)]
pub struct CurrentTemperature {
    /// The place. The response was checked to be about it.
    pub place: &'static Place,
    /// Water temperature in °C, to the tenth.
    pub water: Reading,
    /// The API's saying about it, in Bernese German ("Uschaflig chaut"); `None` if the temperature
    /// is unknown or old. It also depends on the flow, and is not advice.
    pub saying: Option<String>,
    /// Why the data is stale: the API returned no newer response. `None` if it is fresh. The age of
    /// the reading is correct either way.
    pub upstream_trouble: Option<UpstreamTrouble>,
}

impl CurrentTemperature {
    /// Extracts the temperature at the time `now` from a [response](crate::Client::current) about
    /// `place`. [`River::current_temperature`](crate::River::current_temperature) also fetches the
    /// response.
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
