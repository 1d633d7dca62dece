//! Reads a JSON-RPC message.
//!
//! rmcp tries one kind of message after another until one fits, which for a
//! tool call takes half of all the work of answering it. So what clients send
//! most, calls of tools and what begins a session, is recognized by its method
//! first; everything else, and what has a flaw, is left to rmcp.

use std::borrow::Cow;

use rmcp::model::{
    CallToolRequestMethod, CallToolRequestParams, ClientJsonRpcMessage, ClientNotification,
    ClientRequest, ConstString, InitializeRequestParams, InitializeResultMethod,
    InitializedNotification, InitializedNotificationMethod, JsonRpcMessage, Request, RequestId,
    RequestMetaObject,
};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// One message; `None` if the bytes are anything else.
pub(crate) fn message(body: &[u8]) -> Option<ClientJsonRpcMessage> {
    frequent(body).or_else(|| serde_json::from_slice(body).ok())
}

/// The members of a message. Anything else, one of them twice, or null is an
/// error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    #[serde(default, deserialize_with = "some")]
    id: Option<RequestId>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "some")]
    params: Option<&'a RawValue>,
}

fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// One of the messages that are recognized by their methods.
fn frequent(body: &[u8]) -> Option<ClientJsonRpcMessage> {
    let members: Members<'_> = serde_json::from_slice(body).ok()?;
    if members.jsonrpc != "2.0" {
        return None;
    }
    let asked = match (&*members.method, members.params) {
        (CallToolRequestMethod::VALUE, Some(params)) => {
            let mut params: CallToolRequestParams = serde_json::from_str(params.get()).ok()?;
            let meta = params.meta.take();
            ClientRequest::CallToolRequest(request(params, meta))
        }
        (InitializeResultMethod::VALUE, Some(params)) => {
            let mut params: InitializeRequestParams = serde_json::from_str(params.get()).ok()?;
            let meta = params.meta.take();
            ClientRequest::InitializeRequest(request(params, meta))
        }
        (InitializedNotificationMethod::VALUE, None) if members.id.is_none() => {
            let told = InitializedNotification::default();
            let told = ClientNotification::InitializedNotification(told);
            return Some(JsonRpcMessage::notification(told));
        }
        _ => return None,
    };
    Some(JsonRpcMessage::request(asked, members.id?))
}

/// A request as rmcp has it: with the metadata beside the parameters.
fn request<M: ConstString, P>(params: P, meta: Option<RequestMetaObject>) -> Request<M, P> {
    let mut request = Request::new(params);
    if let Some(meta) = meta {
        request.extensions.insert(meta);
    }
    request
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
    fn what_is_frequent_is_read_as_rmcp_reads_it() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#,
            r#"{"params":{"arguments":{"x":[1,2.5,"\u00e4"]},"name":"a\n"},"method":"tools\/call","id":"1","jsonrpc":"2.0"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{"progressToken":"p","x":{}}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":null,"more":1}}"#,
            r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}"#,
            r#"{"jsonrpc":"2.0","id":"0","method":"initialize","params":{"_meta":{"x":1},"protocolVersion":"of old","capabilities":{"roots":{"listChanged":true},"sampling":{},"extensions":{"a/b":{}},"odd":1},"clientInfo":{"name":"a","version":"1","title":"A","icons":[{"src":"x"}]},"more":[]}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        ] {
            let message = frequent(body.as_bytes()).expect(body);
            assert_eq!(Some(written(&message)), by_rmcp(body));
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
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":null}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized","params":{"_meta":{"x":1}}}"#,
        ] {
            assert!(frequent(body.as_bytes()).is_none(), "{body}");
            let message = message(body.as_bytes());
            assert_eq!(message.as_ref().map(written), by_rmcp(body), "{body}");
        }
    }
}
