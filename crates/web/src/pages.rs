//! The parts that the pages are rendered from.

use std::sync::Arc;

use aareguru::River;
use edge::{BasePath, health::Readiness};
use rmcp_transport::SessionLimiter;
use tokio_util::sync::CancellationToken;

use crate::client_setups::ClientSetup;

/// Configures the [`Pages`].
#[derive(Debug)]
pub struct Config {
    /// The path prefix of the pages.
    pub base_path: BasePath,
    /// The river; `None` if the server has another MCP handler.
    pub river: Option<River>,
    /// The readiness that the console shows.
    pub readiness: Readiness,
    /// Whether the server answers at `/graphql`.
    pub has_graphql: bool,
    /// Returns the instructions for connecting clients to a server at a URL.
    pub client_setups: fn(base: &str) -> Vec<ClientSetup>,
    /// The maximum number of open pages that are notified of measurements.
    pub max_live_pages: usize,
    /// The maximum number of these per client.
    pub max_live_pages_per_client: usize,
    /// Ends their notifications.
    pub shutdown: CancellationToken,
}

/// The parts that the pages are rendered from.
#[derive(Debug)]
pub struct Pages {
    pub(crate) base_path: BasePath,
    pub(crate) river: Option<River>,
    pub(crate) readiness: Readiness,
    pub(crate) has_graphql: bool,
    client_setups: fn(&str) -> Vec<ClientSetup>,
    /// Limits the open pages that are notified of measurements.
    pub(crate) live_pages: Arc<SessionLimiter>,
    pub(crate) shutdown: CancellationToken,
}

impl Pages {
    /// Builds the parts.
    pub fn new(config: Config) -> Arc<Self> {
        Arc::new(Self {
            base_path: config.base_path,
            river: config.river,
            readiness: config.readiness,
            has_graphql: config.has_graphql,
            client_setups: config.client_setups,
            live_pages: SessionLimiter::new(
                config.max_live_pages,
                config.max_live_pages_per_client,
            ),
            shutdown: config.shutdown,
        })
    }

    pub(crate) fn client_setups(&self, base: &str) -> Vec<ClientSetup> {
        (self.client_setups)(base)
    }
}
