//! The tower service: which path and method goes where.

use std::{
    convert::Infallible,
    fmt,
    future::{self, Future},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use rmcp::ServerHandler;
use tower_service::Service;

use crate::{
    config::SseServerConfig,
    message,
    registry::Registry,
    response::{self, SseBody},
    stream,
};

/// Serves a [`ServerHandler`] over MCP's HTTP+SSE transport.
///
/// It owns both routes of the transport: `GET` on
/// [`sse_path`](SseServerConfig::sse_path) opens a session and streams its
/// events, `POST` on [`message_path`](SseServerConfig::message_path) takes the
/// client's messages. Any other path is answered with 404.
///
/// It is a [`tower_service::Service`] that never fails, so it can be mounted
/// in axum or served by hyper alone. A clone is cheap and shares the sessions;
/// both routes must be served by clones of one service.
///
/// It has to be called inside a tokio runtime, because every session is a task.
pub struct SseService<S> {
    shared: Arc<Shared<S>>,
}

/// What all clones of a service share.
pub(crate) struct Shared<S> {
    pub(crate) factory: Box<dyn Fn() -> io::Result<S> + Send + Sync>,
    pub(crate) config: SseServerConfig,
    pub(crate) registry: Registry,
}

impl<S: ServerHandler> SseService<S> {
    /// A service that makes one handler for each session with `factory`.
    ///
    /// What the sessions have in common (a client, a cache) belongs behind an
    /// `Arc` that the factory clones. If the factory fails, the client is
    /// answered with 500 and the error is logged.
    pub fn new(
        factory: impl Fn() -> io::Result<S> + Send + Sync + 'static,
        config: SseServerConfig,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                factory: Box::new(factory),
                config,
                registry: Registry::default(),
            }),
        }
    }

    /// How many sessions are open now.
    pub fn session_count(&self) -> usize {
        self.shared.registry.len()
    }
}

impl<S> Clone for SseService<S> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<S> fmt::Debug for SseService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseService")
            .field("config", &self.shared.config)
            .field("sessions", &self.shared.registry.len())
            .finish()
    }
}

impl<S, B> Service<Request<B>> for SseService<S>
where
    S: ServerHandler,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<SseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let config = &self.shared.config;
        let path = request.uri().path();
        let response = if path == config.sse_path {
            match *request.method() {
                Method::GET => stream::open(&self.shared),
                Method::HEAD => response::event_stream_head(),
                _ => response::method_not_allowed(&[Method::GET, Method::HEAD]),
            }
        } else if path.strip_suffix('/').unwrap_or(path) == config.message_path {
            match *request.method() {
                Method::POST => {
                    let shared = self.shared.clone();
                    return Box::pin(async move { Ok(message::accept(&shared, request).await) });
                }
                _ => response::method_not_allowed(&[Method::POST]),
            }
        } else {
            response::text(StatusCode::NOT_FOUND, "Not Found")
        };
        Box::pin(future::ready(Ok(response)))
    }
}
