//! Reads a JSON-RPC message.
//!
//! rmcp tries one kind of message after another until one fits, which for a
//! tool call takes half of all the work of answering it. So the call, which is
//! what clients send most, is recognized by its method first; everything else,
//! and every call with a flaw, is left to rmcp.

use std::borrow::Cow;

use rmcp::model::{
    CallToolRequest, CallToolRequestMethod, CallToolRequestParams, ClientJsonRpcMessage,
    ClientRequest, ConstString, GetExtensions, JsonRpcMessage, RequestId,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// One message; `None` if the bytes are anything else.
pub(crate) fn message(body: &[u8]) -> Option<ClientJsonRpcMessage> {
    tool_call(body).or_else(|| serde_json::from_slice(body).ok())
}

/// The members of a request. Anything else, or one of them twice, is an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    id: RequestId,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: &'a RawValue,
}

fn tool_call(body: &[u8]) -> Option<ClientJsonRpcMessage> {
    let request: Request<'_> = serde_json::from_slice(body).ok()?;
    if request.jsonrpc != "2.0" || request.method != CallToolRequestMethod::VALUE {
        return None;
    }
    let mut params: CallToolRequestParams = serde_json::from_str(request.params.get()).ok()?;
    let meta = params.meta.take();
    let mut call = CallToolRequest::new(params);
    if let Some(meta) = meta {
        call.extensions_mut().insert(meta);
    }
    let call = ClientRequest::CallToolRequest(call);
    Some(JsonRpcMessage::request(call, request.id))
}

/// Whether a request of this method has a form, so that one that rmcp could
/// only read as a request of an unknown method has the wrong one.
pub(crate) fn is_known_method(method: &str) -> bool {
    matches!(
        method,
        "completion/complete"
            | "initialize"
            | "logging/setLevel"
            | "ping"
            | "prompts/get"
            | "prompts/list"
            | "resources/list"
            | "resources/read"
            | "resources/subscribe"
            | "resources/templates/list"
            | "resources/unsubscribe"
            | "tools/call"
            | "tools/list"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What rmcp makes of the same bytes, written again.
    fn by_rmcp(body: &str) -> Option<Value> {
        let message: ClientJsonRpcMessage = serde_json::from_str(body).ok()?;
        Some(written(&message))
    }

    fn written(message: &ClientJsonRpcMessage) -> Value {
        let variant = format!("{message:?}")
            .split(['{', ' '])
            .next()
            .map(str::to_owned);
        json!([variant, message])
    }

    #[test]
    fn a_call_is_read_as_rmcp_reads_it() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#,
            r#"{"params":{"arguments":{"x":[1,2.5,"\u00e4"]},"name":"a\n"},"method":"tools\/call","id":"1","jsonrpc":"2.0"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{"progressToken":"p","x":{}}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":null,"more":1}}"#,
        ] {
            let call = tool_call(body.as_bytes()).expect(body);
            assert_eq!(Some(written(&call)), by_rmcp(body));
        }
    }

    #[test]
    fn what_has_a_flaw_is_left_to_rmcp() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"tools/call","params":{"name":"a"}}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"a"}}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/call","params":{"name":"a"}}"#,
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"a"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"a"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"nme":"a"}}"#,
            r#"[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}]"#,
        ] {
            assert!(tool_call(body.as_bytes()).is_none(), "{body}");
            let message = message(body.as_bytes());
            assert_eq!(message.as_ref().map(written), by_rmcp(body), "{body}");
        }
    }
}
