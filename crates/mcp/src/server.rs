//! The MCP server handler.

use std::{
    future::{Future, ready},
    sync::{Arc, LazyLock},
};

use aareguru::River;
use futures_util::future::Either;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompleteResult, DiscoverResult, GetPromptRequestParams, GetPromptResponse, Implementation,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
        ServerCapabilities, ServerConfig, SetLevelRequestParams, SubscribeRequestParams,
        SubscriptionFilter, Tool, UnsubscribeRequestParams,
    },
    service::{RequestContext, SubscriptionContext},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use crate::{
    apps, completion, icon,
    log_notifier::LogNotifier,
    metrics::{ContinueTrace, Metrics, request_span},
    prompts, resources,
    subscriptions::{
        self, MAX_PER_SUBSCRIBER, SessionSubscriptions, Subject, Subscriber, TooManySubscriptions,
    },
    tools::{self, ResponseCache},
};

const SERVER_NAME: &str = "aareguru-mcp";

/// How long clients may cache lists that change only with a new version of the server.
const STATIC_TTL_MS: u64 = 60 * 60 * 1000;

/// Instructions for models that use the tools. Sent with every `initialize` response.
const INSTRUCTIONS: &str = "\
Water temperature, flow, flood danger, forecast and history of the Swiss river Aare, measured \
every ten minutes at eight places. \
Tell the user where and when a value was measured, and credit aare.guru and BAFU. \
An answer marked stale, old or recorded does not describe the river now: say so. \
What is unknown is unknown, and neither zero nor level 1. \
Before anybody goes in, ask get_flow_danger_level and pass on its verdict with the reasons. \
Never give permission to swim, and recommend no place: these tools know flood levels and a few local \
limits, not currents, driftwood or the swimmer. Places are ranked by temperature only.";

/// The MCP server handler. Each session uses its own clone.
#[derive(Debug)]
pub struct AareServer {
    river: River,
    /// Shared by all sessions, like `metrics`.
    response_cache: Arc<ResponseCache>,
    metrics: Arc<Metrics>,
    /// The subscriptions of this session.
    session: SessionSubscriptions,
    log: LogNotifier,
    shutdown: CancellationToken,
    continue_trace: ContinueTrace,
}

/// A clone is for a new session: it shares the river, cache and metrics, and has no subscriptions.
impl Clone for AareServer {
    fn clone(&self) -> Self {
        Self {
            river: self.river.clone(),
            response_cache: Arc::clone(&self.response_cache),
            metrics: Arc::clone(&self.metrics),
            session: SessionSubscriptions::default(),
            log: LogNotifier::default(),
            shutdown: self.shutdown.clone(),
            continue_trace: self.continue_trace,
        }
    }
}

impl AareServer {
    /// Creates a server that answers from `river`.
    pub fn new(river: River) -> Self {
        Self {
            response_cache: Arc::default(),
            metrics: Arc::new(Metrics::new()),
            river,
            session: SessionSubscriptions::default(),
            log: LogNotifier::default(),
            shutdown: CancellationToken::new(),
            continue_trace: |_, _, _| {},
        }
    }

    /// Ends subscriptions when `shutdown` is cancelled. Without this, a shutdown waits for them.
    #[must_use]
    pub fn with_shutdown(mut self, shutdown: CancellationToken) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// Continues the traces of clients. By default, every tool call starts a trace.
    #[must_use]
    pub fn with_trace_continuation(mut self, continue_trace: ContinueTrace) -> Self {
        self.continue_trace = continue_trace;
        self
    }
}

