//! The open sessions: whose they are, what they are doing, and their end.
//!
//! rmcp's `LocalSessionManager` runs them and knows neither owners nor bounds,
//! so it is wrapped here. The service in front of it has reserved a place and
//! says whose it is, in [`NEW`], before rmcp asks for a session.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{Stream, StreamExt, future};
use metrics::{Counter, counter, describe_counter};
use rmcp::{
    model::{
        ClientJsonRpcMessage, JsonRpcMessage, ProtocolVersion, RequestId, ServerJsonRpcMessage,
        ServerResult,
    },
    transport::streamable_http_server::session::{
        RestoreOutcome, ServerSseMessage, SessionId, SessionManager,
        local::{LocalSessionManager, LocalSessionManagerError, SessionConfig, SessionTransport},
    },
};
use rmcp_sse::{Client, Principal, Refusal};
use tokio::time::Instant;

use crate::{
    guard::Lease,
    http::{places::Place, session_metrics::SessionMetrics},
};

/// How often it is said of a session with messages that it is to be kept.
const KEEP_EVERY: Duration = Duration::from_secs(60);

tokio::task_local! {
    /// What the next session is made of, while rmcp handles an `initialize`.
    pub(super) static NEW: Cell<Option<New>>;
}

/// A session that is about to be opened.
#[derive(Debug)]
pub(super) struct New {
    pub(super) owner: Option<Principal>,
    /// The key of its owner.
    pub(super) lease: Option<Lease>,
    pub(super) place: Place,
}

/// Why a session ended; its label is in a log line and in a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The client said so.
    Deleted,
    /// No message for too long, or no `initialize` that came through.
    Idle,
    /// Its place was needed by another, and it had nothing to do.
    Evicted,
    /// Its principal may not use the server any more.
    Revoked,
    /// The server is shutting down.
    Shutdown,
}

/// One session, as the service sees it.
#[derive(Debug)]
pub(super) struct Session {
    owner: Option<Principal>,
    place: Place,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The requests whose answers the client does not have yet.
    running: HashSet<RequestId>,
    /// Streams that the client opened to listen.
    listening: usize,
    active_at: Instant,
    /// When what is shared of it was last told to be kept.
    kept_at: Instant,
    /// The version agreed on.
    version: Option<ProtocolVersion>,
    end: End,
}

/// The open sessions.
pub(super) struct Sessions {
    local: LocalSessionManager,
    open: Mutex<HashMap<SessionId, Arc<Session>>>,
    metrics: Arc<SessionMetrics>,
    /// Those that another instance has opened before.
    adopted: Counter,
}

/// A session that is not there any more. It says no more, because rmcp logs it
/// and a session id is never logged.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the session has ended")]
    Gone,
    #[error("no place was reserved for a session")]
    NoPlace,
}

impl From<LocalSessionManagerError> for Error {
    fn from(_: LocalSessionManagerError) -> Self {
        Self::Gone
    }
}

impl End {
    /// All of them, in the order in which they are declared.
    pub(super) const ALL: [Self; 5] = [
        Self::Deleted,
        Self::Idle,
        Self::Evicted,
        Self::Revoked,
        Self::Shutdown,
    ];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Idle => "idle",
            Self::Evicted => "evicted",
            Self::Revoked => "revoked",
            Self::Shutdown => "shutdown",
        }
    }
}

