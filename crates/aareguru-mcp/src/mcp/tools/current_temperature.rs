//! `get_current_temperature`: how warm is the water at one place now?

use aareguru::{
    CREDIT, CurrentTemperature, Place,
    api::{self, Current},
    plain_reading, quoted,
};
use jiff::Timestamp;
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::Serialize;

use crate::mcp::{
    reading::{WaterTemperature, in_words},
    tools::{SinglePlaceArguments, ToolError, ToolOutput, read_only, schema},
    upstream_failure::{self, FailureDetails},
};

pub(super) const NAME: &str = "get_current_temperature";

const DESCRIPTION: &str = "\
How warm is the Aare right now at one place? Returns the water temperature in °C with the time and \
age of the measurement, and what people in Bern would say about it. It does not know \
whether one may go in: ask get_flow_danger_level for that.";

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
struct Answer {
    /// The place's identifier.
    city: &'static str,
    /// Its name.
    name: &'static str,
    /// Where the gauge stands.
    station: &'static str,
    #[serde(flatten)]
    water: WaterTemperature,
    /// The saying of aare.guru for this water, in Bernese German.
    saying: Option<String>,
    /// What that says in plain English, if it is known.
    saying_in_english: Option<&'static str>,
    /// What to know about this place, if there is anything.
    note: Option<&'static str>,
    /// That the API ails and this is an earlier answer; null if it is new.
    upstream_trouble: Option<FailureDetails>,
    /// Whom to credit.
    credit: &'static str,
}

pub(super) fn definition() -> Tool {
    Tool::new(NAME, DESCRIPTION, JsonObject::new())
        .with_title("Current water temperature")
        .with_input_schema::<SinglePlaceArguments>()
        .with_raw_output_schema(schema::output::<Answer>())
        .with_annotations(read_only("Current water temperature"))
}

pub(super) fn render(
    place: &'static Place,
    answer: &api::Answer<Current>,
    now: Timestamp,
) -> Result<ToolOutput, ToolError> {
    let current = CurrentTemperature::new(place, answer, now);
    ToolOutput::new(text(&current, now), &structured(current, now))
}

fn text(current: &CurrentTemperature, now: Timestamp) -> String {
    let place = current.place;
    let mut text = format!(
        "{} ({}): {}.\n",
        place.name(),
        place.station(),
        in_words(&current.water, now)
    );
    if let Some(doubt) = current.water.doubt() {
        text += &format!("Doubt: {doubt}.\n");
    }
    if let Some(saying) = &current.saying {
        let plain = plain_reading(saying).unwrap_or("no plain reading known");
        text += &format!("In Bern they say: {} ({plain})\n", quoted(saying));
    }
    if let Some(note) = place.note() {
        text += &format!("Note: {note}\n");
    }
    text + &upstream_failure::line(current.upstream_trouble.as_ref()) + CREDIT
}

fn structured(current: CurrentTemperature, now: Timestamp) -> Answer {
    let place = current.place;
    Answer {
        city: place.id(),
        name: place.name(),
        station: place.station(),
        water: WaterTemperature::new(&current.water, now),
        saying_in_english: current.saying.as_deref().and_then(plain_reading),
        saying: current.saying,
        note: place.note(),
        upstream_trouble: FailureDetails::new(current.upstream_trouble.as_ref()),
        credit: CREDIT,
    }
}
