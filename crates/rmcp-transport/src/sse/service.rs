//! The tower service: routes requests by path and method.

use std::{
    convert::Infallible,
    fmt,
    future::{self, Future},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Method, Request, Response};
use http_body::Body;
use rmcp::ServerHandler;
use tower_service::Service;

use crate::{
    principal::Principal,
    refusal::Refusal,
    sse::{
        close_reason::CloseReason,
        config::SseServerConfig,
        delivery::Delivery,
        id::SessionId,
        message_endpoint,
        response::{self, SseBody},
        service_state::ServiceState,
        stream_endpoint,
    },
};

/// Serves a [`ServerHandler`] over MCP's HTTP+SSE transport.
///
/// It serves both routes of the transport: `GET` on [`sse_path`](SseServerConfig::sse_path) opens a
/// session and streams its events, `POST` on [`message_path`](SseServerConfig::message_path)
/// receives the client's messages. Any other path is answered with 404.
///
/// It is an infallible [`tower_service::Service`] that can be mounted in axum or served by hyper.
/// Clones are cheap and share the sessions; both routes must be served by clones of one service.
///
/// It must be called inside a tokio runtime. Its metrics go to the recorder that is installed when
/// it is created.
pub struct SseService<S> {
    state: Arc<ServiceState<S>>,
}

impl<S: ServerHandler> SseService<S> {
    /// Creates a service that creates one handler per session with `factory`.
    ///
    /// Put what the sessions share (a client, a cache) behind an `Arc` that the factory clones. If
    /// the factory fails, the client receives 500 and the error is logged.
    pub fn new(
        factory: impl Fn() -> io::Result<S> + Send + Sync + 'static,
        config: SseServerConfig,
    ) -> Self {
        Self {
            state: Arc::new(ServiceState::new(factory, config)),
        }
    }

    /// Returns the number of open sessions, with or without a stream.
    pub fn session_count(&self) -> usize {
        self.state.registry.len()
    }

    /// Closes every session of `principal` and returns their number. Use it to revoke a key or a
    /// user.
    ///
    /// Requests in flight are dropped and answered with an error, and the streams end. Reject the
    /// principal in the layer in front of the service first, otherwise the client can reconnect. A
    /// request that passed that layer just before may still open a session while this method runs:
    /// the layer must check again when it has the response, and drop it.
    ///
    /// Sessions of other processes are not affected.
    ///
    /// ```
    /// use rmcp_transport::{Principal, SseService};
    /// # fn revoke<S: rmcp::ServerHandler>(service: &SseService<S>) {
    /// let closed = service.end_sessions_of(&Principal::new("mallory"));
    /// println!("{closed} sessions closed");
    /// # }
    /// ```
    pub fn end_sessions_of(&self, principal: &Principal) -> usize {
        let sessions = self.state.registry.sessions();
        let of_principal = sessions
            .iter()
            .filter(|session| session.belongs_to(Some(principal)));
        of_principal
            .inspect(|session| session.close(CloseReason::Revoked))
            .count()
    }

    /// Delivers a message that another process has relayed for a session of this one; see
    /// [`Relay`](crate::Relay).
    ///
    /// # Errors
    ///
    /// The refusal that a direct POST would have received.
    pub async fn deliver(&self, delivery: Delivery) -> Result<(), Refusal> {
        let delivered = message_endpoint::accept_relayed(&self.state, delivery).await;
        delivered.inspect_err(|refusal| self.state.metrics.refused(*refusal))
    }

    /// Closes a session in this process because another process has
    /// [taken](crate::SessionStore::take) it. Its stream ends, and its requests in flight are
    /// dropped without an answer.
    ///
    /// Without this call, the process learns of the takeover at the next event of the session.
    pub fn relinquish(&self, session: SessionId, epoch: u64) {
        let session = self.state.registry.find(session);
        if let Some(session) = session.filter(|session| session.is_older_than(epoch)) {
            session.close(CloseReason::TakenOver);
        }
    }
}

impl<S> Clone for SseService<S> {
    fn clone(&self) -> Self {
        Self {
            state: self.state.clone(),
        }
    }
}

impl<S> fmt::Debug for SseService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseService")
            .field("config", &self.state.config)
            .field("sessions", &self.state.registry.len())
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
        let state = &self.state;
        let config = &state.config;
        let path = request.uri().path();
        let path = path.strip_suffix('/').unwrap_or(path);
        let response = if let Err(header) = config.rebinding_protection.check(&request) {
            state.refuse(header.into())
        } else if path == config.sse_path {
            match *request.method() {
                Method::GET => {
                    let state = state.clone();
                    let (parts, _) = request.into_parts();
                    return Box::pin(async move {
                        let opened = stream_endpoint::open(&state, &parts).await;
                        Ok(opened.unwrap_or_else(|refusal| state.refuse(refusal)))
                    });
                }
                Method::HEAD => response::event_stream_head(),
                _ => response::method_not_allowed("GET, HEAD"),
            }
        } else if path == config.message_path {
            match *request.method() {
                Method::POST => {
                    let state = state.clone();
                    return Box::pin(message_endpoint::accept(state, request));
                }
                _ => response::method_not_allowed("POST"),
            }
        } else {
            response::not_found()
        };
        Box::pin(future::ready(Ok(response)))
    }
}
