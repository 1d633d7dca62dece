//! The service under test behind plain hyper, with a handler whose tools show
//! what the transport does.
#![expect(
    deprecated,
    reason = "log levels and roots are what a client can set and be asked most simply"
)]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Request, request::Parts};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::{
    ErrorData, Peer, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, LoggingLevel,
        ProgressNotificationParam, ServerCapabilities, ServerConfig, SetLevelRequestParams,
    },
    service::RequestContext,
};
use rmcp_transport::{ClientAddress, Principal, SseServerConfig, SseService};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tower_service::Service;

/// A server on a free port, which runs until the test's runtime is dropped.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) service: SseService<Tools>,
    /// One permit lets one `gate` tool return.
    pub(crate) gate: Arc<Semaphore>,
    stopped: mpsc::UnboundedReceiver<&'static str>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(SseServerConfig::default()).await
    }

    pub(crate) async fn with(config: SseServerConfig) -> Self {
        let (stopping, stopped) = mpsc::unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        let tools = Tools {
            stopping,
            gate: gate.clone(),
            retained_peers: Arc::default(),
            level: Arc::default(),
        };
        let service = SseService::new(move || Ok(tools.for_session()), config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(accept(listener, service.clone()));
        Self {
            address,
            service,
            gate,
            stopped,
        }
    }

    /// Waits until a `wait` tool has ended, and returns how.
    pub(crate) async fn wait_tool_stopped(&mut self) -> &'static str {
        timeout(Duration::from_secs(20), self.stopped.recv())
            .await
            .expect("the tool is still running")
            .unwrap()
    }
}

async fn accept(listener: TcpListener, service: SseService<Tools>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service.clone();
        let service = service_fn(move |request| service.clone().call(with_identity(request)));
        tokio::spawn(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service),
        );
    }
}

/// Replaces the layers in front: trusts the identity that the client claims.
fn with_identity(mut request: Request<Incoming>) -> Request<Incoming> {
    let header = |name| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
    let principal = header("x-principal");
    let address = header("x-address");
    if let Some(principal) = principal {
        request.extensions_mut().insert(Principal::new(principal));
    }
    if let Some(address) = address {
        let address = ClientAddress(address.parse().unwrap());
        request.extensions_mut().insert(address);
    }
    request
}

/// The handler: `echo`, `header`, `wait`, `gate`, `progress`, `panic`,
/// `panic at once`, `blob`, `ask`, `keep`, `notify` and `known`.
#[derive(Clone)]
pub(crate) struct Tools {
    stopping: mpsc::UnboundedSender<&'static str>,
    gate: Arc<Semaphore>,
    /// The peers retained by `keep`.
    retained_peers: Arc<Mutex<Vec<Peer<RoleServer>>>>,
    /// The level that this session's client has set.
    level: Arc<Mutex<Option<LoggingLevel>>>,
}

impl Tools {
    fn for_session(&self) -> Self {
        Self {
            level: Arc::default(),
            ..self.clone()
        }
    }
}

/// Reports when and how a `wait` tool ends.
struct Running {
    stopping: mpsc::UnboundedSender<&'static str>,
    how: &'static str,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stopping.send(self.how);
    }
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        *self.level.lock().unwrap() = Some(request.level);
        Ok(())
    }

    fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<CallToolResponse, ErrorData>> + Send {
        assert_ne!(request.name, "panic at once", "a tool that fails");
        self.answer(request, context)
    }
}

impl Tools {
    async fn answer(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let argument = |name: &str| {
            let arguments = request.arguments.as_ref();
            let value = arguments.and_then(|arguments| arguments.get(name));
            value.cloned().unwrap_or_default()
        };
        let text = match request.name.as_ref() {
            "echo" => argument("text").as_str().unwrap_or_default().to_owned(),
            "header" => {
                let parts = context.extensions.get::<Parts>().unwrap();
                let name = argument("name");
                let value = parts.headers.get(name.as_str().unwrap()).unwrap();
                format!("{} {}", parts.uri.path(), value.to_str().unwrap())
            }
            "wait" => {
                let mut running = Running {
                    stopping: self.stopping.clone(),
                    how: "dropped while it waited",
                };
                std::future::pending::<()>().await;
                running.how = "returned";
                String::new()
            }
            "gate" => {
                self.gate.acquire().await.unwrap().forget();
                "let through".to_owned()
            }
            "ask" => first_root(&context.peer).await,
            "known" => {
                let client = context.peer.peer_info().unwrap();
                let level = *self.level.lock().unwrap();
                let (name, version) = (&client.client_info.name, &client.protocol_version);
                format!("{name} {version} {level:?}")
            }
            "keep" => {
                self.retained_peers
                    .lock()
                    .unwrap()
                    .push(context.peer.clone());
                String::new()
            }
            "notify" => {
                let retained_peers = self.retained_peers.lock().unwrap().clone();
                for client in retained_peers {
                    client.notify_tool_list_changed().await.unwrap();
                }
                String::new()
            }
            "progress" => {
                let token = context.meta.get_progress_token().unwrap();
                for step in 1..=5 {
                    let progress = ProgressNotificationParam::new(token.clone(), f64::from(step));
                    context.peer.notify_progress(progress).await.unwrap();
                }
                "done".to_owned()
            }
            "panic" => panic!("a tool that fails"),
            "blob" => {
                let length = argument("bytes").as_u64().unwrap();
                "x".repeat(usize::try_from(length).unwrap())
            }
            name => {
                return Err(ErrorData::invalid_params(
                    format!("unknown tool `{name}`"),
                    None,
                ));
            }
        };
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

async fn first_root(client: &Peer<RoleServer>) -> String {
    let roots = client.list_roots().await.unwrap().roots;
    roots.first().unwrap().uri.clone()
}
