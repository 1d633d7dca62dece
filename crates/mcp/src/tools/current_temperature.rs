//! `get_current_temperature`: the water temperature at one place now.

use aareguru::CurrentTemperature;
use answers::{
    current_temperature::{CurrentTemperatureAnswer, render_text},
    translations::Translations,
};

use super::{
    output::ToolOutput,
    schema,
    single_place::{SinglePlaceArguments, SinglePlaceTool},
};

const DESCRIPTION: &str = "\
How warm is the Aare right now at one place? Returns the water temperature in °C with the time and \
age of the measurement, and what people in Bern would say about it. It does not know \
whether one may go in: ask get_flow_danger_level for that.";

pub(super) static TOOL: SinglePlaceTool = SinglePlaceTool {
    definition: || {
        schema::tool_with::<SinglePlaceArguments, CurrentTemperatureAnswer>(
            "get_current_temperature",
            "Current water temperature",
            DESCRIPTION,
        )
    },
    app: None,
    render: |place, response, now, _| {
        let current = CurrentTemperature::new(place, response, now);
        let text = render_text(&current, now);
        ToolOutput::new(
            text,
            &CurrentTemperatureAnswer::new(current, now),
            Translations::default(),
        )
    },
};
