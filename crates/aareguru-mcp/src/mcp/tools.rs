//! The tools, one file each: its definition, its arguments, its answer.

pub(crate) mod compare_cities;
pub(crate) mod current_conditions;
mod current_temperature;
pub(crate) mod flow_danger_level;
pub(crate) mod forecast;
pub(crate) mod historical_data;
mod list_cities;

pub(super) use list_cities::Cities;

use std::sync::LazyLock;

use aareguru::{HistoryError, River, UnknownPlace};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations,
    },
    service::RequestContext,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The definitions of all tools, in the order in which they are listed.
pub(super) fn all() -> &'static [Tool] {
    static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
        vec![
            current_temperature::definition(),
            current_conditions::definition(),
            flow_danger_level::definition(),
            compare_cities::definition(),
            forecast::definition(),
            historical_data::definition(),
            list_cities::definition(),
        ]
    });
    &TOOLS
}

/// Calls a tool.
///
/// # Errors
///
/// A tool that does not exist. What a tool itself cannot answer is a result
/// that says so, because that is what a model gets to read.
pub(super) async fn call(
    river: &River,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    let arguments = request.arguments.unwrap_or_default();
    let answer = match request.name.as_ref() {
        current_temperature::NAME => current_temperature::call(river, arguments).await,
        current_conditions::NAME => current_conditions::call(river, arguments).await,
        flow_danger_level::NAME => flow_danger_level::call(river, arguments).await,
        list_cities::NAME => list_cities::call(river).await,
        compare_cities::NAME => compare_cities::call(river, arguments).await,
        forecast::NAME => forecast::call(river, arguments).await,
        historical_data::NAME => historical_data::call(river, arguments, context).await,
        name => {
            let names: Vec<&str> = all().iter().map(|tool| tool.name.as_ref()).collect();
            return Err(ErrorData::invalid_params(
                format!("unknown tool `{name}`; there are {}", names.join(", ")),
                None,
            ));
        }
    };
    Ok(answer.unwrap_or_else(|refusal| {
        CallToolResult::error(vec![ContentBlock::text(refusal.to_string())])
    }))
}

/// The arguments of a tool that is asked about one place and nothing else.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AtPlace {
    /// Where: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[serde(default = "bern")]
    #[schemars(example = &"thun")]
    city: String,
}

/// Where people ask for if they name no place.
fn bern() -> String {
    "bern".to_owned()
}

/// Why a tool has no answer, as told to the model.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("arguments not understood: {0}")]
    Arguments(#[from] serde_json::Error),
    #[error("{0}")]
    Place(#[from] UnknownPlace),
    #[error("no data: {}", with_causes(.0))]
    River(#[from] aareguru::Error),
    #[error("{0}")]
    History(#[from] HistoryError),
}

/// The error and what lies behind it, in one line.
pub(super) fn with_causes(error: &aareguru::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// A tool that reads from a live source and changes nothing.
fn read_only(title: &str) -> ToolAnnotations {
    ToolAnnotations::with_title(title)
        .read_only(true)
        .idempotent(true)
        .open_world(true)
}

fn parse<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Refusal> {
    Ok(serde_json::from_value(arguments.into())?)
}

/// Text for people and models, structured content for programs.
fn answer(text: String, structured: &impl Serialize) -> Result<CallToolResult, Refusal> {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(serde_json::to_value(structured)?);
    Ok(result)
}
