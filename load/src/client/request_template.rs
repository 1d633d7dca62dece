//! The messages that the client sends.

use std::sync::Arc;

pub(crate) const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"load","version":"0"}}}"#;

pub(crate) const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// A request without its id.
#[derive(Debug, Clone)]
pub(crate) struct RequestTemplate {
    method_and_params: Arc<str>,
}

impl RequestTemplate {
    /// Creates a request with any method; `params` is a JSON object.
    pub(crate) fn method(method: &str, params: &str) -> Self {
        Self {
            method_and_params: format!(r#""method":"{method}","params":{params}"#).into(),
        }
    }

    /// Creates a tool call; `arguments` is a JSON object.
    pub(crate) fn new(tool: &str, arguments: &str) -> Self {
        let params = format!(r#"{{"name":"{tool}","arguments":{arguments}}}"#);
        Self::method("tools/call", &params)
    }

    pub(crate) fn ping() -> Self {
        Self::method("ping", "{}")
    }

    pub(crate) fn subscribe(uri: &str) -> Self {
        Self::method("resources/subscribe", &format!(r#"{{"uri":"{uri}"}}"#))
    }

    /// Creates a call of the tool that every peer has.
    pub(crate) fn echo() -> Self {
        Self::new("echo", r#"{"text":"How warm is the Aare in Bern?"}"#)
    }

    pub(crate) fn request(&self, id: u64) -> String {
        let Self { method_and_params } = self;
        format!(r#"{{"jsonrpc":"2.0","id":{id},{method_and_params}}}"#)
    }
}
