//! `daily-swimming-report`: reports the conditions at one place today.

use rmcp::ErrorData;

use super::{
    arguments::{ArgumentDefinition, CITY, PromptArguments},
    template::PromptTemplate,
};

pub(super) const PROMPT: PromptTemplate = PromptTemplate {
    name: "daily-swimming-report",
    title: "Daily swimming report",
    description: "A report on the Aare at one place today: water, flow, what speaks against swimming, and what comes",
    arguments: &[
        CITY,
        ArgumentDefinition {
            name: "include_forecast",
            title: "With forecast",
            description: "Whether to include the forecast: true or false; default true",
        },
    ],
    render: render_text,
};

fn render_text(arguments: &PromptArguments) -> Result<String, ErrorData> {
    let place = arguments.city()?;
    let (id, name) = (place.id(), place.name());
    let mut text = format!(
        "Write today's report on the river Aare at {name} for somebody who thinks of swimming.\n\n\
         Call in this order:\n\
         1. `get_flow_danger_level` with {{\"city\": \"{id}\"}}: the verdict, its reasons, the flow \
         and the flood level.\n\
         2. `get_current_conditions` with {{\"city\": \"{id}\"}}: the water temperature, the air and \
         the rest.\n"
    );
    let include_forecast = arguments.parse("include_forecast", "`true` or `false`", |text| {
        match text.to_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        }
    })?;
    if include_forecast.unwrap_or(true) {
        text += &format!(
            "3. `get_forecast` with {{\"city\": \"{id}\", \"hours\": 24}}: the water in two hours and \
             the weather.\n"
        );
    }
    text += "\n\
        Then write, in this order: the verdict with its reasons; the water temperature and the flow, \
        and how the flow changes; the weather; what is not known. If the verdict is do_not_swim or \
        unknown, do not propose a time to swim. Keep it to what fits on a phone.\n";
    Ok(text)
}
