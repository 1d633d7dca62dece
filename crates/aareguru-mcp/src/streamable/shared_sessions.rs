//! The seam for several instances: sessions that any of them serves.
//!
//! Each instance that has had a request of a session runs it for itself, from what was agreed on at
//! its `initialize`. So nothing has to be relayed. What was answered is kept for a while, so that a
//! client whose connection breaks gets it at any of them; resources to which it has subscribed
//! anywhere are subscribed to where it listens.

use std::{cell::Cell, fmt, future::Future, pin::Pin, sync::Arc};

use hyper::http::request::Parts;
use rmcp::{
    model::RequestId,
    transport::streamable_http_server::session::store::{
        SessionState, SessionStore, SessionStoreError,
    },
};
use rmcp_transport::Principal;

/// What [`SharedSessions`] answers with, in time.
pub type SharedFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unreachable>> + Send + 'a>>;

/// What the instances share cannot be reached now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what the instances share cannot be reached")]
pub struct Unreachable;

/// Keeps what was agreed on with the sessions of all instances.
pub trait SharedSessions: fmt::Debug + Send + Sync + 'static {
    /// The session with this id, if it belongs to the one who asks; for anybody else it does not
    /// exist. It is kept for a while from now.
    fn load<'a>(
        &'a self,
        id: &'a str,
        asking: Option<&'a Principal>,
    ) -> SharedFuture<'a, Option<SessionState>>;

    /// Keeps a session, for a while after each [`load`](Self::load).
    fn store<'a>(
        &'a self,
        id: &'a str,
        owner: Option<&'a Principal>,
        state: &'a SessionState,
    ) -> SharedFuture<'a, ()>;

    /// Forgets a session, and lets all instances end it.
    fn delete<'a>(&'a self, id: &'a str) -> SharedFuture<'a, ()>;

    /// What tells this instance from the others.
    fn instance(&self) -> &str;

    /// Keeps an event of this instance for a while; returns its number, which is above those before
    /// it.
    fn keep_event<'a>(
        &'a self,
        source: RemoteEventSource<'a>,
        event: String,
        is_answer: bool,
    ) -> SharedFuture<'a, String>;

    /// Keeps whose a call is, what was asked, and that it runs here.
    fn begin_call<'a>(
        &'a self,
        call: &'a str,
        session: &'a str,
        request: String,
    ) -> SharedFuture<'a, ()>;

    /// How far a call is, if it is one of this session. If the instance that ran it has gone
    /// without an answer, it is this one's from now on.
    fn look<'a>(
        &'a self,
        call: &'a str,
        session: &'a str,
        after: &'a str,
    ) -> SharedFuture<'a, Option<Progress>>;

    /// Keeps that a call was begun anew as another one.
    fn call_continued_as<'a>(&'a self, call: &'a str, next: &'a str) -> SharedFuture<'a, ()>;

    /// Keeps that a session has subscribed to a resource, or not any more, and lets all instances
    /// do so.
    fn subscribed<'a>(
        &'a self,
        session: &'a str,
        uri: &'a str,
        is_on: bool,
    ) -> SharedFuture<'a, ()>;

    /// The resources to which a session has subscribed, at any instance.
    fn subscriptions<'a>(&'a self, session: &'a str) -> SharedFuture<'a, Vec<String>>;

    /// Lets all instances cancel a request of a session.
    fn cancelled<'a>(&'a self, session: &'a str, request: &'a RequestId) -> SharedFuture<'a, ()>;

    /// What a session was told at an instance beside its answers, after an event: the numbers and
    /// the events.
    fn heard<'a>(
        &'a self,
        session: &'a str,
        instance: &'a str,
        after: &'a str,
    ) -> SharedFuture<'a, Vec<(String, String)>>;
}

/// Where an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteEventSource<'a> {
    /// A call, by its id.
    Call(&'a str),
    /// A session, by its id, beside all calls.
    Session(&'a str),
}

/// How far a call is.
#[derive(Debug, Default)]
pub struct Progress {
    /// The events that were asked for, each after its number.
    pub events: Vec<(String, String)>,
    /// What was asked, if nobody runs it any more: whoever is told this is to.
    pub abandoned: Option<String>,
    /// The call as which it was begun anew.
    pub continued_as: Option<String>,
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
    /// The head of a request that may run a call again.
    pub(super) parts: Cell<Option<Parts>>,
}

/// The shared sessions as rmcp asks for them. It never fails, because rmcp would log the session's
/// id.
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