impl Sessions {
    pub(super) fn new(
        idle_timeout: Option<Duration>,
        init_timeout: Duration,
        metrics: Arc<SessionMetrics>,
    ) -> Self {
        let mut local = LocalSessionManager::default();
        let mut config = SessionConfig::default();
        config.keep_alive = idle_timeout;
        config.init_timeout = Some(init_timeout);
        local.session_config = config;
        Self {
            local,
            open: Mutex::default(),
            metrics,
            adopted: adopted(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The session, if it belongs to the one who asks. For anybody else it
    /// does not exist.
    pub(super) fn find(&self, id: &str, asking: Option<&Principal>) -> Option<Arc<Session>> {
        let session = self.lock().get(id).cloned()?;
        (session.owner.as_ref() == asking).then_some(session)
    }

    /// The session, whosever it is.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Session>> {
        self.lock().get(id).cloned()
    }

    /// The session, whosever it is, if rmcp runs it already.
    pub(super) async fn running(&self, id: &str) -> Option<Arc<Session>> {
        let session = self.get(id)?;
        let runs = self.local.has_session(&SessionId::from(id)).await;
        matches!(runs, Ok(true)).then_some(session)
    }

    /// Takes in a session of another instance, which rmcp is about to restore.
    /// Another request may have been faster.
    pub(super) fn adopt(self: &Arc<Self>, id: &str, mut new: New) -> Result<(), Refusal> {
        let lease = new.lease.take();
        let id = SessionId::from(id);
        {
            let mut open = self.lock();
            if open.contains_key(&id) {
                return Ok(());
            }
            open.insert(id.clone(), Arc::new(Session::new(new)));
        }
        self.metrics.opened();
        self.adopted.increment(1);
        tracing::info!(transport = "streamable", "session of another instance");
        if lease.is_some_and(|lease| lease.is_revoked()) {
            self.end(id, End::Revoked);
            return Err(Refusal::UnknownSession);
        }
        Ok(())
    }

    /// Forgets a session that was taken in and could not be restored.
    pub(super) async fn forget_unless_running(&self, id: &str) {
        let id = SessionId::from(id);
        if !matches!(self.local.has_session(&id).await, Ok(true)) {
            self.forget(&id);
        }
    }

    /// Ends a session, if it has not ended yet: for its client it is gone when
    /// this returns, and its streams end soon after.
    pub(super) fn end(self: &Arc<Self>, id: SessionId, end: End) {
        let Some(session) = self.lock().get(&id).cloned() else {
            return;
        };
        session.ends_by(end);
        self.forget(&id);
        let sessions = self.clone();
        tokio::spawn(async move {
            // Only a session that is gone already can fail to close.
            let _ = sessions.local.close_session(&id).await;
        });
    }

    /// Takes a session that ends out of the open ones.
    fn forget(&self, id: &SessionId) {
        // Not in one expression, which would hold the lock for all of it.
        let session = self.lock().remove(id);
        if let Some(session) = session {
            let end = session.state().end;
            self.metrics.closed(end.label());
            let reason = end.label();
            tracing::info!(transport = "streamable", reason, "session closed");
        }
    }

    /// Ends every session of a principal, and returns how many there were.
    pub(super) fn end_all_of(self: &Arc<Self>, principal: &Principal) -> usize {
        let of_principal = |session: &Session| session.owner.as_ref() == Some(principal);
        let ids: Vec<_> = {
            let open = self.lock();
            let found = open.iter().filter(|(_, session)| of_principal(session));
            found.map(|(id, _)| id.clone()).collect()
        };
        let count = ids.len();
        for id in ids {
            self.end(id, End::Revoked);
        }
        count
    }

    /// What is still open ends because the server does. That is told before
    /// the streams end, because the program may end with the last of them.
    pub(super) fn shutting_down(&self) {
        let ids: Vec<_> = self.lock().keys().cloned().collect();
        for id in ids {
            if let Some(session) = self.lock().get(&id) {
                session.ends_by(End::Shutdown);
            }
            self.forget(&id);
        }
    }

    /// Ends the session that has been quiet for longest, of all or of one
    /// client; `false` if there is none that has been for `at_least`.
    pub(super) fn evict(self: &Arc<Self>, client: Option<&Client>, at_least: Duration) -> bool {
        let longest_quiet = {
            let open = self.lock();
            open.iter()
                .filter(|(_, session)| client.is_none() || session.place.client() == client)
                .filter_map(|(id, session)| Some((session.quiet_since()?, id)))
                .filter(|(since, _)| since.elapsed() >= at_least)
                .min_by_key(|(since, _)| *since)
                .map(|(_, id)| id.clone())
        };
        let found = longest_quiet.is_some();
        if let Some(id) = longest_quiet {
            self.end(id, End::Evicted);
        }
        found
    }

    // No code panics while it holds the lock, so a poisoned map is whole.
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<Session>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn adopted() -> Counter {
    let name = "aareguru_mcp_streamable_sessions_adopted_total";
    describe_counter!(
        name,
        "Streamable HTTP: sessions opened that another instance has opened before"
    );
    counter!(name)
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("open", &self.len())
            .finish_non_exhaustive()
    }
}

impl Session {
    fn new(new: New) -> Self {
        Self {
            owner: new.owner,
            place: new.place,
            state: Mutex::new(State {
                running: HashSet::new(),
                listening: 0,
                active_at: Instant::now(),
                kept_at: Instant::now(),
                version: None,
                end: End::Idle,
            }),
        }
    }

    /// Registers a request, which ends when the guard is dropped.
    pub(super) fn begin(
        self: &Arc<Self>,
        id: RequestId,
        max_in_flight: usize,
    ) -> Result<Running, Refusal> {
        let mut state = self.state();
        if state.running.contains(&id) {
            return Err(Refusal::DuplicateRequest);
        }
        if state.running.len() >= max_in_flight {
            return Err(Refusal::TooManyRequests);
        }
        state.active_at = Instant::now();
        state.running.insert(id.clone());
        Ok(Running {
            session: self.clone(),
            id,
        })
    }

    /// Registers a stream, which ends when the guard is dropped.
    pub(super) fn listen(self: &Arc<Self>) -> Listening {
        self.state().listening += 1;
        Listening(self.clone())
    }

    /// Whether it is time to say again that it is to be kept.
    pub(super) fn is_to_be_kept(&self) -> bool {
        let mut state = self.state();
        let is_due = state.kept_at.elapsed() >= KEEP_EVERY;
        if is_due {
            state.kept_at = Instant::now();
        }
        is_due
    }

    /// It has had a message.
    pub(super) fn touch(&self) {
        self.state().active_at = Instant::now();
    }

    /// Says why it will have ended.
    pub(super) fn ends_by(&self, end: End) {
        self.state().end = end;
    }

    /// Since when it has had nothing to do and nobody to listen.
    fn quiet_since(&self) -> Option<Instant> {
        let state = self.state();
        (state.running.is_empty() && state.listening == 0).then_some(state.active_at)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request of a session.
#[derive(Debug)]
pub(super) struct Running {
    session: Arc<Session>,
    id: RequestId,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.session.state();
        state.running.remove(&self.id);
        state.active_at = Instant::now();
    }
}

/// A stream of a session.
#[derive(Debug)]
pub(super) struct Listening(Arc<Session>);

impl Drop for Listening {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.listening -= 1;
        state.active_at = Instant::now();
    }
}

impl SessionManager for Sessions {
    type Error = Error;
    type Transport = SessionTransport;

    async fn create_session(&self) -> Result<(SessionId, SessionTransport), Error> {
        let new = NEW.try_with(Cell::take).ok().flatten();
        let mut new = new.ok_or(Error::NoPlace)?;
        let lease = new.lease.take();
        let session = Session::new(new);
        let (id, transport) = self.local.create_session().await?;
        self.lock().insert(id.clone(), Arc::new(session));
        self.metrics.opened();
        tracing::info!(transport = "streamable", "session opened");
        // All sessions of its owner may have been ended just before it was
        // one of them.
        if lease.is_some_and(|lease| lease.is_revoked()) {
            if let Some(session) = self.lock().get(&id) {
                session.ends_by(End::Revoked);
            }
            self.close_session(&id).await?;
            return Err(Error::Gone);
        }
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Error> {
        let answer = self.local.initialize_session(id, message).await?;
        if let JsonRpcMessage::Response(response) = &answer
            && let ServerResult::InitializeResult(result) = &response.result
            && let Some(session) = self.lock().get(id)
        {
            session.state().version = Some(result.protocol_version.clone());
        }
        Ok(answer)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Error> {
        Ok(self.local.has_session(id).await?)
    }

    /// Also called by rmcp when a session has ended by itself.
    async fn close_session(&self, id: &SessionId) -> Result<(), Error> {
        self.forget(id);
        Ok(self.local.close_session(id).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Error> {
        let version = self
            .lock()
            .get(id)
            .and_then(|session| session.state().version.clone());
        // An event without data tells the client how to come back. Clients of
        // the revisions before it take it for a broken message.
        let knows_priming = version.is_some_and(|version| version >= ProtocolVersion::V_2025_11_25);
        let stream = self.local.create_stream(id, message).await?;
        Ok(stream.filter(move |event| future::ready(event.message.is_some() || knows_priming)))
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Error> {
        Ok(self.local.accept_message(id, message).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Error> {
        Ok(self.local.create_standalone_stream(id).await?)
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Error> {
        Ok(self.local.resume(id, last_event_id).await?)
    }

    async fn restore_session(
        &self,
        id: SessionId,
    ) -> Result<RestoreOutcome<SessionTransport>, Error> {
        // It was taken in before rmcp was asked, unless it has ended since.
        if self.get(&id).is_none() {
            return Ok(RestoreOutcome::NotSupported);
        }
        Ok(self.local.restore_session(id).await?)
    }
}
