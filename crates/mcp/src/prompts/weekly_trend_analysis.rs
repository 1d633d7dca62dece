//! `weekly-trend-analysis`: describes how the river has changed.

use rmcp::ErrorData;

use super::{
    arguments::{ArgumentDefinition, CITY, PromptArguments},
    template::PromptTemplate,
};

pub(super) const PROMPT: PromptTemplate = PromptTemplate {
    name: "weekly-trend-analysis",
    title: "Weekly trend analysis",
    description: "How temperature and flow of the Aare have changed at one place in the last days",
    arguments: &[
        CITY,
        ArgumentDefinition {
            name: "days",
            title: "Days",
            description: "The number of past days, 1 to 31; default 7",
        },
    ],
    render: render_text,
};

fn render_text(arguments: &PromptArguments) -> Result<String, ErrorData> {
    let place = arguments.city()?;
    let (id, name) = (place.id(), place.name());
    // Readings from further back are often missing.
    let days = arguments.parse("days", "a whole number from 1 to 31", |text| {
        let days: u32 = text.parse().ok()?;
        (1..=31).contains(&days).then_some(days)
    })?;
    let days = days.unwrap_or(7);
    let span = if days == 1 {
        "day".to_owned()
    } else {
        format!("{days} days")
    };
    Ok(format!(
        "Tell how the river Aare at {name} has changed in the last {span}.\n\n\
         Call in this order:\n\
         1. `get_historical_data` with {{\"city\": \"{id}\", \"start\": \"-{days} days\", \"end\": \
         \"now\"}}: what was measured.\n\
         2. `get_flow_danger_level` with {{\"city\": \"{id}\"}}: the flow now, its trend and the \
         verdict.\n\n\
         Then write: which span the readings cover, who measured them, and where they have gaps; the \
         lowest, highest and mean temperature and flow with their days; which way each goes and since \
         when; what is out of the ordinary. Keep what was measured apart from what you conclude, name \
         no cause that the data do not show, and do not carry the trend on into days to come. The past \
         says nothing of whether somebody should swim today: for that give the verdict of step 2.\n"
    ))
}
