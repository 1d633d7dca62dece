//! What a session remembers of a delivery while it has a journal.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use parking_lot::Mutex;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage};
use tokio::sync::oneshot;

use super::Moved;
use crate::{
    delivery::{self, DeliveryId},
    store::Pending,
};

/// A delivery as the journal knows it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(super) id: DeliveryId,
    /// Whether it came through a relay.
    pub(super) relayed: bool,
    /// The id of the request as JSON.
    request: Option<String>,
    /// All of it, as bytes.
    pub(super) message: Bytes,
    /// What it does to the handler for as long as the session lasts.
    pub(super) setup: Option<Setup>,
    /// The POST that brought it, until something of it is recorded.
    post: Arc<Mutex<Option<Waiting>>>,
}

/// Who waits for a commit.
pub(super) type Waiting = oneshot::Sender<Result<(), Moved>>;

/// Tells a POST what became of the commit with its message; closed if nothing
/// of it is recorded.
pub(crate) type Told = oneshot::Receiver<Result<(), Moved>>;

/// How a new handler learns what an earlier one was told.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) key: String,
    /// Whether the message is to be told again, or takes back one that was.
    pub(super) keep: bool,
}

impl Entry {
    pub(crate) fn new(
        id: DeliveryId,
        relayed: bool,
        message: &ClientJsonRpcMessage,
        (parts, body): (&Parts, &[u8]),
    ) -> (Box<Self>, Told) {
        let request = match message {
            JsonRpcMessage::Request(request) => Some(request),
            _ => None,
        };
        let (post, told) = oneshot::channel();
        let entry = Box::new(Self {
            id,
            relayed,
            request: request.and_then(|request| serde_json::to_string(&request.id).ok()),
            message: delivery::written(id, parts, body).into(),
            setup: request.and_then(|request| Setup::of(&request.request)),
            post: Arc::new(Mutex::new(Some(post))),
        });
        (entry, told)
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.message.clone()
    }

    /// What was pending in the store.
    pub(super) fn restored(pending: &Pending, message: &ClientJsonRpcMessage) -> Box<Self> {
        let setup = match message {
            JsonRpcMessage::Request(request) => Setup::of(&request.request),
            _ => None,
        };
        Box::new(Self {
            id: pending.id,
            relayed: pending.relayed,
            request: pending.request.clone(),
            message: pending.message.clone(),
            setup,
            post: Arc::default(),
        })
    }

    /// The POST, for whoever records something of its message first.
    pub(super) fn post(&self) -> Option<Waiting> {
        let mut post = self.post.lock();
        post.take()
    }

    pub(super) fn pending(&self) -> Pending {
        Pending {
            id: self.id,
            request: self.request.clone(),
            message: self.message.clone(),
            relayed: self.relayed,
        }
    }
}

impl Setup {
    /// The requests of the protocol that a session remembers.
    fn of(request: &ClientRequest) -> Option<Self> {
        let of_uri = |uri: &str| format!("resources/subscribe {uri}");
        let (key, keep) = match request {
            ClientRequest::InitializeRequest(_) => (INITIALIZE.to_owned(), true),
            ClientRequest::SetLevelRequest(_) => ("logging/setLevel".to_owned(), true),
            ClientRequest::SubscribeRequest(request) => (of_uri(&request.params.uri), true),
            ClientRequest::UnsubscribeRequest(request) => (of_uri(&request.params.uri), false),
            _ => return None,
        };
        Some(Self { key, keep })
    }
}

/// The key of the message that comes first.
pub(super) const INITIALIZE: &str = "initialize";
