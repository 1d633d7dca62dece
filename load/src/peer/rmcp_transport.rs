//! The transport of this workspace with its defaults and an echo tool, routed and served as in the
//! product.
//!
//! All checks are enabled. Only the limit on the total number of sessions is raised; the limit per
//! client is not reached, because the sessions have many source addresses.

use std::{net::IpAddr, time::Duration};

use axum::Router;
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ServerCapabilities,
        ServerConfig,
    },
    service::RequestContext,
};
use rmcp_transport::{ClientAddress, SseServerConfig, SseService};
use tokio::net::{TcpListener, TcpStream};

pub(crate) async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let config = SseServerConfig::default().with_max_sessions(1_000_000_usize);
    let service = SseService::new(|| Ok(Echo), config);
    let router = Router::new()
        .route_service("/sse", service.clone())
        .route_service("/messages", service.clone())
        .route_service("/messages/", service);
    loop {
        let (stream, client) = listener.accept().await?;
        tokio::spawn(connection(stream, client.ip(), router.clone()));
    }
}

async fn connection(stream: TcpStream, client: IpAddr, router: Router) {
    // Fails on a closed connection, which is noticed below.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(ClientAddress(client));
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(10))
        .serve_connection(TokioIo::new(stream), service);
    // An error means that the client has disconnected.
    let _ = connection.await;
}

pub(super) struct Echo;

impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = request
            .arguments
            .as_mut()
            .and_then(|arguments| arguments.remove("text"));
        let Some(serde_json::Value::String(text)) = text else {
            return Err(ErrorData::invalid_params("`text` is missing", None));
        };
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}
