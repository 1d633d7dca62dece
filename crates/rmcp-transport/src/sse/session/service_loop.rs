//! A `Peer` for the handler, with which it sends requests and notifications to the client.
//!
//! The session runs the client's requests itself. rmcp's service loop runs next to it and carries
//! what the `Peer` sends, the client's responses to that, and notifications. It starts when it is
//! first needed.

use std::{
    convert::Infallible,
    future::{self, Future},
    sync::{Arc, Weak},
};

use rmcp::{
    ErrorData, Peer, RoleServer, ServerHandler, Service,
    model::{ClientNotification, ClientRequest, ErrorCode, ServerConfig, ServerResult},
    service::{
        NotificationContext, RequestContext, RxJsonRpcMessage, TxJsonRpcMessage, serve_directly,
    },
    transport::Transport,
};
use tokio::sync::mpsc;

use super::{Session, State};
use crate::sse::event::Message;

type ClientMessage = RxJsonRpcMessage<RoleServer>;

/// The capacity of the queue to rmcp's loop. It is small, because the loop receives messages
/// immediately.
const INBOX_CAPACITY: usize = 4;

/// Boxed: tokio reserves space for 32 of them in each channel.
type BoxedMessage = Box<ClientMessage>;

/// rmcp's service loop for one session.
pub(super) struct ServiceLoop {
    peer: Peer<RoleServer>,
    inbox: mpsc::Sender<BoxedMessage>,
    /// rmcp's `RunningService`: dropping it ends the loop.
    _loop: Box<dyn Send + Sync>,
}

impl State {
    /// Returns rmcp's loop, and starts it if it is not running.
    pub(super) fn service_loop<S: ServerHandler>(
        &mut self,
        session: &Arc<Session<S>>,
    ) -> &ServiceLoop {
        let client_info = &mut self.client_info;
        self.service_loop.get_or_insert_with(|| {
            let (inbox, messages) = mpsc::channel(INBOX_CAPACITY);
            let transport = PeerTransport {
                messages,
                session: Arc::downgrade(session),
            };
            let service = NotificationService(Arc::downgrade(session));
            let running = serve_directly(service, transport, client_info.take());
            ServiceLoop {
                peer: running.peer().clone(),
                inbox,
                _loop: Box::new(running),
            }
        })
    }
}

impl ServiceLoop {
    pub(super) fn peer(&self) -> Peer<RoleServer> {
        self.peer.clone()
    }

    pub(super) fn inbox(&self) -> mpsc::Sender<BoxedMessage> {
        self.inbox.clone()
    }
}

/// The service that rmcp's loop calls: forwards notifications to the handler.
struct NotificationService<S>(Weak<Session<S>>);

impl<S: ServerHandler> Service<RoleServer> for NotificationService<S> {
    async fn handle_request(
        &self,
        _: ClientRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        // Unreachable: the session runs requests itself.
        Err(ErrorData::new(
            ErrorCode::INTERNAL_ERROR,
            "misrouted request",
            None,
        ))
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        match self.0.upgrade() {
            Some(session) => {
                session
                    .handler
                    .handle_notification(notification, context)
                    .await
            }
            None => Ok(()),
        }
    }

    fn get_info(&self) -> ServerConfig {
        self.0
            .upgrade()
            .map(|session| session.handler.get_info())
            .unwrap_or_default()
    }
}

struct PeerTransport<S> {
    messages: mpsc::Receiver<BoxedMessage>,
    session: Weak<Session<S>>,
}

impl<S: ServerHandler> Transport<RoleServer> for PeerTransport<S> {
    // A send cannot fail: a message without a reader is dropped, because its session has ended.
    type Error = Infallible;

    // Sent before the future is returned: rmcp polls the futures of several sends concurrently, and
    // events must keep the order of the sends.
    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        if let Some(session) = self.session.upgrade() {
            session.send(Message::new(&message), None);
        }
        future::ready(Ok(()))
    }

    async fn receive(&mut self) -> Option<ClientMessage> {
        self.messages.recv().await.map(|message| *message)
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
