//! `list_cities`: the measured places, with their water temperatures.

use answers::{
    list_cities::{ListCitiesAnswer, render_text},
    translations::Translations,
};
use futures_util::future::BoxFuture;
use rmcp::model;

use super::{
    output::{ToolOutput, ToolResult},
    schema,
    tool::{Tool, ToolCall},
};

const DESCRIPTION: &str = "\
Which places on the Aare are measured? Returns all of them, from the mountains downstream, with \
the identifier that other tools take as `city` and the latest water temperature in °C.";

pub(super) struct ListCities;

impl Tool for ListCities {
    fn definition(&self) -> model::Tool {
        schema::tool::<ListCitiesAnswer>("list_cities", "Measured places", DESCRIPTION)
    }

    fn call<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, ToolResult> {
        Box::pin(async {
            let places = call.river.places().await?;
            let now = call.river.now();
            let text = render_text(&places, now);
            ToolOutput::new(
                text,
                &ListCitiesAnswer::new(places, now),
                Translations::default(),
            )
        })
    }
}
