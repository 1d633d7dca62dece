//! The configuration of GraphQL.

use std::{fmt, sync::Arc, time::Duration};

use axum::{http::request::Parts, response::Response};
use rmcp_transport::SseServerConfig;

/// Configures [`GraphQl`](crate::GraphQl).
#[derive(Debug, Clone)]
pub struct Config {
    /// The maximum complexity of an operation: approximately the number of values in its response.
    pub max_complexity: usize,
    /// The time limit for a query.
    pub timeout: Duration,
    /// Whether the schema may be read.
    pub allows_introspection: bool,
    /// The limits of streams and sockets, and of request bodies.
    pub transport: SseServerConfig,
    /// The page for browsers that send no query.
    pub editor: EditorPage,
}

/// Responds with the page for browsers that send no query.
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
