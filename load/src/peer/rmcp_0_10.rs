//! The last release of rmcp that had this transport, with its defaults.

use rmcp_0_10::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParam, CallToolResult, Content, Implementation, InitializeResult,
        ServerCapabilities,
    },
    service::RequestContext,
    transport::sse_server::{SseServer, SseServerConfig},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let (server, router) = SseServer::new(SseServerConfig {
        bind: listener.local_addr()?,
        sse_path: "/sse".to_owned(),
        post_path: "/message".to_owned(),
        ct: CancellationToken::new(),
        sse_keep_alive: None,
    });
    let stopped = server.with_service(|| Echo);
    let result = super::serve_router(listener, router).await;
    stopped.cancel();
    result
}

struct Echo;

impl ServerHandler for Echo {
    fn get_info(&self) -> InitializeResult {
        InitializeResult {
            capabilities: ServerCapabilities::builder().enable_tools().build(),
            server_info: Implementation::from_build_env(),
            ..InitializeResult::default()
        }
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParam,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let text = request
            .arguments
            .as_mut()
            .and_then(|arguments| arguments.remove("text"));
        let Some(serde_json::Value::String(text)) = text else {
            return Err(ErrorData::invalid_params("`text` is missing", None));
        };
        Ok(CallToolResult::success(vec![Content::text(text)]))
    }
}