impl ServerHandler for AareServer {
    fn get_info(&self) -> ServerConfig {
        // Every session reads it.
        static INFO: LazyLock<ServerConfig> = LazyLock::new(server_info);
        INFO.clone()
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(STATIC_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(
            ListToolsResult::with_all_items(tools::definitions().to_vec())
                .with_ttl_ms(STATIC_TTL_MS)
                .with_cache_scope(CacheScope::Public),
        )
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::definitions()
            .iter()
            .find(|tool| tool.name == name)
            .cloned()
    }

    fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<CallToolResponse, ErrorData>> + Send + '_ {
        let call = self.metrics.start_call(&request.name);
        let span = call.span(&context, self.continue_trace);
        if let Some(result) =
            tools::call_cached(&self.river, &self.response_cache, &request, &context)
        {
            call.finish(&span, false);
            self.log.record_recovery();
            return Either::Left(ready(Ok(result.into())));
        }
        let span = span.into_owned();
        let answer = async move {
            let result = tools::call(&self.river, &self.response_cache, &request, &context);
            let result = result.instrument(span.clone()).await;
            let is_error = |(result, _): &(CallToolResult, _)| result.is_error == Some(true);
            call.finish(&span, result.as_ref().map_or(true, is_error));
            let (result, failure) = result?;
            self.log.report(failure, &context).await;
            Ok(result.into())
        };
        // Boxed, because the transport moves the future.
        Either::Right(Box::pin(answer))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::list())
            .with_ttl_ms(STATIC_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let span = request_span(&context).cloned().unwrap_or_else(Span::none);
        let read = resources::read(&self.river, &request.uri);
        Ok(read.instrument(span).await?.into())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = resources::list_templates();
        Ok(ListResourceTemplatesResult::with_all_items(templates)
            .with_ttl_ms(STATIC_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.log.set_level(request.level);
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let feed = resources::find_feed(&request.uri)?;
        self.session
            .subscribe(&self.river, (request.uri, feed), &context.peer)
            .map_err(|error| ErrorData::invalid_request(error.to_string(), None))
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let feed = resources::find_feed(&request.uri)?;
        self.session.unsubscribe(request.uri, feed);
        Ok(())
    }

    /// Accepts the resources that exist, up to the limit of subscriptions.
    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let mut accepted = requested.clone();
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.retain(|uri| resources::find_feed(uri).is_ok());
            // Reserves one subscription for the list of resources.
            uris.truncate(MAX_PER_SUBSCRIBER - 1);
        }
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let subscriber = Subscriber::new(self.river.clone());
        let accepted = context.accepted();
        let uris = accepted.resource_subscriptions.iter().flatten();
        let too_many =
            |error: TooManySubscriptions| ErrorData::invalid_request(error.to_string(), None);
        for uri in uris {
            let feed = resources::find_feed(uri)?;
            let watch = |river: &River| feed.map(|feed| river.watch(feed));
            let added = subscriber.add(Subject::Resource(uri.clone()), watch);
            added.map_err(too_many)?;
        }
        if accepted.resources_list_changed == Some(true) {
            let added = subscriber.add(Subject::List, |river| Some(river.watch_places()));
            added.map_err(too_many)?;
        }
        tokio::select! {
            () = subscriptions::listen(&subscriber, &context) => {}
            () = self.shutdown.cancelled() => {}
        }
        Ok(())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::list())
            .with_ttl_ms(STATIC_TTL_MS)
            .with_cache_scope(CacheScope::Public))
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

/// Returns the capabilities, name and instructions of the server.
fn server_info() -> ServerConfig {
    let capabilities = ServerCapabilities::builder()
        .enable_tools()
        .enable_resources()
        .enable_resources_subscribe()
        .enable_resources_list_changed()
        .enable_prompts()
        .enable_completions()
        .enable_logging()
        .enable_extensions_with(apps::extension_capabilities())
        .build();
    let server = Implementation::new(SERVER_NAME, env!("CARGO_PKG_VERSION"))
        .with_title("Aareguru")
        .with_description("How warm is the Aare?")
        .with_website_url("https://aare.guru")
        .with_icons(vec![icon::icon()]);
    ServerConfig::new(capabilities)
        .with_server_info(server)
        .with_instructions(INSTRUCTIONS)
}
