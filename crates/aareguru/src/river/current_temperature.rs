//! How warm is the water at one place?

use crate::api::{Answer, Current};
use crate::{Error, Place, Reading};

/// The temperature of the water at a place.
#[derive(Debug, Clone)]
pub struct CurrentTemperature {
    /// The place, which the answer was checked to be about.
    pub place: &'static Place,
    /// Water temperature in °C, to the tenth.
    pub water: Reading,
    /// What the API says of it, in Bernese German ("Uschaflig chaut"). Depends
    /// on the flow too; it is not advice.
    pub saying: Option<String>,
    /// Flow in m³/s, measured together with the temperature. `None` where it
    /// is not measured (Olten) or not known.
    pub flow_m3_per_s: Option<f64>,
    /// Why this is an earlier answer: the API gave no new one. `None` if it is
    /// as new as it should be. The reading's age is true either way.
    pub upstream_trouble: Option<Error>,
}

impl CurrentTemperature {
    pub(super) fn new(place: &'static Place, answer: &Answer<Current>) -> Self {
        let aare = &answer.aare;
        let value = aare.temperature.or(aare.temperature_prec);
        Self {
            place,
            water: Reading::new(value, aare.timestamp, answer.recorded_on()),
            saying: aare.temperature_text.clone(),
            flow_m3_per_s: aare.flow,
            upstream_trouble: answer.upstream_trouble().cloned(),
        }
    }
}
