//! The parts that all connections share. Building them binds no port.

use aareguru::{Client, River};
use anyhow::Context;
use rmcp_sse::{RebindingProtection, SseService};
use tokio_util::sync::CancellationToken;

use crate::{http::streamable::StreamableService, mcp::AareServer, settings::Settings};

/// The server without its port.
#[derive(Debug)]
pub struct App {
    /// Answers a session's questions; a clone for each session.
    pub server: AareServer,
    /// The Streamable HTTP transport with its open sessions.
    pub streamable: StreamableService<AareServer>,
    /// The HTTP+SSE transport with its open sessions.
    pub sse: SseService<AareServer>,
    /// Which `Host` and `Origin` headers are accepted.
    pub rebinding: RebindingProtection,
    /// Ends all sessions.
    pub shutdown: CancellationToken,
}

impl App {
    /// Builds the parts; with `demo` the river answers from its recordings.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used, named.
    pub fn build(settings: &Settings, demo: bool) -> anyhow::Result<Self> {
        let client = if demo {
            Client::recorded()
        } else {
            Client::new(&settings.upstream()).context("AAREGURU_BASE_URL")?
        };
        let server = AareServer::new(River::new(client));
        let shutdown = CancellationToken::new();
        let config = settings.sse()?.with_cancellation_token(shutdown.clone());
        let handler = || {
            let handler = server.clone();
            move || Ok(handler.clone())
        };
        Ok(Self {
            rebinding: config.rebinding_protection.clone(),
            streamable: StreamableService::new(handler(), config.clone()),
            sse: SseService::new(handler(), config),
            server,
            shutdown,
        })
    }
}
