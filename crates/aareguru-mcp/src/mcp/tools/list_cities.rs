//! `list_cities`: where is the Aare measured, and how warm is it there?

use aareguru::{CREDIT, PlaceTemperature, River};
use jiff::Timestamp;
use rmcp::model::{CallToolResult, JsonObject, Tool};
use schemars::JsonSchema;
use serde::Serialize;

use crate::mcp::{
    reading::{WaterTemperature, in_words},
    tools::{Refusal, answer, read_only},
};

pub(super) const NAME: &str = "list_cities";

const DESCRIPTION: &str = "\
Which places on the Aare are measured? Returns all of them, from the mountains downstream, with \
the identifier that other tools take as `city` and the latest water temperature in °C.";

/// The structured answer; also the resource `aareguru://cities`.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::mcp) struct Cities {
    /// The places, in downstream order.
    cities: Vec<City>,
    /// Whom to credit.
    credit: &'static str,
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

pub(super) fn definition() -> Tool {
    Tool::new(NAME, DESCRIPTION, JsonObject::new())
        .with_title("Measured places")
        .with_input_schema::<Arguments>()
        .with_output_schema::<Cities>()
        .with_annotations(read_only("Measured places"))
}

/// None are taken; unknown ones are ignored.
#[derive(Debug, JsonSchema)]
struct Arguments {}

pub(super) async fn call(river: &River) -> Result<CallToolResult, Refusal> {
    let places = river.places().await?;
    let now = Timestamp::now();
    answer(text(&places, now), &Cities::new(places, now))
}

fn text(places: &[PlaceTemperature], now: Timestamp) -> String {
    let mut text = String::new();
    for place in places {
        let (id, name, station) = (&place.id, &place.name, &place.station);
        text += &format!(
            "{id}: {name} ({station}): {}\n",
            in_words(&place.water, now)
        );
    }
    text + CREDIT
}

impl Cities {
    pub(in crate::mcp) fn new(places: Vec<PlaceTemperature>, now: Timestamp) -> Self {
        let cities = places
            .into_iter()
            .map(|place| City {
                water: WaterTemperature::new(&place.water, now),
                note: place.place.and_then(|place| place.note()),
                city: place.id,
                name: place.name,
                station: place.station,
            })
            .collect();
        Self {
            cities,
            credit: CREDIT,
        }
    }
}
