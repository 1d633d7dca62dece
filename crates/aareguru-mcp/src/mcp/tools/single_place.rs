//! What is asked about one place and depends on nothing but the API's answer
//! about it and the second.
//!
//! That is nearly all that is asked. As long as the answer is fresh nothing is
//! waited for, so these have a way without any of what waiting needs.

use std::sync::Arc;

use aareguru::{
    Place, River,
    api::{Answer, Current},
};
use jiff::Timestamp;
use rmcp::{RoleServer, model::JsonObject, service::RequestContext};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    ResponseCache, ToolError, ToolOutput, bern, current_conditions, current_temperature,
    flow_danger_level,
};
use crate::mcp::apps;

/// The arguments.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SinglePlaceArguments {
    /// Where: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[serde(default = "bern")]
    #[schemars(example = &"thun")]
    city: String,
}

/// Which tool is asked about which place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Question {
    topic: Topic,
    place: &'static Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Temperature,
    Conditions { has_apps: bool },
    Danger,
}

impl Topic {
    fn of(tool: &str, context: &RequestContext<RoleServer>) -> Option<Self> {
        Some(match tool {
            current_temperature::NAME => Self::Temperature,
            flow_danger_level::NAME => Self::Danger,
            current_conditions::NAME => Self::Conditions {
                has_apps: apps::are_drawn_for(context),
            },
            _ => return None,
        })
    }
}

impl Question {
    /// What a tool is asked; `None` if it is one of another kind.
    pub(super) fn of(
        tool: &str,
        arguments: &JsonObject,
        context: &RequestContext<RoleServer>,
    ) -> Option<Result<Self, ToolError>> {
        let topic = Topic::of(tool, context)?;
        let about = |arguments: SinglePlaceArguments| {
            let place = Place::find(&arguments.city)?;
            Ok(Self { topic, place })
        };
        Some(
            SinglePlaceArguments::deserialize(arguments)
                .map_err(ToolError::from)
                .and_then(about),
        )
    }

    /// The answer, if nothing has to be waited for.
    pub(super) fn output_at_once(
        self,
        river: &River,
        response_cache: &ResponseCache,
    ) -> Option<Arc<ToolOutput>> {
        let answer = river.client().current_if_fresh(self.place)?;
        self.output(answer, river, response_cache).ok()
    }

    pub(super) async fn ask(
        self,
        river: &River,
        response_cache: &ResponseCache,
    ) -> Result<Arc<ToolOutput>, ToolError> {
        let answer = river.client().current(self.place).await?;
        self.output(answer, river, response_cache)
    }

    fn output(
        self,
        answer: Answer<Current>,
        river: &River,
        response_cache: &ResponseCache,
    ) -> Result<Arc<ToolOutput>, ToolError> {
        response_cache.get_or_render(self, answer, river.now(), |answer, now| {
            self.render(answer, now)
        })
    }

    fn render(self, answer: &Answer<Current>, now: Timestamp) -> Result<ToolOutput, ToolError> {
        let place = self.place;
        match self.topic {
            Topic::Temperature => current_temperature::render(place, answer, now),
            Topic::Danger => flow_danger_level::render(place, answer, now),
            Topic::Conditions { has_apps } => {
                current_conditions::render(place, answer, now, has_apps)
            }
        }
    }
}
