//! The messages that are sent.

use std::sync::Arc;

pub(crate) const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"load","version":"0"}}}"#;

pub(crate) const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// A tool and its arguments, or another request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Arc<str>,
    params: Arc<str>,
}

impl Call {
    /// `arguments` are a JSON object.
    pub(crate) fn new(tool: &str, arguments: &str) -> Self {
        Self {
            method: "tools/call".into(),
            params: format!(r#"{{"name":"{tool}","arguments":{arguments}}}"#).into(),
        }
    }

    /// Any request; `params` are a JSON object.
    pub(crate) fn method(method: &str, params: &str) -> Self {
        Self {
            method: method.into(),
            params: params.into(),
        }
    }

    pub(crate) fn ping() -> Self {
        Self::method("ping", "{}")
    }

    /// Subscribes to a resource.
    pub(crate) fn subscribe(uri: &str) -> Self {
        Self::method("resources/subscribe", &format!(r#"{{"uri":"{uri}"}}"#))
    }

    /// The tool that every peer has.
    pub(crate) fn echo() -> Self {
        Self::new("echo", r#"{"text":"How warm is the Aare in Bern?"}"#)
    }

    pub(crate) fn request(&self, id: u64) -> String {
        let Self { method, params } = self;
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
    }
}
