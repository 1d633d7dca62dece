//! Tools that need only the current readings of one place.
//!
//! Most calls are of this kind. While the readings are cached, they are answered without a future.

use std::sync::Arc;

use aareguru::{
    Place,
    api::{Answer, Current},
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rmcp::model;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    output::{ToolError, ToolOutput, ToolResult},
    response_cache::CacheKey,
    tool::{Tool, ToolCall, default_city},
};
use crate::apps::AppView;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SinglePlaceArguments {
    /// The place: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[serde(default = "default_city")]
    #[schemars(example = &"thun")]
    city: String,
}

/// A tool whose output depends only on the current readings of a place, the current second, and
/// whether the client shows the app.
pub(super) struct SinglePlaceTool {
    pub(super) definition: fn() -> model::Tool,
    pub(super) app: Option<AppView>,
    pub(super) render: fn(&'static Place, &Answer<Current>, Timestamp, &ToolCall<'_>) -> ToolResult,
}

impl Tool for SinglePlaceTool {
    fn definition(&self) -> model::Tool {
        (self.definition)()
    }

    fn app(&self) -> Option<AppView> {
        self.app
    }

    fn call<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, ToolResult> {
        Box::pin(async move {
            let place = call.place()?;
            let response = call.river.client().current(place).await?;
            self.output(place, response, call)
        })
    }

    fn call_cached(&self, call: &ToolCall<'_>) -> Option<Arc<ToolOutput>> {
        let place = call.place().ok()?;
        let response = call.river.client().current_if_fresh(place)?;
        self.output(place, response, call).ok()
    }
}

impl SinglePlaceTool {
    fn output(
        &self,
        place: &'static Place,
        response: Answer<Current>,
        call: &ToolCall<'_>,
    ) -> ToolResult {
        let key = CacheKey {
            tool: call.name,
            place,
            shows_app: call.shows_app,
        };
        let render = |response: &_, now| (self.render)(place, response, now, call);
        call.response_cache
            .get_or_render(key, response, call.river.now(), render)
    }
}

impl ToolCall<'_> {
    fn place(&self) -> Result<&'static Place, ToolError> {
        let arguments: SinglePlaceArguments = self.parse_arguments()?;
        Ok(Place::find(&arguments.city)?)
    }
}
