//! The servers there are to measure.

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
    /// The same wire on bare axum, without an MCP library, guards, limits or resume.
    Ceiling,
    /// This workspace's `rmcp-transport` with its defaults and a handler that echoes, routed and served
    /// as in the product.
    RmcpTransport,
    /// The same handler on the last rmcp that had this transport.
    #[cfg(feature = "peers")]
    #[value(name = "rmcp-0.10")]
    Rmcp010,
    /// The same handler on rmcp's own Streamable HTTP with its defaults; each session also
    /// listens, as the SDKs' clients do.
    #[value(name = "rmcp-http")]
    RmcpHttp,
    /// The TypeScript SDK's `SSEServerTransport` with a tool that echoes, on Express, in
    /// production mode.
    TypescriptSdk,
    /// The Python SDK's `SseServerTransport` with a tool that echoes, on uvicorn with uvloop and
    /// httptools.
    PythonSdk,
    /// The product with recorded data and the tool `get_current_temperature`; its limits on
    /// sessions and on requests per client are out of reach.
    AareguruMcp,
}

impl ServerKind {
    /// As on the command line.
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

    /// Those that can be started.
    pub(crate) fn available() -> Vec<Self> {
        let is_available = |kind: &Self| match kind.sdk() {
            Some(sdk) => sdk.is_installed(),
            None => *kind != Self::AareguruMcp || product::is_built(),
        };
        let kinds = Self::value_variants().iter().copied();
        kinds.filter(is_available).collect()
    }

    /// The SDK of another language that it uses.
    pub(crate) fn sdk(self) -> Option<Sdk> {
        match self {
            Self::PythonSdk => Some(PYTHON_SDK),
            Self::TypescriptSdk => Some(TYPESCRIPT_SDK),
            _ => None,
        }
    }

    /// By how much it is slower than the others, roughly; it gets so much less to do.
    pub(crate) fn slowness(self) -> usize {
        match self {
            Self::PythonSdk => 20,
            Self::TypescriptSdk => 5,
            _ => 1,
        }
    }

    /// Where its sessions begin, and the transport there.
    pub(crate) fn endpoint(self) -> (&'static str, Transport) {
        match self {
            Self::RmcpHttp => ("/mcp", Transport::StreamableHttp),
            _ => ("/sse", Transport::Sse),
        }
    }

    /// The call that is measured.
    pub(crate) fn call(self) -> RequestTemplate {
        match self {
            Self::AareguruMcp => {
                RequestTemplate::new("get_current_temperature", r#"{"city":"bern"}"#)
            }
            _ => RequestTemplate::echo(),
        }
    }

    /// How long it keeps a session whose stream has ended, for a client that
    /// may reconnect.
    pub(crate) fn grace(self) -> Duration {
        match self {
            // 30 s, checked once a second.
            Self::RmcpTransport | Self::AareguruMcp => Duration::from_secs(32),
            _ => Duration::ZERO,
        }
    }
}
