//! The configuration of the GraphQL API.

use std::{fmt, sync::Arc, time::Duration};

use axum::{http::request::Parts, response::Response};
use rmcp_transport::SseServerConfig;

/// Configures [`GraphQl`](crate::GraphQl).
#[derive(Debug, Clone)]
pub struct Config {
    /// Maximum complexity of an operation: approximately the number of values in its response.
    pub max_complexity: usize,
    /// Time limit for a query.
    pub timeout: Duration,
    /// Whether clients may read the schema.
    pub allows_introspection: bool,
    /// Limits on streams, sockets and request bodies.
    pub transport: SseServerConfig,
    /// The page for browsers that request the endpoint without a query.
    pub editor: EditorPage,
}

/// Renders the page for browsers that request the endpoint without a query.
#[derive(Clone)]
pub struct EditorPage(Arc<dyn Fn(&Parts) -> Response + Send + Sync>);

impl EditorPage {
    /// Creates a page from the function that renders it.
    pub fn new(render: impl Fn(&Parts) -> Response + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    pub(crate) fn respond(&self, request: &Parts) -> Response {
        (self.0)(request)
    }
}

impl fmt::Debug for EditorPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EditorPage").finish_non_exhaustive()
    }
}
