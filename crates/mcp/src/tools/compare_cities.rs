//! `compare_cities`: compares places, and finds the warmest.

use aareguru::Place;
use answers::{
    compare_cities::{CompareCitiesAnswer, render_text},
    translations::Translations,
};
use futures_util::future::BoxFuture;
use rmcp::model;
use schemars::JsonSchema;
use serde::{Deserialize, de::Error as _};

use super::{
    output::{ToolOutput, ToolResult},
    schema,
    tool::{Tool, ToolCall},
};
use crate::apps::AppView;

const DESCRIPTION: &str = "\
Where on the Aare is it warmest or coldest, and how do places compare? Use it for any question \
about several places: it costs one request for all eight. Returns for each place the water \
temperature in °C, the flow, how near that is to a flood there, and what speaks against swimming \
(do_not_swim with its reasons, otherwise unknown, because it does not know whether the flow rises: \
ask get_flow_danger_level for a full verdict). Places are ranked by temperature only. It recommends \
no place and says nothing about which one is calmer or less dangerous: flows of different places are \
not comparable.";

const MAX_PLACES: usize = 8;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The places, 1 to 8 of: brienz, interlaken, thun, bern, hagneck, biel, olten, brugg. Default:
    /// all.
    #[serde(default)]
    #[schemars(with = "Vec<String>", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 8), example = &["thun", "bern"])]
    cities: Option<Vec<String>>,
}

pub(super) struct CompareCities;

impl Tool for CompareCities {
    fn definition(&self) -> model::Tool {
        let (name, title) = ("compare_cities", "Compare places");
        schema::tool_with::<Arguments, CompareCitiesAnswer>(name, title, DESCRIPTION)
    }

    fn app(&self) -> Option<AppView> {
        Some(AppView::Compare)
    }

    fn call<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, ToolResult> {
        Box::pin(async {
            let Arguments { cities } = call.parse_arguments()?;
            if cities
                .as_ref()
                .is_some_and(|it| !(1..=MAX_PLACES).contains(&it.len()))
            {
                let message = "`cities` must contain 1 to 8 places; omit it to compare all";
                return Err(serde_json::Error::custom(message).into());
            }
            let cities = cities.iter().flatten();
            let places: Result<Vec<_>, _> = cities.map(|name| Place::find(name)).collect();
            let comparison = call.river.compare(&places?).await?;
            let now = call.river.now();
            let structured = CompareCitiesAnswer::new(&comparison, now);
            let translations = call.translations(|| {
                let places = comparison.places.iter();
                places.fold(Translations::default(), |translations, at| {
                    translations.with_reason(at.place, &at.advice(now).reasons)
                })
            });
            ToolOutput::new(
                render_text(&comparison, &structured, now),
                &structured,
                translations,
            )
        })
    }
}
