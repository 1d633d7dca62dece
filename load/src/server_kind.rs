//! The servers that can be measured.

use std::time::Duration;

use clap::{ValueEnum, builder::PossibleValue};

use crate::{
    client::RequestTemplate,
    load_target::Transport,
    product,
    sdk_server::{PYTHON_SDK, Sdk, TYPESCRIPT_SDK},
};

/// The documentation of each is its description in the table of `bench`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum ServerKind {
    /// The same protocol on bare axum, without an MCP library, access checks, limits or resume.
    Ceiling,
    /// This workspace's `rmcp-transport` with its defaults and an echo tool, routed and served as in
    /// the product.
    RmcpTransport,
    /// The same handler on the last rmcp that had this transport.
    #[cfg(feature = "peers")]
    #[value(name = "rmcp-0.10")]
    Rmcp010,
    /// The same handler on rmcp's Streamable HTTP with its defaults; each session also opens a
    /// stream for messages of the server, as the clients of the SDKs do.
    #[value(name = "rmcp-http")]
    RmcpHttp,
    /// The TypeScript SDK's `SSEServerTransport` with an echo tool, on Express, in
    /// production mode.
    TypescriptSdk,
    /// The Python SDK's `SseServerTransport` with an echo tool, on uvicorn with uvloop and
    /// httptools.
    PythonSdk,
    /// The product with recorded data and the tool `get_current_temperature`; without limits on
    /// sessions and on requests per client.
    AareguruMcp,
}

impl ServerKind {
    pub(crate) fn name(self) -> String {
        self.value().get_name().to_owned()
    }

    pub(crate) fn description(self) -> String {
        let value = self.value();
        value
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    fn value(self) -> PossibleValue {
        self.to_possible_value().expect("no kind is skipped")
    }

    pub(crate) fn available() -> Vec<Self> {
        let is_available = |kind: &Self| match kind.sdk() {
            Some(sdk) => sdk.is_installed(),
            None => *kind != Self::AareguruMcp || product::is_built(),
        };
        let kinds = Self::value_variants().iter().copied();
        kinds.filter(is_available).collect()
    }

    /// Returns the SDK that the server runs on, if it is not written in Rust.
    pub(crate) fn sdk(self) -> Option<Sdk> {
        match self {
            Self::PythonSdk => Some(PYTHON_SDK),
            Self::TypescriptSdk => Some(TYPESCRIPT_SDK),
            _ => None,
        }
    }

    /// Returns roughly how much slower it is than the others. Its workload is divided by this factor.
    pub(crate) fn slowness(self) -> usize {
        match self {
            Self::PythonSdk => 20,
            Self::TypescriptSdk => 5,
            _ => 1,
        }
    }

    /// Returns the path at which sessions are opened, and its transport.
    pub(crate) fn endpoint(self) -> (&'static str, Transport) {
        match self {
            Self::RmcpHttp => ("/mcp", Transport::StreamableHttp),
            _ => ("/sse", Transport::Sse),
        }
    }

    pub(crate) fn call(self) -> RequestTemplate {
        match self {
            Self::AareguruMcp => {
                RequestTemplate::new("get_current_temperature", r#"{"city":"bern"}"#)
            }
            _ => RequestTemplate::echo(),
        }
    }

    /// Returns how long it keeps a session without a stream, for a client that may reconnect.
    pub(crate) fn grace(self) -> Duration {
        match self {
            // 30 s, checked once a second.
            Self::RmcpTransport | Self::AareguruMcp => Duration::from_secs(32),
            _ => Duration::ZERO,
        }
    }
}
