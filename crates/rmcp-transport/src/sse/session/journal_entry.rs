//! A delivery, as recorded in the journal of its session.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use parking_lot::Mutex;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage};
use tokio::sync::oneshot;

use crate::sse::{
    delivery::{self, DeliveryId},
    store::PendingDelivery,
};

#[derive(Debug, Clone)]
pub(crate) struct JournalEntry {
    pub(super) id: DeliveryId,
    /// Whether it arrived through a relay.
    pub(super) relayed: bool,
    /// The id of the request as JSON.
    request: Option<String>,
    /// The whole delivery, serialized.
    pub(super) message: Bytes,
    /// Its lasting effect on the handler, if it has one.
    pub(super) setup: Option<Setup>,
    /// Notifies its POST of the commit; taken when the first record is added.
    notifier: Arc<Mutex<Option<CommitSender>>>,
}

/// Another process owns the session now, and must receive its latest messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnershipLost;

/// Reports the result of a commit.
pub(super) type CommitSender = oneshot::Sender<Result<(), OwnershipLost>>;

/// Receives the result of the commit of a POST's message; closed if nothing is recorded.
pub(crate) type CommitReceiver = oneshot::Receiver<Result<(), OwnershipLost>>;

/// A message that prepares a new handler after a takeover.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) key: String,
    /// Whether to replay the message, or to remove an earlier one with the same key.
    pub(super) keep: bool,
}

impl JournalEntry {
    pub(crate) fn new(
        id: DeliveryId,
        relayed: bool,
        message: &ClientJsonRpcMessage,
        (parts, body): (&Parts, &[u8]),
    ) -> (Box<Self>, CommitReceiver) {
        let request = match message {
            JsonRpcMessage::Request(request) => Some(request),
            _ => None,
        };
        let (notifier, receiver) = oneshot::channel();
        let entry = Box::new(Self {
            id,
            relayed,
            request: request.and_then(|request| serde_json::to_string(&request.id).ok()),
            message: delivery::serialize(id, parts, body).into(),
            setup: request.and_then(|request| Setup::of(&request.request)),
            notifier: Arc::new(Mutex::new(Some(notifier))),
        });
        (entry, receiver)
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.message.clone()
    }

    /// Restores an entry that was pending in the store.
    pub(super) fn restored(pending: &PendingDelivery, message: &ClientJsonRpcMessage) -> Box<Self> {
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
            notifier: Arc::default(),
        })
    }

    /// Takes the notifier of the POST; `None` if it was taken before.
    pub(super) fn take_notifier(&self) -> Option<CommitSender> {
        let mut notifier = self.notifier.lock();
        notifier.take()
    }

    pub(super) fn pending(&self) -> PendingDelivery {
        PendingDelivery {
            id: self.id,
            request: self.request.clone(),
            message: self.message.clone(),
            relayed: self.relayed,
        }
    }
}

impl Setup {
    /// Returns the setup of a request that a session records.
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

/// The key of the message that is replayed first.
pub(super) const INITIALIZE: &str = "initialize";
