//! The answer of `get_current_temperature`: the water temperature at one place now.

use aareguru::{CurrentTemperature, plain_reading};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    provenance::{PlaceNames, Provenance, format_closing_lines, format_saying},
    reading::{WaterTemperature, describe_water},
};

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CurrentTemperatureAnswer {
    #[serde(flatten)]
    place: PlaceNames,
    #[serde(flatten)]
    water: WaterTemperature,
    /// What aare.guru says about this water temperature, in Bernese German.
    saying: Option<String>,
    /// The meaning of the saying in plain English; null if unknown.
    saying_in_english: Option<&'static str>,
    /// A note about this place; null if there is none.
    note: Option<&'static str>,
    #[serde(flatten)]
    provenance: Provenance,
}

impl CurrentTemperatureAnswer {
    pub fn new(current: CurrentTemperature, now: Timestamp) -> Self {
        let place = current.place;
        Self {
            place: PlaceNames::new(place),
            water: WaterTemperature::new(&current.water, now),
            saying_in_english: current.saying.as_deref().and_then(plain_reading),
            note: place.note(),
            provenance: Provenance::new(current.upstream_trouble.as_ref()),
            saying: current.saying,
        }
    }
}

/// Renders the answer as English text.
pub fn render_text(current: &CurrentTemperature, now: Timestamp) -> String {
    let place = current.place;
    let mut text = format!(
        "{} ({}): {}.\n",
        place.name(),
        place.station(),
        describe_water(&current.water, now)
    );
    if let Some(doubt) = current.water.doubt() {
        text += &format!("Doubt: {doubt}.\n");
    }
    if let Some(saying) = &current.saying {
        text += &format_saying("", saying);
    }
    text + &format_closing_lines(place.note(), current.upstream_trouble.as_ref())
}
