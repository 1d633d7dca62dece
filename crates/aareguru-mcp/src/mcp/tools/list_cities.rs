//! `list_cities`: where is the Aare measured, and how warm is it there?

use aareguru::{CREDIT, PlaceTemperature, River, UpstreamTrouble, quoted};
use jiff::Timestamp;
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::mcp::{
    reading::{WaterTemperature, in_words},
    tools::{ToolError, ToolOutput, read_only, schema},
    upstream_failure::{self, FailureDetails},
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
    /// That the API ails and this is an earlier answer; null if it is new.
    upstream_trouble: Option<FailureDetails>,
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
    // Some clients want to read that there are no arguments.
    let no_arguments = JsonObject::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), json!({})),
    ]);
    Tool::new(NAME, DESCRIPTION, no_arguments)
        .with_title("Measured places")
        .with_raw_output_schema(schema::output::<Cities>())
        .with_annotations(read_only("Measured places"))
}

pub(super) async fn call(river: &River) -> Result<ToolOutput, ToolError> {
    let places = river.places().await?;
    let now = river.now();
    ToolOutput::new(text(&places, now), &Cities::new(places, now))
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
    text + &upstream_failure::line(trouble_of(places)) + CREDIT
}

/// One answer tells of all places.
fn trouble_of(places: &[PlaceTemperature]) -> Option<&UpstreamTrouble> {
    places.iter().find_map(|at| at.upstream_trouble.as_ref())
}

impl Cities {
    pub(in crate::mcp) fn new(places: Vec<PlaceTemperature>, now: Timestamp) -> Self {
        let upstream_trouble = FailureDetails::new(trouble_of(&places));
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
            upstream_trouble,
            credit: CREDIT,
        }
    }
}
