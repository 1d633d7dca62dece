//! rmcp's `Transport` for one session: receives from the inbox, sends to the
//! outbox.

use std::{
    convert::Infallible,
    future::{self, Future},
    sync::Arc,
};

use rmcp::{
    RoleServer,
    model::{ClientRequest, GetMeta, JsonRpcMessage, ProtocolVersion},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    event,
    outbox::{Outbox, Refused},
};

type ClientMessage = RxJsonRpcMessage<RoleServer>;

pub(crate) struct SessionTransport {
    inbox: mpsc::Receiver<ClientMessage>,
    outbox: Arc<Outbox>,
    token: CancellationToken,
    opened: bool,
}

impl SessionTransport {
    pub(crate) fn new(
        inbox: mpsc::Receiver<ClientMessage>,
        outbox: Arc<Outbox>,
        token: CancellationToken,
    ) -> Self {
        Self {
            inbox,
            outbox,
            token,
            opened: false,
        }
    }

    /// Adds the message to the outbox; a session whose client does not read
    /// ends here.
    fn enqueue(&self, message: &TxJsonRpcMessage<RoleServer>) {
        let event = match event::message(message) {
            Ok(event) => event,
            Err(error) => {
                // The client would wait for this message for ever.
                tracing::error!(%error, "message cannot be written as JSON, ending its session");
                self.token.cancel();
                return;
            }
        };
        match self.outbox.push(event) {
            // Nobody is left to read it.
            Ok(()) | Err(Refused::Closed) => {}
            Err(Refused::Full) => {
                tracing::warn!("client does not read its events, ending its session");
                self.outbox.close();
                self.token.cancel();
            }
        }
    }
}

impl Transport<RoleServer> for SessionTransport {
    // A send cannot fail: a message without a reader is dropped, because its
    // session is ending anyway.
    type Error = Infallible;

    // Enqueued before the future is returned: rmcp runs the futures of several
    // sends concurrently, and their order is the order of the events.
    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        self.enqueue(&message);
        future::ready(Ok(()))
    }

    /// The next message. What comes before the session is opened and is not a
    /// request is dropped: rmcp would end the session over it.
    async fn receive(&mut self) -> Option<ClientMessage> {
        loop {
            let message = self.inbox.recv().await?;
            match &message {
                JsonRpcMessage::Request(request) => {
                    self.opened = self.opened || opens_session(&request.request);
                }
                _ if !self.opened => {
                    tracing::debug!("message before initialize dropped");
                    continue;
                }
                _ => {}
            }
            return Some(message);
        }
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        self.outbox.close();
        Ok(())
    }
}

/// Whether rmcp leaves its handshake with this request: an `initialize`, or a
/// request that brings all of a session's metadata with it.
fn opens_session(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        request => {
            let meta = request.get_meta();
            meta.protocol_version().is_some_and(|version| {
                version.has_initialize()
                    && meta
                        .missing_required_keys(&ProtocolVersion::NO_INITIALIZE)
                        .is_empty()
            })
        }
    }
}
