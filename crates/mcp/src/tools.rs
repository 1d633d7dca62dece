//! The tools, one file each, and the registry from which every list of tools derives.

mod compare_cities;
mod current_conditions;
mod current_temperature;
mod flow_danger_level;
mod forecast;
mod historical_data;
mod list_cities;
mod response_cache;
mod schema;
mod single_place;

pub(crate) use self::response_cache::ResponseCache;

use std::sync::{Arc, LazyLock, OnceLock};

use aareguru::{HistoryError, River, UnknownPlace};
use answers::translations::Translations;
use futures_util::future::BoxFuture;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        self, CallToolRequestParams, CallToolResult, ContentBlock, JsonObject, ProtocolVersion,
    },
    service::RequestContext,
};
use rmcp_transport::RenderedResult;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
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

/// A tool that a client can call.
trait Tool: Sync {
    /// Name, texts, schemas and annotations, as `tools/list` shows them.
    fn definition(&self) -> model::Tool;

    /// The app that shows the output.
    fn app(&self) -> Option<AppView> {
        None
    }

    fn call<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, Outcome>;

    /// Returns the output without waiting, if everything it needs is in memory.
    fn call_cached(&self, _: &ToolCall<'_>) -> Option<Arc<ToolOutput>> {
        None
    }
}

type Outcome = Result<Arc<ToolOutput>, ToolError>;

/// A call of a tool, and what the tool may use to answer it.
struct ToolCall<'a> {
    tool: &'static dyn Tool,
    name: &'static str,
    arguments: Option<&'a JsonObject>,
    /// Whether the client shows the app of this tool.
    draws_app: bool,
    river: &'a River,
    response_cache: &'a ResponseCache,
    context: &'a RequestContext<RoleServer>,
}

/// The definitions of all tools, in the order in which they are listed.
pub(crate) fn definitions() -> &'static [model::Tool] {
    static DEFINITIONS: LazyLock<Vec<model::Tool>> = LazyLock::new(|| {
        let definition = |tool: &dyn Tool| {
            let mut definition = tool.definition();
            definition.meta = tool.app().map(AppView::link);
            definition
        };
        TOOLS.map(definition).into()
    });
    &DEFINITIONS
}

/// The apps of all tools.
pub(crate) fn apps() -> impl Iterator<Item = AppView> {
    TOOLS.into_iter().filter_map(Tool::app)
}

/// Calls a tool; also returns how the API failed, if it did.
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
    let Some(call) = ToolCall::new(river, response_cache, request, context) else {
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
            let failure = output.structured.get("upstream_trouble");
            let failure = failure.and_then(|failure| failure.get("because")?.as_str());
            let failure = failure.map(|why| UpstreamFailure::Bridged(why.to_owned()));
            (result(output, context), failure)
        }
        Err(error) => {
            let text = error.to_string();
            let is_upstream = matches!(error, ToolError::River(_));
            let failure = is_upstream.then(|| UpstreamFailure::NoAnswer(text.clone()));
            (
                CallToolResult::error(vec![ContentBlock::text(text)]),
                failure,
            )
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
    let call = ToolCall::new(river, response_cache, request, context)?;
    Some(result(call.tool.call_cached(&call)?, context))
}

impl<'a> ToolCall<'a> {
    /// `None` if the tool does not exist.
    fn new(
        river: &'a River,
        response_cache: &'a ResponseCache,
        request: &'a CallToolRequestParams,
        context: &'a RequestContext<RoleServer>,
    ) -> Option<Self> {
        let mut tools = TOOLS.into_iter().zip(definitions());
        let (tool, definition) = tools.find(|(_, definition)| definition.name == request.name)?;
        Some(Self {
            tool,
            name: &definition.name,
            arguments: request.arguments.as_ref(),
            draws_app: tool.app().is_some() && apps::are_drawn_for(context),
            river,
            response_cache,
            context,
        })
    }

    fn arguments<T: DeserializeOwned>(&self) -> Result<T, ToolError> {
        Ok(match self.arguments {
            Some(arguments) => T::deserialize(arguments)?,
            None => T::deserialize(&JsonObject::new())?,
        })
    }

    /// The texts in other languages, if the client shows an app.
    fn translations(&self, translations: impl FnOnce() -> Translations) -> Translations {
        self.draws_app.then(translations).unwrap_or_default()
    }
}

/// The output of a tool.
#[derive(Debug, Clone)]
pub(crate) struct ToolOutput {
    /// For people and models.
    text: String,
    /// For programs.
    structured: Value,
    /// For apps.
    translations: Translations,
    /// As JSON, for output that is sent more than once: for clients that know structured content,
    /// and for older ones.
    rendered: [OnceLock<Option<RenderedResult>>; 2],
}

/// Output that is shared is serialised only once.
fn result(output: Arc<ToolOutput>, context: &RequestContext<RoleServer>) -> CallToolResult {
    let version = context.protocol_version();
    let is_old = version.is_some_and(|version| version < ProtocolVersion::V_2025_06_18);
    match Arc::try_unwrap(output) {
        Ok(output) => output.into_result(is_old),
        Err(output) if output.answers(is_old, context) => CallToolResult::success(Vec::new()),
        Err(output) => ToolOutput::clone(&output).into_result(is_old),
    }
}

impl ToolOutput {
    fn new(text: String, structured: &impl Serialize, translations: Translations) -> Outcome {
        Ok(Arc::new(Self {
            text,
            structured: serde_json::to_value(structured)?,
            translations,
            rendered: Default::default(),
        }))
    }

    /// Clients older than structured content get it as a second text.
    fn into_result(self, is_old: bool) -> CallToolResult {
        let mut content = vec![ContentBlock::text(self.text)];
        if is_old {
            content.push(ContentBlock::text(self.structured.to_string()));
        }
        let mut result = CallToolResult::success(content);
        result.structured_content = Some(self.structured);
        result.meta = apps::translations_meta(&self.translations);
        result
    }

    /// Lets the transport answer with the JSON of this, if it can.
    fn answers(&self, is_old: bool, context: &RequestContext<RoleServer>) -> bool {
        let rendered = self.rendered[usize::from(is_old)]
            .get_or_init(|| RenderedResult::new(self.clone().into_result(is_old)).ok());
        rendered
            .as_ref()
            .is_some_and(|rendered| rendered.answers(context))
    }
}

/// The default of `city`.
fn bern() -> String {
    "bern".to_owned()
}

/// Why a tool has no output, as the model reads it.
#[derive(Debug, thiserror::Error)]
enum ToolError {
    #[error("arguments not understood: {0}")]
    Arguments(#[from] serde_json::Error),
    #[error("{0}")]
    Place(#[from] UnknownPlace),
    #[error("no data: {}", .0.with_causes())]
    River(#[from] aareguru::Error),
    #[error("{0}")]
    History(#[from] HistoryError),
}
