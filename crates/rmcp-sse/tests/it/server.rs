//! The service under test behind plain hyper, with a handler whose tools show
//! what the transport does.

use std::{net::SocketAddr, time::Duration};

use http::request::Parts;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        ProgressNotificationParam, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
};
use rmcp_sse::{SseServerConfig, SseService};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

/// A server on a port of its own; it ends with the test's runtime.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) service: SseService<Tools>,
    stopped: mpsc::UnboundedReceiver<&'static str>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(SseServerConfig::default()).await
    }

    pub(crate) async fn with(config: SseServerConfig) -> Self {
        let (stopping, stopped) = mpsc::unbounded_channel();
        let service = SseService::new(
            move || {
                Ok(Tools {
                    stopping: stopping.clone(),
                })
            },
            config,
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(accept(listener, service.clone()));
        Self {
            address,
            service,
            stopped,
        }
    }

    /// Waits until a `wait` tool has been dropped and tells how it ended.
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
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service),
        );
    }
}

/// The handler: `echo`, `header`, `wait`, `progress`, `panic`, `blob`.
pub(crate) struct Tools {
    stopping: mpsc::UnboundedSender<&'static str>,
}

/// Tells when and how a `wait` tool ends.
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

    async fn call_tool(
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
