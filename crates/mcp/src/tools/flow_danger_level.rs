//! `get_flow_danger_level`: the flow at one place, and what it means for swimmers.

use aareguru::Danger;
use answers::{
    flow_danger_level::{FlowDangerLevelAnswer, render_text},
    translations::Translations,
};

use super::{
    output::ToolOutput,
    schema,
    single_place::{SinglePlaceArguments, SinglePlaceTool},
};

const DESCRIPTION: &str = "\
How much water does the Aare carry at one place, and what speaks against swimming there? Use it for \
every question about flow, high water, danger or whether somebody should swim. Returns the flow in \
m³/s with its time and age, its trend, BAFU's flood level (1 to 5) and the distance to the next one, \
the water temperature, and a verdict with its reasons and the limits it uses, each with its source; \
show the verdict with its reasons and the boundary. Flood levels are about floods: level 1 is not a \
permission to swim, and null is not level 1. It does not know currents, driftwood or a swimmer's \
ability, and never says that one may swim.";

pub(super) static TOOL: SinglePlaceTool = SinglePlaceTool {
    definition: || {
        schema::tool_with::<SinglePlaceArguments, FlowDangerLevelAnswer>(
            "get_flow_danger_level",
            "Flow and danger level",
            DESCRIPTION,
        )
    },
    app: None,
    render: |place, response, now, _| {
        let danger = Danger::new(place, response, now);
        ToolOutput::new(
            render_text(&danger),
            &FlowDangerLevelAnswer::new(&danger),
            Translations::default(),
        )
    },
};
