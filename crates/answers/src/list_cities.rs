//! The answer of `list_cities`: the measured places and their water temperatures.

use aareguru::{PlaceTemperature, UpstreamTrouble, quoted};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    provenance::{Provenance, format_closing_lines},
    reading::{WaterTemperature, describe_water},
};

/// The structured answer, and the content of the resource `aareguru://cities`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListCitiesAnswer {
    /// The places, in downstream order.
    cities: Vec<City>,
    #[serde(flatten)]
    provenance: Provenance,
}

/// One place.
#[derive(Debug, Serialize, JsonSchema)]
struct City {
    /// The identifier of the place, which other tools accept as `city`.
    city: String,
    /// The name of the place.
    name: String,
    /// The location of the gauge.
    station: String,
    #[serde(flatten)]
    water: WaterTemperature,
    /// A note about this place; null if there is none.
    note: Option<&'static str>,
}

/// Renders the answer as English text.
pub fn render_text(places: &[PlaceTemperature], now: Timestamp) -> String {
    let mut text = String::new();
    for place in places {
        let water = describe_water(&place.water, now);
        let (id, name, station) = (&place.id, &place.name, &place.station);
        text += &match place.place {
            Some(_) => format!("{id}: {name} ({station}): {water}\n"),
            // The place is not in our table, so these texts come from upstream unchecked.
            None => format!(
                "{}: {} ({}): {water}\n",
                quoted(id),
                quoted(name),
                quoted(station)
            ),
        };
    }
    text + &format_closing_lines(None, failure(places))
}

/// Returns the upstream failure. All places come from one response, so any place has it.
fn failure(places: &[PlaceTemperature]) -> Option<&UpstreamTrouble> {
    places.iter().find_map(|at| at.upstream_trouble.as_ref())
}

impl ListCitiesAnswer {
    pub fn new(places: Vec<PlaceTemperature>, now: Timestamp) -> Self {
        let provenance = Provenance::new(failure(&places));
        let city = |place: PlaceTemperature| City {
            water: WaterTemperature::new(&place.water, now),
            note: place.place.and_then(|place| place.note()),
            city: place.id,
            name: place.name,
            station: place.station,
        };
        Self {
            cities: places.into_iter().map(city).collect(),
            provenance,
        }
    }
}
