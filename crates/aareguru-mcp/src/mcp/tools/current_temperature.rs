//! `get_current_temperature`: how warm is the water at one place now?

use aareguru::{CurrentTemperature, plain_reading};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    ToolOutput, schema,
    single_place::{SinglePlaceArguments, SinglePlaceTool},
};
use crate::mcp::{
    answer::{PlaceNames, Provenance, closing_lines, saying_line},
    apps::Translations,
    reading::{WaterTemperature, in_words},
};

const DESCRIPTION: &str = "\
How warm is the Aare right now at one place? Returns the water temperature in °C with the time and \
age of the measurement, and what people in Bern would say about it. It does not know \
whether one may go in: ask get_flow_danger_level for that.";

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
struct Answer {
    #[serde(flatten)]
    place: PlaceNames,
    #[serde(flatten)]
    water: WaterTemperature,
    /// The saying of aare.guru for this water, in Bernese German.
    saying: Option<String>,
    /// What that says in plain English, if it is known.
    saying_in_english: Option<&'static str>,
    /// What to know about this place, if there is anything.
    note: Option<&'static str>,
    #[serde(flatten)]
    provenance: Provenance,
}

pub(super) static TOOL: SinglePlaceTool = SinglePlaceTool {
    definition: || {
        schema::tool_with::<SinglePlaceArguments, Answer>(
            "get_current_temperature",
            "Current water temperature",
            DESCRIPTION,
        )
    },
    app: None,
    render: |place, response, now, _| {
        let current = CurrentTemperature::new(place, response, now);
        let failure = current.upstream_trouble.as_ref();
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
            text += &saying_line("", saying);
        }
        text += &closing_lines(place.note(), failure);
        let answer = Answer {
            place: PlaceNames::new(place),
            water: WaterTemperature::new(&current.water, now),
            saying_in_english: current.saying.as_deref().and_then(plain_reading),
            note: place.note(),
            provenance: Provenance::new(failure),
            saying: current.saying,
        };
        ToolOutput::new(text, &answer, Translations::default())
    },
};
