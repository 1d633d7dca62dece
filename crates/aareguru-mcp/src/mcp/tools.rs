//! The tools, one file each: its definition, its arguments, its answer.

pub(crate) mod compare_cities;
pub(crate) mod current_conditions;
mod current_temperature;
pub(crate) mod flow_danger_level;
pub(crate) mod forecast;
pub(crate) mod historical_data;
mod list_cities;
mod response_cache;
mod schema;
mod single_place;

pub(super) use self::{list_cities::Cities, response_cache::ResponseCache};

use std::sync::{Arc, LazyLock, OnceLock};

use aareguru::{HistoryError, River, UnknownPlace};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResult, ContentBlock, JsonObject, ProtocolVersion, Tool,
        ToolAnnotations,
    },
    service::RequestContext,
};
use rmcp_sse::RenderedResult;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use self::single_place::{Question, SinglePlaceArguments};
use super::{
    apps::{self, Translations},
    log::UpstreamFailure,
};

/// The definitions of all tools, in the order in which they are listed.
pub(super) fn all() -> &'static [Tool] {
    static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
        let tools = [
            current_temperature::definition(),
            current_conditions::definition(),
            flow_danger_level::definition(),
            compare_cities::definition(),
            forecast::definition(),
            historical_data::definition(),
            list_cities::definition(),
        ];
        tools.map(schema::with_known_formats).into()
    });
    &TOOLS
}

/// Calls a tool; also says what ailed the API, if anything did.
///
/// # Errors
///
/// A tool that does not exist. What a tool itself cannot answer is a result
/// that says so, because that is what a model gets to read.
pub(super) async fn call(
    river: &River,
    response_cache: &ResponseCache,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<(CallToolResult, Option<UpstreamFailure>), ErrorData> {
    let arguments = request.arguments.unwrap_or_default();
    let answer = render(river, response_cache, &request.name, arguments, context).await?;
    Ok(match answer {
        Ok(told) => {
            let ailment = told.structured.get("upstream_trouble");
            let ailment = ailment.and_then(|trouble| trouble.get("because")?.as_str());
            let ailment = ailment.map(str::to_owned).map(UpstreamFailure::Bridged);
            (result(told, context), ailment)
        }
        Err(refusal) => {
            let text = refusal.to_string();
            let ailment = matches!(refusal, ToolError::River(_)).then(|| text.clone());
            let result = CallToolResult::error(vec![ContentBlock::text(text)]);
            (result, ailment.map(UpstreamFailure::NoAnswer))
        }
    })
}

/// The result of a call that needs nobody to be asked.
pub(super) fn at_once(
    river: &River,
    response_cache: &ResponseCache,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Option<CallToolResult> {
    let none = JsonObject::new();
    let arguments = request.arguments.as_ref().unwrap_or(&none);
    let question = Question::of(&request.name, arguments, context)?.ok()?;
    let told = question.output_at_once(river, response_cache)?;
    Some(result(told, context))
}

/// What a tool tells, before it is put into a message.
///
/// # Errors
///
/// A tool that does not exist.
pub(super) async fn render(
    river: &River,
    response_cache: &ResponseCache,
    name: &str,
    arguments: JsonObject,
    context: &RequestContext<RoleServer>,
) -> Result<Result<Arc<ToolOutput>, ToolError>, ErrorData> {
    if let Some(question) = Question::of(name, &arguments, context) {
        return Ok(match question {
            Ok(question) => question.ask(river, response_cache).await,
            Err(refusal) => Err(refusal),
        });
    }
    let has_apps = apps::are_drawn_for(context);
    let told = match name {
        list_cities::NAME => list_cities::call(river).await,
        compare_cities::NAME => compare_cities::call(river, arguments, has_apps).await,
        forecast::NAME => forecast::call(river, arguments, has_apps).await,
        historical_data::NAME => historical_data::call(river, arguments, context).await,
        name => {
            let names: Vec<&str> = all().iter().map(|tool| tool.name.as_ref()).collect();
            return Err(ErrorData::invalid_params(
                format!("unknown tool `{name}`; there are {}", names.join(", ")),
                None,
            ));
        }
    };
    Ok(told.map(Arc::new))
}

/// What a tool tells: plain data, the same twice.
#[derive(Debug, Clone)]
pub(super) struct ToolOutput {
    /// For people and models.
    text: String,
    /// For programs.
    pub(super) structured: Value,
    /// For apps, in other languages.
    translations: Translations,
    /// As JSON, for those who are told the same; first for clients that know
    /// structured content, then for those that do not.
    rendered: [OnceLock<Option<RenderedResult>>; 2],
}

/// What was told, as a result. What others are told too is written only once.
fn result(told: Arc<ToolOutput>, context: &RequestContext<RoleServer>) -> CallToolResult {
    let version = context.protocol_version();
    let is_old = version.is_some_and(|version| version < ProtocolVersion::V_2025_06_18);
    match Arc::try_unwrap(told) {
        Ok(told) => told.into_result(is_old),
        Err(told) if told.answers(is_old, context) => CallToolResult::success(Vec::new()),
        Err(told) => ToolOutput::clone(&told).into_result(is_old),
    }
}

impl ToolOutput {
    fn new(text: String, structured: &impl Serialize) -> Result<Self, ToolError> {
        Ok(Self {
            text,
            structured: serde_json::to_value(structured)?,
            translations: Translations::default(),
            rendered: Default::default(),
        })
    }

    /// With what an app is to say in the language of its host.
    fn with_translations(self, translations: Translations) -> Self {
        Self {
            translations,
            ..self
        }
    }

    /// Clients older than structured content get it as a second text.
    fn into_result(self, is_old: bool) -> CallToolResult {
        let mut content = vec![ContentBlock::text(self.text)];
        if is_old {
            content.push(ContentBlock::text(self.structured.to_string()));
        }
        let mut result = CallToolResult::success(content);
        result.structured_content = Some(self.structured);
        result.meta = self.translations.meta();
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

/// Where people ask for if they name no place.
fn bern() -> String {
    "bern".to_owned()
}

/// Why a tool has no answer, as told to the model.
#[derive(Debug, thiserror::Error)]
pub(super) enum ToolError {
    #[error("arguments not understood: {0}")]
    Arguments(#[from] serde_json::Error),
    #[error("{0}")]
    Place(#[from] UnknownPlace),
    #[error("no data: {}", .0.with_causes())]
    River(#[from] aareguru::Error),
    #[error("{0}")]
    History(#[from] HistoryError),
}

/// A tool that reads from a live source and changes nothing.
fn read_only(title: &str) -> ToolAnnotations {
    ToolAnnotations::with_title(title)
        .read_only(true)
        .idempotent(true)
        .open_world(true)
}

fn parse<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, ToolError> {
    Ok(serde_json::from_value(arguments.into())?)
}
