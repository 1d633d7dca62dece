//! `compare-swimming-spots`: compares places.

use aareguru::Place;
use rmcp::ErrorData;
use serde_json::json;

use super::{
    arguments::{ArgumentDefinition, PromptArguments},
    template::PromptTemplate,
};

pub(super) const PROMPT: PromptTemplate = PromptTemplate {
    name: "compare-swimming-spots",
    title: "Compare swimming spots",
    description: "Places on the Aare next to each other: how warm each is, and what speaks against it",
    arguments: &[
        ArgumentDefinition {
            name: "cities",
            title: "Places",
            description: "The places, separated by commas: `thun, bern`; default all eight",
        },
        ArgumentDefinition {
            name: "min_temperature",
            title: "Minimum water temperature",
            description: "The minimum water temperature in °C, 0 to 40; default none",
        },
    ],
    render: render_text,
};

fn render_text(arguments: &PromptArguments) -> Result<String, ErrorData> {
    let ids: Vec<_> = arguments.cities()?.into_iter().map(Place::id).collect();
    let (which, call) = if ids.is_empty() {
        ("all its places".to_owned(), json!({}))
    } else {
        (ids.join(", "), json!({ "cities": ids }))
    };
    let mut text = format!(
        "Compare the river Aare at {which} for somebody who thinks of swimming.\n\n\
         Call in this order:\n\
         1. `compare_cities` with {call}: temperatures, flows and what speaks against each place.\n\
         2. `get_flow_danger_level` for each place that the user asks about: only that tool knows \
         whether the flow rises, and its verdict counts.\n\n\
         Then write a table of the places with water temperature, flow, verdict and the time of the \
         reading; after it, for each place, the weightiest reason. Recommend no place, and do not rank \
         places by calm or danger: the warmest is only the warmest. Do not compare the flows of \
         different places.\n"
    );
    let min_temperature =
        arguments.parse("min_temperature", "a number of °C from 0 to 40", celsius)?;
    if let Some(celsius) = min_temperature {
        text += &format!(
            "Only places with at least {celsius} °C are wanted: set apart those that are colder, and \
             those whose temperature is unknown. Warm water outweighs no warning.\n"
        );
    }
    Ok(text)
}

fn celsius(text: &str) -> Option<f64> {
    let celsius: f64 = text.replace(',', ".").parse().ok()?;
    (0.0..=40.0).contains(&celsius).then_some(celsius)
}
