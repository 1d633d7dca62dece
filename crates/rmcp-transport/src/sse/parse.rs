//! Parses a JSON-RPC message.
//!
//! rmcp tries one kind of message after another, which takes half of the total time of a tool call.
//! The most frequent messages, tool calls and those that start a session, are therefore parsed by
//! method first. rmcp parses everything else, and all invalid messages.

use std::borrow::Cow;

use rmcp::model::{
    CallToolRequestMethod, CallToolRequestParams, ClientJsonRpcMessage, ClientNotification,
    ClientRequest, ConstString, InitializeRequestParams, InitializeResultMethod,
    InitializedNotification, InitializedNotificationMethod, JsonRpcMessage, Request, RequestId,
    RequestMetaObject,
};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::{json_limits::JsonLimits, refusal::Refusal};

/// Parses one message.
///
/// # Errors
///
/// [`Refusal::TooComplex`], or [`Refusal::InvalidMessage`] if the body is not one message.
pub(crate) fn message(body: &[u8]) -> Result<ClientJsonRpcMessage, Refusal> {
    if !JsonLimits::MESSAGE.allow(body) {
        return Err(Refusal::TooComplex);
    }
    let message = frequent(body).or_else(|| serde_json::from_slice(body).ok());
    let message = message.ok_or(Refusal::InvalidMessage)?;
    if is_initialize(&message) && !JsonLimits::INITIALIZE.allow(body) {
        return Err(Refusal::TooComplex);
    }
    Ok(message)
}

fn is_initialize(message: &ClientJsonRpcMessage) -> bool {
    matches!(
        message,
        JsonRpcMessage::Request(message)
            if matches!(message.request, ClientRequest::InitializeRequest(_))
    )
}

/// The members of a message. Unknown or duplicate members and null are errors.
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

fn frequent(body: &[u8]) -> Option<ClientJsonRpcMessage> {
    let members: Members<'_> = serde_json::from_slice(body).ok()?;
    if members.jsonrpc != "2.0" {
        return None;
    }
    let request_message = match (&*members.method, members.params) {
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
            let notification = InitializedNotification::default();
            let notification = ClientNotification::InitializedNotification(notification);
            return Some(JsonRpcMessage::notification(notification));
        }
        _ => return None,
    };
    Some(JsonRpcMessage::request(request_message, members.id?))
}

/// Creates a request as rmcp does: with the metadata in the extensions.
fn request<M: ConstString, P>(params: P, meta: Option<RequestMetaObject>) -> Request<M, P> {
    let mut request = Request::new(params);
    if let Some(meta) = meta {
        request.extensions.insert(meta);
    }
    request
}

/// Returns whether this method has defined parameters, so that a request which rmcp parsed as one
/// of an unknown method has invalid parameters.
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

    /// Parses the same bytes with rmcp, and serializes the message again.
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
    fn frequent_message_is_parsed_like_rmcp() {
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
    fn invalid_message_is_parsed_by_rmcp() {
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
            let message = message(body.as_bytes()).ok();
            assert_eq!(message.as_ref().map(written), by_rmcp(body), "{body}");
        }
    }
}
