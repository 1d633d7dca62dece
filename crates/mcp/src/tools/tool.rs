//! The interface of a tool, and the call that it answers.

use std::sync::Arc;

use aareguru::River;
use answers::translations::Translations;
use futures_util::future::BoxFuture;
use rmcp::{
    RoleServer,
    model::{self, JsonObject},
    service::RequestContext,
};
use serde::de::DeserializeOwned;

use super::{
    output::{ToolError, ToolOutput, ToolResult},
    response_cache::ResponseCache,
};
use crate::apps::AppView;

/// A tool that a client can call.
pub(super) trait Tool: Sync {
    /// Returns name, texts, schemas and annotations, as `tools/list` shows them.
    fn definition(&self) -> model::Tool;

    /// Returns the app that shows the output.
    fn app(&self) -> Option<AppView> {
        None
    }

    fn call<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, ToolResult>;

    /// Returns the output without waiting, if everything it needs is in memory.
    fn call_cached(&self, _: &ToolCall<'_>) -> Option<Arc<ToolOutput>> {
        None
    }
}

/// A call of a tool, and what the tool may use to answer it.
pub(super) struct ToolCall<'a> {
    pub(super) tool: &'static dyn Tool,
    pub(super) name: &'static str,
    pub(super) arguments: Option<&'a JsonObject>,
    /// Whether the client shows the app of this tool.
    pub(super) shows_app: bool,
    pub(super) river: &'a River,
    pub(super) response_cache: &'a ResponseCache,
    pub(super) context: &'a RequestContext<RoleServer>,
}

impl ToolCall<'_> {
    pub(super) fn parse_arguments<T: DeserializeOwned>(&self) -> Result<T, ToolError> {
        Ok(match self.arguments {
            Some(arguments) => T::deserialize(arguments)?,
            None => T::deserialize(&JsonObject::new())?,
        })
    }

    /// Returns the translations if the client shows the app, otherwise none.
    pub(super) fn translations(&self, translate: impl FnOnce() -> Translations) -> Translations {
        self.shows_app.then(translate).unwrap_or_default()
    }
}

/// Returns the default of the argument `city`.
pub(super) fn default_city() -> String {
    "bern".to_owned()
}
