//! The river as MCP presents it.
//!
//! A handler only translates: arguments to a question, the answer to text and
//! structured content. What the numbers mean is the business of `aareguru`.

pub(crate) mod advice;
mod completion;
mod icon;
mod prompts;
pub(crate) mod reading;
mod resources;
pub(crate) mod tools;
pub(crate) mod trouble;

use aareguru::River;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
        GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};

/// How a model should use the tools; sent with every `initialize`.
const INSTRUCTIONS: &str = "\
Water temperature, flow, flood danger, forecast and history of the Swiss river Aare, measured \
every ten minutes at eight places. \
Tell the user where and when a value was measured, and credit aare.guru and BAFU. \
An answer marked stale, old or recorded does not describe the river now: say so. \
What is unknown is unknown, and neither zero nor level 1. \
Before anybody goes in, ask get_flow_danger_level and pass on its verdict with the reasons. \
Never give permission to swim: these tools know flood levels and a few local limits, not currents, \
driftwood or the swimmer.";

/// The MCP server; cheap to clone, one clone serves one session.
#[derive(Debug, Clone)]
pub struct AareServer {
    river: River,
}

impl AareServer {
    /// A server that asks `river`.
    pub fn new(river: River) -> Self {
        Self { river }
    }
}

impl ServerHandler for AareServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .enable_completions()
            .build();
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_title("Aareguru")
            .with_description("How warm is the Aare?")
            .with_website_url("https://aare.guru")
            .with_icons(vec![icon::icon()]);
        ServerConfig::new(capabilities)
            .with_server_info(server)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all().to_vec()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let result = tools::call(&self.river, request, &context).await?;
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::all()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let result = resources::read(&self.river, &request.uri, &context).await?;
        Ok(result.into())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = resources::templates();
        Ok(ListResourceTemplatesResult::with_all_items(templates))
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
        Ok(prompts::get(request)?.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        completion::complete(&request)
    }
}
