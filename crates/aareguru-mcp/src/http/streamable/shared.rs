//! The seam for several instances: sessions that any of them serves.
//!
//! Each instance that has had a request of a session runs it for itself, from
//! what was agreed on at its `initialize`. So nothing has to be relayed, and
//! what a session does on one instance is not known on another: a stream that
//! listens hears of what happens on its own instance.

use std::{cell::Cell, fmt, future::Future, pin::Pin, sync::Arc};

use rmcp::transport::streamable_http_server::session::store::{
    SessionState, SessionStore, SessionStoreError,
};
use rmcp_sse::Principal;

/// What [`SharedSessions`] answers with, in time.
pub type Shared<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unreachable>> + Send + 'a>>;

/// What the instances share cannot be reached now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what the instances share cannot be reached")]
pub struct Unreachable;

/// Keeps what was agreed on with the sessions of all instances.
pub trait SharedSessions: fmt::Debug + Send + Sync + 'static {
    /// The session with this id, if it belongs to the one who asks; for
    /// anybody else it does not exist. It is kept for a while from now.
    fn load<'a>(
        &'a self,
        id: &'a str,
        asking: Option<&'a Principal>,
    ) -> Shared<'a, Option<SessionState>>;

    /// Keeps a session, for a while after each [`load`](Self::load).
    fn store<'a>(
        &'a self,
        id: &'a str,
        owner: Option<&'a Principal>,
        state: &'a SessionState,
    ) -> Shared<'a, ()>;

    /// Forgets a session, and lets all instances end it.
    fn delete<'a>(&'a self, id: &'a str) -> Shared<'a, ()>;
}

tokio::task_local! {
    /// Who asks, while rmcp handles a request.
    pub(super) static ASKING: Asking;
}

/// Who asks, and what is already known of the session.
#[derive(Default)]
pub(super) struct Asking {
    pub(super) principal: Option<Principal>,
    pub(super) state: Cell<Option<SessionState>>,
}

/// The shared sessions as rmcp asks for them. It never fails, because rmcp
/// would log the session's id.
pub(super) struct Store(pub(super) Arc<dyn SharedSessions>);

impl SessionStore for Store {
    fn load<'store, 'id, 'answer>(
        &'store self,
        id: &'id str,
    ) -> Answer<'answer, Option<SessionState>>
    where
        'store: 'answer,
        'id: 'answer,
    {
        Box::pin(async move {
            let known = ASKING.try_with(|asking| (asking.principal.clone(), asking.state.take()));
            let (principal, state) = known.unwrap_or_default();
            if state.is_some() {
                return Ok(state);
            }
            Ok(self.0.load(id, principal.as_ref()).await.unwrap_or(None))
        })
    }

    fn store<'store, 'id, 'state, 'answer>(
        &'store self,
        id: &'id str,
        state: &'state SessionState,
    ) -> Answer<'answer, ()>
    where
        'store: 'answer,
        'id: 'answer,
        'state: 'answer,
    {
        Box::pin(async move {
            let owner = ASKING.try_with(|asking| asking.principal.clone());
            let owner = owner.unwrap_or_default();
            if self.0.store(id, owner.as_ref(), state).await.is_err() {
                tracing::debug!("a session is known to its own instance alone");
            }
            Ok(())
        })
    }

    fn delete<'store, 'id, 'answer>(&'store self, id: &'id str) -> Answer<'answer, ()>
    where
        'store: 'answer,
        'id: 'answer,
    {
        Box::pin(async move {
            if self.0.delete(id).await.is_err() {
                tracing::debug!("a session has ended on its own instance alone");
            }
            Ok(())
        })
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionStoreError>> + Send + 'a>>;
