//! `list_cities`: where is the Aare measured, and how warm is it there?

use aareguru::{PlaceTemperature, UpstreamTrouble, quoted};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rmcp::model;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Outcome, Tool, ToolCall, ToolOutput, schema};
use crate::mcp::{
    answer::{Provenance, closing_lines},
    apps::Translations,
    reading::{WaterTemperature, in_words},
};

const DESCRIPTION: &str = "\
Which places on the Aare are measured? Returns all of them, from the mountains downstream, with \
the identifier that other tools take as `city` and the latest water temperature in °C.";

/// The structured answer; also the resource `aareguru://cities`.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::mcp) struct Cities {
    /// The places, in downstream order.
    cities: Vec<City>,
    #[serde(flatten)]
    provenance: Provenance,
}

/// One place.
#[derive(Debug, Serialize, JsonSchema)]
struct City {
    /// The identifier that other tools take.
    city: String,
    /// Its name.
    name: String,
    /// Where the gauge stands.
    station: String,
    #[serde(flatten)]
    water: WaterTemperature,
    /// What to know about this place, if there is anything.
    note: Option<&'static str>,
}

pub(super) struct ListCities;

impl Tool for ListCities {
    fn definition(&self) -> model::Tool {
        schema::tool::<Cities>("list_cities", "Measured places", DESCRIPTION)
    }

    fn call<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(async {
            let places = call.river.places().await?;
            let now = call.river.now();
            let text = text(&places, now);
            ToolOutput::new(text, &Cities::new(places, now), Translations::default())
        })
    }
}

fn text(places: &[PlaceTemperature], now: Timestamp) -> String {
    let mut text = String::new();
    for place in places {
        let water = in_words(&place.water, now);
        let (id, name, station) = (&place.id, &place.name, &place.station);
        text += &match place.place {
            Some(_) => format!("{id}: {name} ({station}): {water}\n"),
            // Only upstream knows this place, and these are its words.
            None => format!(
                "{}: {} ({}): {water}\n",
                quoted(id),
                quoted(name),
                quoted(station)
            ),
        };
    }
    text + &closing_lines(None, failure(places))
}

/// All places come from one response.
fn failure(places: &[PlaceTemperature]) -> Option<&UpstreamTrouble> {
    places.iter().find_map(|at| at.upstream_trouble.as_ref())
}

impl Cities {
    pub(in crate::mcp) fn new(places: Vec<PlaceTemperature>, now: Timestamp) -> Self {
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
