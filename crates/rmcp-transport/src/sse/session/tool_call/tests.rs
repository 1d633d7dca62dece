use std::{convert::Infallible, future};

use rmcp::{
    ServerHandler, Service,
    model::{
        CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, ContentBlock,
        CreateTaskResult, Implementation, InitializeRequestParams, InputRequiredResult,
        NumberOrString, RequestId, Task, TaskStatus,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage, serve_directly},
    transport::Transport,
};
use serde_json::{Value, json};

use super::*;

/// A handler with one tool and a fixed response.
struct Answers(fn() -> Result<CallToolResponse, ErrorData>);

impl ServerHandler for Answers {
    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.0()
    }
}

/// A client that sends nothing.
struct Silent;

impl Transport<RoleServer> for Silent {
    type Error = Infallible;

    fn send(
        &mut self,
        _: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        future::ready(Ok(()))
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        future::pending().await
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn complete(structured: Value) -> CallToolResponse {
    let mut result = CallToolResult::success(vec![ContentBlock::text("said")]);
    result.structured_content = Some(structured);
    result.into()
}

fn task() -> CreateTaskResult {
    CreateTaskResult::new(Task::new("1", TaskStatus::Working, "then", "now"))
}

/// The serialized answer.
fn sent(answer: Result<ServerResult, ErrorData>) -> Value {
    match answer {
        Ok(result) => json!({ "result": result }),
        Err(error) => json!({ "error": error }),
    }
}

#[tokio::test]
async fn tool_call_is_answered_like_rmcps_dispatch() {
    let answers: [fn() -> Result<CallToolResponse, ErrorData>; 7] = [
        || Ok(complete(json!({"object": 1}))),
        || Ok(complete(json!([1, 2]))),
        || Ok(CallToolResult::error(vec![ContentBlock::text("failed")]).into()),
        || Err(ErrorData::invalid_params("what?", Some(json!(1)))),
        || Err(ErrorData::resource_not_found("where?", None)),
        || Ok(task().into()),
        || Ok(InputRequiredResult::new(None, Some("state".to_owned())).into()),
    ];
    let without = ClientCapabilities::default();
    let with_tasks = ClientCapabilities::builder().enable_tasks().build();
    for capabilities in [without, with_tasks] {
        let knows_tasks = capabilities.supports_tasks();
        let client = Implementation::new("client", "1");
        let mut client = InitializeRequestParams::new(capabilities, client);
        client.protocol_version = ProtocolVersion::V_2025_06_18;
        let running = serve_directly(Answers(answers[0]), Silent, Some(client));
        let context = || {
            let id: RequestId = NumberOrString::Number(1);
            RequestContext::new(id, running.peer().clone())
        };
        let params = || CallToolRequestParams::new("tool");
        for answer in answers {
            let handler = Answers(answer);
            assert!(is_plain(&context()));
            let response = handler.call_tool(params(), context()).await;
            let ours = response.and_then(|response| result(response, || knows_tasks));
            let request = ClientRequest::CallToolRequest(CallToolRequest::new(params()));
            let theirs = handler.handle_request(request, context()).await;
            assert_eq!(sent(ours), sent(theirs));
        }
    }
}
