//! Sessions of other instances, which are restored here when a request of theirs comes.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{Arc, Weak},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::{Method, Response, http::request::Parts};
use parking_lot::Mutex;
use rmcp::{ServerHandler, transport::streamable_http_server::session::store::SessionState};
use rmcp_transport::{ClientKey, Refusal};
use tokio::sync::OwnedMutexGuard;

use super::{
    SESSION_ID, Shared,
    session::New,
    session_id,
    shared_sessions::{ASKING, Asking, Unreachable},
};

/// A session of another instance that this request restores.
pub(super) struct Brought {
    state: SessionState,
    restoring: OwnedMutexGuard<()>,
}

/// The sessions that are being restored, each by one request at a time: rmcp fails where two
/// requests restore one.
#[derive(Debug, Default)]
pub(super) struct Restoring(Mutex<HashMap<Box<str>, Weak<tokio::sync::Mutex<()>>>>);

impl Restoring {
    async fn lock(&self, id: &str) -> OwnedMutexGuard<()> {
        let of_session = {
            let mut locks = self.0.lock();
            locks.retain(|_, lock| lock.strong_count() > 0);
            let known = locks.get(id).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let new = Arc::default();
                locks.insert(id.into(), Arc::downgrade(&new));
                new
            })
        };
        of_session.lock_owned().await
    }
}

impl<S: ServerHandler> Shared<S> {
    /// Makes a session of another instance one of this one too, if need be; returns what was agreed
    /// on with it.
    pub(super) async fn bring(&self, parts: &Parts) -> Result<Option<Brought>, Refusal> {
        let (Some(others), Some(id)) = (&self.others, session_id(&parts.headers)) else {
            return Ok(None);
        };
        let asking = parts.extensions.get();
        if let Some(session) = self.sessions.running(id).await {
            if session.is_to_be_kept() {
                let (others, id) = (others.clone(), id.to_owned());
                let asking = asking.cloned();
                tokio::spawn(async move { others.load(&id, asking.as_ref()).await });
            }
            return Ok(None);
        }
        if self.config.cancellation_token.is_cancelled() {
            return Err(Refusal::ShuttingDown);
        }
        let state = others.load(id, asking).await;
        let state = state.map_err(|Unreachable| Refusal::Unreachable)?;
        let state = state.ok_or(Refusal::UnknownSession)?;
        let restoring = self.restoring.lock(id).await;
        if self.sessions.running(id).await.is_some() {
            // Another request was faster.
            return Ok(None);
        }
        let new = New {
            owner: asking.cloned(),
            key: parts.extensions.get().cloned(),
            permit: self.permit(ClientKey::of(&parts.extensions))?,
        };
        self.sessions.adopt(id, new)?;
        Ok(Some(Brought { state, restoring }))
    }

    /// The same for a session that is perhaps another instance's too.
    pub(super) async fn ask_rmcp_for(
        &self,
        brought: Option<Brought>,
        parts: Parts,
        body: Bytes,
        is_json: Option<bool>,
    ) -> Response<Body> {
        if self.others.is_none() {
            return self.ask_rmcp(parts, body, is_json).await;
        }
        let (state, restoring) = match brought {
            Some(brought) => (Some(brought.state), Some(brought.restoring)),
            None => (None, None),
        };
        let id = parts.headers.get(SESSION_ID).cloned();
        let asking = Asking {
            principal: parts.extensions.get().cloned(),
            state: Cell::new(state),
            parts: Cell::new((parts.method == Method::GET).then(|| parts.clone())),
        };
        let asked = self.ask_rmcp(parts, body, is_json);
        // One more future in this one would make both large.
        let answer = ASKING.scope(asking, Box::pin(asked)).await;
        if restoring.is_some()
            && let Some(id) = id.as_ref().and_then(|id| id.to_str().ok())
        {
            self.sessions.forget_unless_running(id).await;
        }
        answer
    }
}
