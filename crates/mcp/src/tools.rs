//! The tools, one file each, and the registry from which every list of tools derives.

mod compare_cities;
mod current_conditions;
mod current_temperature;
mod flow_danger_level;
mod forecast;
mod historical_data;
mod list_cities;
mod output;
mod response_cache;
mod schema;
mod single_place;
mod tool;

pub(crate) use self::response_cache::ResponseCache;

use std::sync::LazyLock;

use aareguru::River;
use rmcp::{
    ErrorData, RoleServer,
    model::{self, CallToolRequestParams, CallToolResult, ContentBlock},
    service::RequestContext,
};

use self::tool::{Tool, ToolCall};
use crate::{
    apps::{self, AppView},
    log_notifier::UpstreamFailure,
};

/// All tools, in the order in which they are listed.
static TOOLS: [&dyn Tool; 7] = [
    &current_temperature::TOOL,
    &current_conditions::TOOL,
    &flow_danger_level::TOOL,
    &compare_cities::CompareCities,
    &forecast::GetForecast,
    &historical_data::GetHistoricalData,
    &list_cities::ListCities,
];

/// Returns the definitions of all tools, in the order in which they are listed.
pub(crate) fn definitions() -> &'static [model::Tool] {
    static DEFINITIONS: LazyLock<Vec<model::Tool>> = LazyLock::new(|| {
        let definition = |tool: &dyn Tool| {
            let mut definition = tool.definition();
            definition.meta = tool.app().map(AppView::link_meta);
            definition
        };
        TOOLS.map(definition).into()
    });
    &DEFINITIONS
}

/// Calls a tool. Also returns how the upstream API failed, if it did.
///
/// # Errors
///
/// The tool does not exist. An error of the tool itself is a result, because a model reads only
/// results.
pub(crate) async fn call(
    river: &River,
    response_cache: &ResponseCache,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<(CallToolResult, Option<UpstreamFailure>), ErrorData> {
    let Some(call) = find_tool(river, response_cache, request, context) else {
        let names: Vec<&str> = definitions().iter().map(|it| it.name.as_ref()).collect();
        return Err(ErrorData::invalid_params(
            format!(
                "unknown tool `{}`; there are {}",
                request.name,
                names.join(", ")
            ),
            None,
        ));
    };
    Ok(match call.tool.call(&call).await {
        Ok(output) => {
            let failure = output.upstream_failure();
            (output.into_call_result(context), failure)
        }
        Err(error) => {
            let content = ContentBlock::text(error.to_string());
            let failure = error.upstream_failure();
            (CallToolResult::error(vec![content]), failure)
        }
    })
}

/// Returns the result of a call without waiting, if everything it needs is in memory.
pub(crate) fn call_cached(
    river: &River,
    response_cache: &ResponseCache,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Option<CallToolResult> {
    let call = find_tool(river, response_cache, request, context)?;
    let output = call.tool.call_cached(&call)?;
    Some(output.into_call_result(context))
}

/// Returns the call of the requested tool; `None` if the tool does not exist.
fn find_tool<'a>(
    river: &'a River,
    response_cache: &'a ResponseCache,
    request: &'a CallToolRequestParams,
    context: &'a RequestContext<RoleServer>,
) -> Option<ToolCall<'a>> {
    let mut tools = TOOLS.into_iter().zip(definitions());
    let (tool, definition) = tools.find(|(_, definition)| definition.name == request.name)?;
    Some(ToolCall {
        tool,
        name: &definition.name,
        arguments: request.arguments.as_ref(),
        shows_app: tool.app().is_some() && apps::is_supported_by_client(context),
        river,
        response_cache,
        context,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Collects all values of `format`, at any depth.
    fn collect_formats(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Array(items) => items.iter().for_each(|item| collect_formats(item, found)),
            Value::Object(object) => {
                let format = object.get("format").and_then(Value::as_str);
                found.extend(format.map(str::to_owned));
                object
                    .values()
                    .for_each(|value| collect_formats(value, found));
            }
            _ => {}
        }
    }

    #[test]
    fn tool_schemas_contain_only_standard_formats() {
        for tool in definitions() {
            let mut found = Vec::new();
            collect_formats(&serde_json::to_value(tool).unwrap(), &mut found);
            found.retain(|format| !["date", "date-time"].contains(&format.as_str()));
            assert_eq!(found, [""; 0], "{}", tool.name);
        }
    }

    #[test]
    fn every_app_is_linked_by_one_tool() {
        for app in AppView::ALL {
            let links = TOOLS.iter().filter(|tool| tool.app() == Some(app));
            assert_eq!(links.count(), 1, "{app:?}");
        }
    }
}
