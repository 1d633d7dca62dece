//! The servers there are to measure.

use std::time::Duration;

use clap::ValueEnum;

use crate::{
    client::Call,
    peer::{
        foreign::{Foreign, PYTHON_SDK, TYPESCRIPT_SDK},
        product,
    },
    server::Transport,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Kind {
    /// Bare axum without an MCP library: what a call costs at least.
    Ceiling,
    /// This workspace's transport with a handler that echoes.
    Ours,
    /// The same handler on the last release of rmcp that had this transport.
    #[cfg(feature = "peers")]
    #[value(name = "rmcp-0.10")]
    Rmcp010,
    /// The same handler on rmcp's own Streamable HTTP.
    #[value(name = "rmcp-http")]
    RmcpHttp,
    /// The TypeScript SDK's transport on Express.
    TypescriptSdk,
    /// The Python SDK's transport on uvicorn.
    PythonSdk,
    /// The product as it is shipped, with recorded data.
    AareguruMcp,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ceiling => "ceiling",
            Self::Ours => "ours",
            #[cfg(feature = "peers")]
            Self::Rmcp010 => "rmcp-0.10",
            Self::RmcpHttp => "rmcp-http",
            Self::TypescriptSdk => "typescript-sdk",
            Self::PythonSdk => "python-sdk",
            Self::AareguruMcp => "aareguru-mcp",
        }
    }

    /// What it is, for those who read the numbers.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Ceiling => {
                "the same wire on bare axum, without an MCP library, guards, limits or resume"
            }
            Self::Ours => {
                "this workspace's `rmcp-sse` with its defaults and a handler that echoes, routed \
                 and served as in the product"
            }
            #[cfg(feature = "peers")]
            Self::Rmcp010 => "the same handler on the last rmcp that had this transport",
            Self::RmcpHttp => {
                "the same handler on rmcp's own Streamable HTTP with its defaults; each session \
                 also listens, as the SDKs' clients do"
            }
            Self::TypescriptSdk => {
                "the TypeScript SDK's `SSEServerTransport` with a tool that echoes, on Express, in \
                 production mode"
            }
            Self::PythonSdk => {
                "the Python SDK's `SseServerTransport` with a tool that echoes, on uvicorn with \
                 uvloop and httptools"
            }
            Self::AareguruMcp => {
                "the product with recorded data, asked for `get_current_temperature`; its limits \
                 on sessions and on requests per client are out of reach"
            }
        }
    }

    /// Those that this program knows.
    pub(crate) fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// Those that can be started.
    pub(crate) fn available() -> Vec<Self> {
        let mut kinds = Self::value_variants().to_vec();
        kinds.retain(|kind| match kind.foreign() {
            Some(foreign) => foreign.is_set_up(),
            None => *kind != Self::AareguruMcp || product::is_built(),
        });
        kinds
    }

    /// The program, if it is one of another language.
    pub(crate) fn foreign(self) -> Option<Foreign> {
        match self {
            Self::PythonSdk => Some(PYTHON_SDK),
            Self::TypescriptSdk => Some(TYPESCRIPT_SDK),
            _ => None,
        }
    }

    /// How many times as long as the others it takes, about; it gets so much
    /// less to do.
    pub(crate) fn slowness(self) -> u64 {
        match self {
            Self::PythonSdk => 20,
            Self::TypescriptSdk => 5,
            _ => 1,
        }
    }

    pub(crate) fn transport(self) -> Transport {
        match self {
            Self::RmcpHttp => Transport::StreamableHttp,
            _ => Transport::Sse,
        }
    }

    /// Where its sessions begin.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::RmcpHttp => "/mcp",
            _ => "/sse",
        }
    }

    /// What it is asked.
    pub(crate) fn call(self) -> Call {
        match self {
            Self::AareguruMcp => Call::new("get_current_temperature", r#"{"city":"bern"}"#),
            _ => Call::echo(),
        }
    }

    /// How long it keeps a session whose stream has ended, for a client that
    /// may come back.
    pub(crate) fn grace(self) -> Duration {
        match self {
            // 30 s, looked at once a second.
            Self::Ours | Self::AareguruMcp => Duration::from_secs(32),
            _ => Duration::ZERO,
        }
    }
}
