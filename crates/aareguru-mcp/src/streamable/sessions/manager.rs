//! The sessions as rmcp's service asks for them.

use std::{cell::Cell, collections::HashSet, sync::Arc};

use futures_util::{Stream, StreamExt, future, stream};
use rmcp::{
    model::{ClientJsonRpcMessage, JsonRpcMessage, ServerJsonRpcMessage, ServerResult},
    transport::streamable_http_server::session::{
        RestoreOutcome, ServerSseMessage, SessionId, SessionManager, local::SessionTransport,
    },
};

use super::{
    NEW, StreamableSessions,
    remote_events::{self, RemoteSubscription},
};
use crate::streamable::{
    calls::ResumeRequest,
    events::{self, START, StreamableEventId},
    session::{SessionEnd, StreamableSession},
    session_error::SessionError,
    shared_sessions::ASKING,
};

impl SessionManager for StreamableSessions {
    type Error = SessionError;
    type Transport = SessionTransport;

    async fn create_session(&self) -> Result<(SessionId, SessionTransport), SessionError> {
        let new = NEW.try_with(Cell::take).ok().flatten();
        let mut new = new.ok_or(SessionError::NoPlace)?;
        let key = new.key.take();
        let session = StreamableSession::new(new);
        let (id, transport) = self.local.create_session().await?;
        self.open.lock().insert(id.clone(), Arc::new(session));
        self.metrics.opened();
        tracing::info!(transport = "streamable", "session opened");
        // All sessions of its owner may have been ended just before it was one of them.
        if key.is_some_and(|key| key.is_revoked()) {
            if let Some(session) = self.open.lock().get(&id) {
                session.ends_by(SessionEnd::Revoked);
            }
            self.close_session(&id).await?;
            return Err(SessionError::Gone);
        }
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        let answer = self.local.initialize_session(id, message).await?;
        if let JsonRpcMessage::Response(response) = &answer
            && let ServerResult::InitializeResult(result) = &response.result
            && let Some(session) = self.open.lock().get(id)
        {
            session.agreed_on(result.protocol_version.clone());
        }
        Ok(answer)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        Ok(self.local.has_session(id).await?)
    }

    /// Also called by rmcp when a session has ended by itself.
    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        self.forget(id);
        Ok(self.local.close_session(id).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let session = self.get(id);
        let knows_priming = session.is_some_and(|session| session.knows_priming());
        let subscription = self
            .calls
            .shared()
            .and_then(|_| RemoteSubscription::of(&message));
        let stream = self.calls.start(id, message).await?;
        let stream =
            stream.filter(move |event| future::ready(event.message.is_some() || knows_priming));
        let Some(subscription) = subscription else {
            return Ok(stream.left_stream());
        };
        // It is answered at once.
        let answer: Vec<_> = stream.collect().await;
        self.tell(id, &subscription, &answer).await;
        Ok(stream::iter(answer).right_stream())
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), SessionError> {
        if self.calls.shared().is_some() {
            self.tell_if_cancelled(id, &message).await;
        }
        Ok(self.local.accept_message(id, message).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let is_first = self
            .get(id)
            .is_some_and(|session| session.is_first_listener());
        let before = self.calls.shared().filter(|_| is_first);
        let before = before.map(|shared| (shared.instance().to_owned(), START.to_owned()));
        self.listen(id, before).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        if self.calls.shared().is_none() {
            let stream = self.local.resume(id, last_event_id).await?;
            return Ok(stream.left_stream());
        }
        match StreamableEventId::parse(&last_event_id).ok_or(SessionError::Gone)? {
            StreamableEventId::OfCall { number, call } => {
                let parts = ASKING.try_with(|asking| asking.parts.take());
                let returning = ResumeRequest {
                    id: id.clone(),
                    session: self.get(id).ok_or(SessionError::Gone)?,
                    parts: parts.ok().flatten(),
                };
                let stream = self.calls.resume(returning, call, number);
                Ok(stream.left_stream().right_stream())
            }
            StreamableEventId::OfSession { number, instance } => {
                let stream = self
                    .listen(id, Some((instance.to_owned(), number.to_owned())))
                    .await?;
                Ok(stream.right_stream().right_stream())
            }
        }
    }

    async fn restore_session(
        &self,
        id: SessionId,
    ) -> Result<RestoreOutcome<SessionTransport>, SessionError> {
        // It was taken in before rmcp was asked, unless it has ended since.
        if self.get(&id).is_none() {
            return Ok(RestoreOutcome::NotSupported);
        }
        Ok(self.local.restore_session(id).await?)
    }
}

impl StreamableSessions {
    /// What comes beside the answers, after what came at an instance after an event.
    async fn listen(
        &self,
        id: &SessionId,
        missed_after: Option<(String, String)>,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        if let Some(session) = self.get(id) {
            session.is_first_listener();
        }
        let adopted = self.catch_up(id).await;
        // First, so that nothing is lost in between; it may come both ways.
        let live = self.local.create_standalone_stream(id).await?;
        let mut missed = Vec::new();
        if let (Some(shared), Some((instance, after))) = (self.calls.shared(), missed_after) {
            let heard = shared.heard(id, &instance, &after).await;
            let heard = heard.unwrap_or_default();
            let stored = heard.iter().filter_map(|(number, text)| {
                let instance = &instance;
                let id = StreamableEventId::OfSession { number, instance };
                Some(events::stored(id, text)?.0)
            });
            missed.extend(stored);
            if instance != shared.instance() {
                missed.extend(
                    adopted
                        .iter()
                        .filter_map(|uri| remote_events::may_have_changed(uri)),
                );
            }
        }
        let known: HashSet<_> = missed
            .iter()
            .filter_map(|event| event.event_id.clone())
            .collect();
        let live = live.filter(move |event| {
            let is_known = event.event_id.as_ref().is_some_and(|id| known.contains(id));
            future::ready(!is_known)
        });
        Ok(stream::iter(missed).chain(live.map(events::told)))
    }
}
