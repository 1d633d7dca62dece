//! Restores a session that was taken over: replays the setup messages to a new handler, and runs
//! the requests that were left pending.

use std::sync::Arc;

use bytes::Bytes;
use rmcp::{
    ErrorData, ServerHandler, Service,
    model::{ClientRequest, GetExtensions, GetMeta, JsonRpcMessage, ServerResult},
    service::RequestContext,
};
use tokio::time::timeout;

use super::{JournalEntry, ServiceParts, Session, journal::Journal, journal_entry::INITIALIZE};
use crate::{
    client_limiter::SessionPermit,
    sse::{
        delivery::Delivery,
        id::ResumeToken,
        outbox::Outbox,
        parse,
        store::{PendingDelivery, SessionStore, Snapshot},
    },
};

impl<S: ServerHandler> Session<S> {
    /// Restores a session from a snapshot; `None` if the handler rejects a setup message.
    pub(crate) async fn restored(
        handler: S,
        token: ResumeToken,
        snapshot: Snapshot,
        store: Arc<dyn SessionStore>,
        permit: SessionPermit,
        service: ServiceParts<S>,
    ) -> Option<(Arc<Self>, Vec<PendingDelivery>)> {
        let outbox = Outbox::restored(
            token,
            service.config.max_queued_bytes,
            snapshot.last_event,
            snapshot.events,
        );
        outbox.hold();
        let journal = Journal::new(store, snapshot.epoch);
        journal.restore(snapshot.setup.clone(), snapshot.pending.clone());
        let limit = service.config.init_timeout;
        let session = Arc::new(Self::with(
            (snapshot.session, snapshot.principal),
            handler,
            (outbox, Some(Box::new(journal))),
            None,
            permit,
            service,
        ));
        let replayed = timeout(limit, session.replay_setup(snapshot.setup)).await;
        if !replayed.unwrap_or(false) {
            tracing::warn!(session.tag = %session.tag, "session cannot be restored");
            return None;
        }
        Some((session, snapshot.pending))
    }

    /// Runs the messages that the previous owner accepted and did not complete.
    pub(crate) async fn run_pending(self: &Arc<Self>, pending: Vec<PendingDelivery>) {
        for pending in pending {
            let delivery = Delivery::from_bytes(self.id, &pending.message);
            let message = delivery.and_then(|delivery| {
                let message = parse::message(&delivery.body).ok()?;
                Some((message, delivery.parts))
            });
            let Some((message, parts)) = message else {
                continue;
            };
            let entry = JournalEntry::restored(&pending, &message);
            if let Err(refusal) = self.deliver(message, parts, Some(entry.clone())).await {
                let reason = refusal.label();
                tracing::warn!(session.tag = %self.tag, reason, "accepted message was not run");
                self.journal_done(&entry);
            }
        }
    }

    async fn replay_setup(self: &Arc<Self>, mut setup: Vec<(String, Bytes)>) -> bool {
        // In their original order, except that `initialize` is first.
        setup.sort_by_key(|(key, _)| key != INITIALIZE);
        for (key, bytes) in setup {
            if self.replay(&bytes).await.is_none() {
                tracing::debug!(session.tag = %self.tag, key, "setup message rejected by the new handler");
                return false;
            }
        }
        true
    }

    /// Replays a request that the previous handler answered successfully. The answer is discarded.
    async fn replay(self: &Arc<Self>, bytes: &[u8]) -> Option<()> {
        let delivery = Delivery::from_bytes(self.id, bytes)?;
        let JsonRpcMessage::Request(message) = parse::message(&delivery.body).ok()? else {
            return None;
        };
        let mut request = message.request;
        let client_info = match &request {
            ClientRequest::InitializeRequest(request) => Some(request.params.clone()),
            _ => None,
        };
        let peer = self.state.lock().service_loop(self).peer();
        let mut context = RequestContext::new(message.id, peer.clone());
        context.meta = std::mem::take(request.get_meta_mut());
        context.extensions = std::mem::take(request.extensions_mut());
        context.extensions.insert(delivery.parts);
        let response: Result<ServerResult, ErrorData> =
            self.handler.handle_request(request, context).await;
        match (response.ok()?, client_info) {
            (ServerResult::InitializeResult(result), Some(client_info)) => {
                self.initialized(result, client_info, &peer);
            }
            (_, Some(_)) => return None,
            _ => {}
        }
        Some(())
    }
}
