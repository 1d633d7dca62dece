//! The handler with the suite's fixtures, one group per file.
//!
//! Results are copied from the scenario descriptions as JSON and deserialized into rmcp's types,
//! which tests those types too.

mod client_requests;
mod content;
mod input_required;
mod list_changes;
mod notifications;
mod prompts;
mod resources;
mod schemas;

use std::sync::Arc;

use parking_lot::Mutex;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
        CompletionInfo, GetPromptRequestParams, GetPromptResponse, Implementation,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        LoggingLevel, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
        ServerCapabilities, ServerConfig, SetLevelRequestParams, SubscribeRequestParams,
        SubscriptionFilter, Tool, UnsubscribeRequestParams,
    },
    service::{RequestContext, SubscriptionContext},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::{input_required::RequestStateSeal, list_changes::ListChanges};

/// One red pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";

/// The handler that the suite's scenarios expect.
///
/// A clone is a handler for another session: it shares the lists and their changes, but has its own
/// log level.
#[derive(Debug, Default)]
pub struct Everything {
    changes: Arc<ListChanges>,
    seal: Arc<RequestStateSeal>,
    level: Mutex<Option<LoggingLevel>>,
}

impl Clone for Everything {
    fn clone(&self) -> Self {
        Self {
            changes: self.changes.clone(),
            seal: self.seal.clone(),
            level: Mutex::default(),
        }
    }
}

fn tools() -> Vec<Tool> {
    let families = [
        content::tools(),
        notifications::tools(),
        client_requests::tools(),
        input_required::tools(),
        schemas::tools(),
        list_changes::tools(),
    ];
    families.into_iter().flatten().collect()
}

impl ServerHandler for Everything {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_completions()
            .enable_logging()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("everything", env!("CARGO_PKG_VERSION")))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.clone();
        if let Some(answer) = content::call(&name) {
            return Ok(answer.into());
        }
        if let Some(answer) = notifications::call(self, &name, &context).await? {
            return Ok(answer.into());
        }
        if let Some(answer) = client_requests::call(&request, &context).await? {
            return Ok(answer.into());
        }
        if let Some(answer) = input_required::call(&self.seal, &request, &context)? {
            return Ok(answer);
        }
        if let Some(answer) = schemas::call(&name).or_else(|| self.changes.call(&name)) {
            return Ok(answer.into());
        }
        let text = format!("unknown tool `{name}`");
        Err(ErrorData::invalid_params(text, None))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::all()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = resources::templates();
        Ok(ListResourceTemplatesResult::with_all_items(templates))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(resources::read(&request.uri)?.into())
    }

    async fn subscribe(
        &self,
        _: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(
        &self,
        _: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        self.changes.forward(&subscription).await
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::all()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&request)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let typed = &request.argument.value;
        let values = ["paris", "park", "party"].map(str::to_owned);
        let fitting = values.into_iter().filter(|value| value.starts_with(typed));
        let completion = CompletionInfo::new(fitting.collect());
        let completion = completion.map_err(|error| ErrorData::internal_error(error, None))?;
        Ok(CompleteResult::new(completion))
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        *self.level.lock() = Some(request.level);
        Ok(())
    }
}

/// Deserializes a result. Before 2026-07-28, rmcp removes its `resultType` when it is sent.
fn result<T: DeserializeOwned>(mut fixture: Value) -> T {
    fixture["resultType"] = "complete".into();
    typed(fixture)
}

fn typed<T: DeserializeOwned>(fixture: Value) -> T {
    serde_json::from_value(fixture).expect("the fixture has the type's shape")
}
