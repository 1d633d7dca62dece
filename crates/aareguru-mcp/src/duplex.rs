//! One client on one connection that goes both ways: what the WebSocket and standard input and
//! output have in common.
//!
//! rmcp's service loop runs the session. Between it and the bytes stand the
//! [`conversation`](conversation), which says what becomes of each message that comes in, and the
//! [`outbox`](outbox), where answers wait to be written.

mod conversation;
mod handler;
mod outbox;

use std::{convert::Infallible, future, sync::Arc};

use axum::http::request::Parts;
use rmcp::{
    RoleServer,
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::Transport,
};
use tokio::sync::mpsc;

pub(crate) use self::{
    conversation::{Conversation, Input},
    handler::{Handler, Revisions},
    outbox::DuplexOutbox,
};
use conversation::Received;

/// A connection as rmcp sees it.
pub(crate) struct Duplex {
    /// What the client sent, as it came.
    inputs: mpsc::Receiver<Input>,
    outbox: Arc<DuplexOutbox>,
    conversation: Arc<Conversation>,
    /// The head of the HTTP request that opened it, for the handler.
    parts: Option<Parts>,
}

impl Duplex {
    pub(crate) fn new(
        inputs: mpsc::Receiver<Input>,
        outbox: Arc<DuplexOutbox>,
        conversation: Arc<Conversation>,
        parts: Option<Parts>,
    ) -> Self {
        Self {
            inputs,
            outbox,
            conversation,
            parts,
        }
    }

    fn push(&self, message: &ServerJsonRpcMessage) {
        match serde_json::to_string(message) {
            Ok(text) => self.outbox.push(text),
            // The client would wait for this message for ever.
            Err(error) => {
                tracing::error!(%error, "message is not writable as JSON");
                self.outbox.close();
            }
        }
    }
}

impl Transport<RoleServer> for Duplex {
    // A send cannot fail: a message without a reader is dropped, because its session has ended.
    type Error = Infallible;

    // Sent before the future is returned: rmcp runs the futures of several sends concurrently, and
    // their order is the order of the messages.
    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        self.push(&message);
        self.conversation.sent(&message);
        future::ready(Ok(()))
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            // Whoever does not read its answers gets no more.
            self.outbox.room().await;
            let input = self.inputs.recv().await?;
            match self.conversation.receive(&input) {
                Received::Message(mut message) => {
                    if let Some(parts) = &self.parts {
                        message.insert_extension(parts.clone());
                    }
                    return Some(*message);
                }
                Received::Answered(answer) => self.push(&answer),
                Received::Dropped => {}
            }
        }
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        self.outbox.close();
        Ok(())
    }
}
