//! A server with a controllable handler, for what the product cannot show: several principals,
//! small limits, slow calls.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use aareguru_mcp::{
    streamable::StreamableService,
    websocket::{self, WebSocketService},
};
use axum::{Router, extract::Request, routing::get};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        InitializeRequestParams, InitializeResult, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
};
use rmcp_transport::{Principal, SseServerConfig};
use testkit::DEADLINE;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
    time::timeout,
};

/// `echo` returns its text; `wait` returns when it is released; `panic` panics. A client named
/// `unwelcome` gets no session.
#[derive(Debug, Clone)]
pub(crate) struct ControllableHandler {
    permits: Arc<Semaphore>,
    call_started: mpsc::UnboundedSender<()>,
}

impl ServerHandler for ControllableHandler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        if request.client_info.name == "unwelcome" {
            return Err(ErrorData::internal_error("no session", None));
        }
        context.peer.set_peer_info(request.clone());
        self.negotiate_initialize(&request)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        match request.name.as_ref() {
            "wait" => {
                self.call_started.send(()).unwrap();
                self.permits.acquire().await.unwrap().forget();
            }
            "panic" => panic!("requested by the test"),
            _ => {}
        }
        let arguments = request.arguments.unwrap_or_default();
        let text = arguments.get("text").and_then(|text| text.as_str());
        let text = ContentBlock::text(text.unwrap_or("done"));
        Ok(CallToolResult::success(vec![text]).into())
    }
}

pub(crate) struct ControllableServer {
    pub(crate) address: SocketAddr,
    pub(crate) streamable: StreamableService<ControllableHandler>,
    pub(crate) websocket: WebSocketService<ControllableHandler>,
    pub(crate) config: SseServerConfig,
    permits: Arc<Semaphore>,
    started_calls: mpsc::UnboundedReceiver<()>,
    metrics: Snapshotter,
}

impl ControllableServer {
    pub(crate) async fn start(config: SseServerConfig) -> Self {
        let permits = Arc::new(Semaphore::new(0));
        let (call_started, started_calls) = mpsc::unbounded_channel();
        let handler = ControllableHandler {
            permits: permits.clone(),
            call_started,
        };
        let factory = || {
            let handler = handler.clone();
            move || Ok(handler.clone())
        };
        let recorder = DebuggingRecorder::new();
        let metrics = recorder.snapshotter();
        let (streamable, websocket) = metrics::with_local_recorder(&recorder, || {
            (
                StreamableService::new(factory(), config.clone()),
                WebSocketService::new(factory(), config.clone()),
            )
        });
        let connect = get(websocket::connect).with_state(websocket.clone());
        let router = Router::new()
            .route_service("/mcp", streamable.clone())
            .route("/ws", connect)
            .layer(axum::middleware::map_request(authenticate));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            streamable,
            websocket,
            config,
            permits,
            started_calls,
            metrics,
        }
    }

    /// Returns the change of each metric since the last call; its name is followed by its label
    /// value, if any.
    pub(crate) fn metric_changes(&self) -> BTreeMap<String, f64> {
        let changes = self.metrics.snapshot().into_vec().into_iter();
        let named = changes.map(|(key, _, _, value)| {
            let labels = key
                .key()
                .labels()
                .map(|label| format!(" {}", label.value()));
            let name = format!("{}{}", key.key().name(), labels.collect::<String>());
            let value = match value {
                DebugValue::Counter(count) => count as f64,
                DebugValue::Gauge(value) => value.into_inner(),
                DebugValue::Histogram(_) => panic!("no histogram is expected"),
            };
            (name, value)
        });
        named.filter(|(_, value)| *value != 0.0).collect()
    }

    /// Waits until a call of `wait` has begun.
    pub(crate) async fn wait_for_call(&mut self) {
        let started_calls = timeout(DEADLINE, self.started_calls.recv()).await;
        started_calls.expect("no call has started").unwrap();
    }

    /// Lets one call of `wait` finish.
    pub(crate) fn release_one_call(&self) {
        self.permits.add_permits(1);
    }

    pub(crate) fn shut_down(&self) {
        self.config.cancellation_token.cancel();
    }
}

/// Trusts the principal in `X-Principal`.
async fn authenticate(mut request: Request) -> Request {
    if let Some(name) = request.headers().get("x-principal") {
        let principal = Principal::new(name.to_str().unwrap());
        request.extensions_mut().insert(principal);
    }
    request
}

/// Polls until the condition holds.
pub(crate) async fn wait_until(mut condition: impl FnMut() -> bool) {
    let satisfied = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, satisfied)
        .await
        .expect("the condition does not hold");
}
