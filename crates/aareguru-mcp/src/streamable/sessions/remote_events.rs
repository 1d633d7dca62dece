//! What a session is told by way of other instances: the resources to which it has subscribed
//! there, and requests that it has cancelled there.

use std::sync::Arc;

use futures_util::StreamExt;
use rmcp::{
    model::{ClientJsonRpcMessage, ClientNotification, ClientRequest, JsonRpcMessage},
    transport::streamable_http_server::session::{ServerSseMessage, SessionId, SessionManager},
};
use serde_json::{Value, json};

use super::StreamableSessions;

/// A request to hear of a resource, or no longer.
pub(super) struct RemoteSubscription {
    uri: String,
    is_on: bool,
}

impl RemoteSubscription {
    pub(super) fn of(message: &ClientJsonRpcMessage) -> Option<Self> {
        let JsonRpcMessage::Request(request) = message else {
            return None;
        };
        let (uri, is_on) = match &request.request {
            ClientRequest::SubscribeRequest(request) => (&request.params.uri, true),
            ClientRequest::UnsubscribeRequest(request) => (&request.params.uri, false),
            _ => return None,
        };
        let uri = uri.clone();
        Some(Self { uri, is_on })
    }
}

impl StreamableSessions {
    /// Tells the other instances of a subscription, if it was answered well.
    pub(super) async fn tell(
        &self,
        id: &SessionId,
        subscription: &RemoteSubscription,
        answer: &[ServerSseMessage],
    ) {
        let is_response = |event: &ServerSseMessage| {
            matches!(event.message.as_deref(), Some(JsonRpcMessage::Response(_)))
        };
        let (Some(shared), Some(session)) = (self.calls.shared(), self.get(id)) else {
            return;
        };
        if !answer.iter().any(is_response) {
            return;
        }
        let RemoteSubscription { uri, is_on } = subscription;
        session.has_subscribed(uri, *is_on);
        if shared.subscribed(id, uri, *is_on).await.is_err() {
            tracing::debug!("a subscription is known to its own instance alone");
        }
    }

    /// Tells the other instances that a request was cancelled, unless it is one that runs here.
    pub(super) async fn tell_if_cancelled(&self, id: &SessionId, message: &ClientJsonRpcMessage) {
        let JsonRpcMessage::Notification(notification) = message else {
            return;
        };
        if let ClientNotification::CancelledNotification(cancelled) = &notification.notification
            && let Some(request) = &cancelled.params.request_id
            && let (Some(shared), Some(session)) = (self.calls.shared(), self.get(id))
            && !session.is_running(request)
        {
            // The client is told nothing of it either way.
            let _ = shared.cancelled(id, request).await;
        }
    }

    /// Subscribes here to what the session has subscribed to elsewhere; returns what that was.
    pub(super) async fn catch_up(&self, id: &SessionId) -> Vec<String> {
        let (Some(shared), Some(session)) = (self.calls.shared(), self.get(id)) else {
            return Vec::new();
        };
        let mut uris = shared.subscriptions(id).await.unwrap_or_default();
        uris.retain(|uri| !session.is_subscribed(uri));
        for uri in &uris {
            self.subscribe(id, uri, true).await;
        }
        uris
    }

    /// Does what another instance tells, if somebody listens here.
    pub(in crate::streamable) async fn subscribed_elsewhere(
        &self,
        id: &str,
        uri: &str,
        is_on: bool,
    ) {
        let known = self.get(id);
        let listens = known.filter(|session| session.has_been_heard());
        if listens.is_some_and(|session| session.is_subscribed(uri) != is_on) {
            self.subscribe(&id.into(), uri, is_on).await;
        }
    }

    /// Cancels a request, if it runs here.
    pub(in crate::streamable) async fn cancelled_elsewhere(&self, id: &str, request: Value) {
        let runs = serde_json::from_value(request.clone()).is_ok_and(|request| {
            self.get(id)
                .is_some_and(|session| session.is_running(&request))
        });
        let params = json!({ "requestId": request });
        if runs && let Some(message) = message("notifications/cancelled", None, &params) {
            // It may have ended meanwhile.
            let _ = self.local.accept_message(&id.into(), message).await;
        }
    }

    async fn subscribe(&self, id: &SessionId, uri: &str, is_on: bool) {
        let method = if is_on {
            "resources/subscribe"
        } else {
            "resources/unsubscribe"
        };
        // No client's, and its answer goes to nobody.
        let request = format!("{method} {uri}");
        let Some(message) = message(method, Some(request), &json!({ "uri": uri })) else {
            return;
        };
        if let Ok(answer) = self.local.create_stream(id, message).await {
            let mut answer = std::pin::pin!(answer);
            while answer.next().await.is_some() {}
            if let Some(session) = self.get(id) {
                session.has_subscribed(uri, is_on);
            }
        }
    }
}

fn message(method: &str, id: Option<String>, params: &Value) -> Option<ClientJsonRpcMessage> {
    let mut message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
    if let Some(id) = id {
        message["id"] = id.into();
    }
    serde_json::from_value(message).ok()
}

/// Tells that a resource may have changed while nobody heard of it.
pub(super) fn may_have_changed(uri: &str) -> Option<ServerSseMessage> {
    let method = "notifications/resources/updated";
    let message = json!({ "jsonrpc": "2.0", "method": method, "params": { "uri": uri } });
    let message = serde_json::from_value(message).ok()?;
    let mut event = ServerSseMessage::default();
    event.message = Some(Arc::new(message));
    Some(event)
}
