//! The parts of the server that all connections share. Building them binds no port.

use aareguru::{Client, Error, River};
use edge::{BasePath, Guard, prometheus::Prometheus, trace_context};
use mcp::AareServer;
use rmcp::ServerHandler;
use rmcp_transport::{Principal, SseServerConfig, SseService};
use tokio_util::sync::CancellationToken;

use crate::{
    clustering::{self, Cluster},
    settings::Settings,
    streamable::StreamableService,
    telemetry,
    websocket::WebSocketService,
};
#[cfg(feature = "graphql")]
use graphql::GraphQl;

/// The server without its listeners. Generic over the MCP handler, so that tests can use another.
#[derive(Debug)]
pub struct App<S = AareServer> {
    /// Checks requests before any route.
    pub guard: Guard,
    /// The client of the river APIs; `None` with a custom handler.
    pub client: Option<Client>,
    /// The cluster; `None` if `REDIS_URL` is unset.
    pub cluster: Option<Cluster>,
    /// The river; `None` with a custom handler.
    pub river: Option<River>,
    /// The MCP handler, cloned for each session.
    pub server: S,
    /// The Streamable HTTP transport.
    pub streamable: StreamableService<S>,
    /// The HTTP+SSE transport.
    pub sse: SseService<S>,
    /// The WebSocket transport.
    pub websocket: WebSocketService<S>,
    /// GraphQL; `None` with a custom handler.
    #[cfg(feature = "graphql")]
    pub graphql: Option<GraphQl>,
    /// The limits and timeouts of each transport.
    pub transport_config: SseServerConfig,
    /// The path prefix of the routes.
    pub base_path: BasePath,
    /// Cancelled when the shutdown begins; the server then reports that it is not ready.
    pub stopping: CancellationToken,
    /// Cancelled to close all sessions.
    pub shutdown: CancellationToken,
}

impl App {
    /// Builds the server. With `demo`, it uses recordings instead of the live API; with `cluster`, it
    /// shares state with other instances.
    ///
    /// # Errors
    ///
    /// A setting is invalid. The error names it.
    pub fn build(
        settings: &Settings,
        demo: bool,
        cluster: Option<Cluster>,
    ) -> anyhow::Result<Self> {
        // Metrics that are created before the recorder record nothing.
        Prometheus::installed();
        telemetry::describe_metrics();
        let shutdown = CancellationToken::new();
        let river = build_river(settings, demo, cluster.as_ref())?;
        let client = river.client().clone();
        let server = AareServer::new(river.clone())
            .with_shutdown(shutdown.clone())
            .with_trace_continuation(trace_context::continue_from_traceparent);
        #[cfg(feature = "graphql")]
        let graphql = GraphQl::new(river.clone(), settings.graphql(shutdown.clone()));
        let app = Self {
            client: Some(client),
            river: Some(river),
            #[cfg(feature = "graphql")]
            graphql: Some(graphql),
            ..Self::new(server, settings, shutdown, cluster)?
        };
        if let Some(cluster) = &app.cluster {
            clustering::handle_notices(cluster, app.streamable.clone(), app.session_ender());
        }
        Ok(app)
    }
}

impl<S: ServerHandler + Clone> App<S> {
    /// Builds the server with a custom handler, without the river.
    ///
    /// # Errors
    ///
    /// A setting is invalid. The error names it.
    pub fn with_handler(server: S, settings: &Settings) -> anyhow::Result<Self> {
        Self::new(server, settings, CancellationToken::new(), None)
    }

    fn new(
        server: S,
        settings: &Settings,
        shutdown: CancellationToken,
        cluster: Option<Cluster>,
    ) -> anyhow::Result<Self> {
        let transport_config = settings.sse().with_cancellation_token(shutdown.clone());
        let handler_factory = || {
            let handler = server.clone();
            move || Ok(handler.clone())
        };
        let sse = match &cluster {
            Some(cluster) => clustering::sse_service(handler_factory(), &transport_config, cluster),
            None => SseService::new(handler_factory(), transport_config.clone()),
        };
        let guard = Guard::new(&settings.edge())?;
        if let Some(cluster) = &cluster {
            cluster.share_rate_limits(&guard);
        }
        let shared_sessions = cluster
            .as_ref()
            .map(|cluster| clustering::shared_sessions(cluster, settings));
        Ok(Self {
            guard,
            client: None,
            cluster,
            #[cfg(feature = "graphql")]
            graphql: None,
            river: None,
            streamable: StreamableService::with_others(
                handler_factory(),
                transport_config.clone(),
                shared_sessions,
            ),
            sse,
            websocket: WebSocketService::new(handler_factory(), transport_config.clone()),
            transport_config,
            server,
            base_path: settings.base_path(),
            stopping: CancellationToken::new(),
            shutdown,
        })
    }

    /// Closes the sessions of a principal on all instances and transports, and returns how many were
    /// closed on this instance.
    pub fn end_sessions_of(&self, principal: &Principal) -> usize {
        if let Some(cluster) = &self.cluster {
            cluster.end_sessions_of(principal);
        }
        self.session_ender()(principal)
    }

    /// Returns a function that closes the sessions of a principal on this instance, on all
    /// transports, and returns how many were closed.
    fn session_ender(&self) -> impl Fn(&Principal) -> usize + Send + 'static {
        let (sse, websocket) = (self.sse.clone(), self.websocket.clone());
        let streamable = self.streamable.clone();
        #[cfg(feature = "graphql")]
        let graphql = self.graphql.clone();
        move |principal| {
            let closed = sse.end_sessions_of(principal)
                + websocket.end_sessions_of(principal)
                + streamable.end_sessions_of(principal);
            #[cfg(feature = "graphql")]
            let closed = graphql.iter().fold(closed, |closed, graphql| {
                closed + graphql.end_sessions_of(principal)
            });
            closed
        }
    }
}

/// Builds the river, with the live API or with recordings.
///
/// # Errors
///
/// A setting is invalid. The error names it.
pub fn build_river(
    settings: &Settings,
    demo: bool,
    cluster: Option<&Cluster>,
) -> anyhow::Result<River> {
    let client = if demo {
        Client::recorded()
    } else {
        let config = aareguru::Config {
            shared_cache: cluster.map(clustering::shared_cache),
            ..settings.upstream()
        };
        Client::new(&config).map_err(|error| {
            let setting = match &error {
                Error::BaseUrl { value, .. } if *value == settings.hydro_base_url => {
                    "HYDRO_BASE_URL"
                }
                _ => "AAREGURU_BASE_URL",
            };
            anyhow::Error::new(error).context(setting)
        })?
    };
    Ok(River::new(client))
}
