//! `get_current_conditions`: the conditions at one place now.

use aareguru::Conditions;
use answers::{
    current_conditions::{CurrentConditionsAnswer, render_text},
    translations::Translations,
};

use super::{
    output::ToolOutput,
    schema,
    single_place::{SinglePlaceArguments, SinglePlaceTool},
};
use crate::apps::AppView;

const DESCRIPTION: &str = "\
How is it at one place on the Aare right now? Use it for a full picture; for the temperature alone \
use get_current_temperature, for the reasons behind the verdict get_flow_danger_level. Returns water \
temperature (°C), flow (m³/s), a verdict for swimmers, air temperature (°C) and rain (mm in 10 \
minutes), each with its time; in Bern also the sun on the lawns and the Bueber canal; and what people \
in Bern say of the water, with its plain meaning where that is known. What is null is unknown. It \
holds no forecast, and never says that one may swim.";

pub(super) static TOOL: SinglePlaceTool = SinglePlaceTool {
    definition: || {
        schema::tool_with::<SinglePlaceArguments, CurrentConditionsAnswer>(
            "get_current_conditions",
            "Current conditions",
            DESCRIPTION,
        )
    },
    app: Some(AppView::Conditions),
    render: |place, response, now, call| {
        let conditions = Conditions::new(place, response, now);
        let translations = call.translations(|| {
            Translations::default()
                .with_reason(place, &conditions.danger.advice.reasons)
                .with_saying(conditions.saying.as_deref())
                .with_saying(conditions.flow_saying.as_deref())
        });
        let text = render_text(&conditions, now);
        ToolOutput::new(
            text,
            &CurrentConditionsAnswer::new(conditions, now),
            translations,
        )
    },
};
