//! The open sessions: whose they are, what they are doing, and their end.
//!
//! rmcp's `LocalSessionManager` runs them and knows neither owners nor bounds, so it is wrapped
//! here. The service in front of it has reserved a place and says whose it is, in [`NEW`], before
//! rmcp asks for a session.

mod manager;
mod remote_events;

use std::{cell::Cell, collections::HashMap, fmt, sync::Arc, time::Duration};

use metrics::{Counter, counter, describe_counter};
use parking_lot::Mutex;
use rmcp::transport::streamable_http_server::session::{
    SessionId, SessionManager,
    local::{LocalSessionManager, SessionConfig},
};
use rmcp_transport::{ClientKey, Principal, Refusal};

use super::{
    calls::CallTable,
    events::SharedEventStore,
    session::{New, SessionEnd, StreamableSession},
    shared_sessions::SharedSessions,
};
use crate::session_metrics::SessionMetrics;

tokio::task_local! {
    /// What the next session is made of, while rmcp handles an `initialize`.
    pub(super) static NEW: Cell<Option<New>>;
}

/// The open sessions.
pub(super) struct StreamableSessions {
    local: Arc<LocalSessionManager>,
    calls: CallTable,
    open: Mutex<HashMap<SessionId, Arc<StreamableSession>>>,
    metrics: Arc<SessionMetrics>,
    /// Those that another instance has opened before.
    adopted: Counter,
}

impl StreamableSessions {
    pub(super) fn new(
        idle_timeout: Option<Duration>,
        init_timeout: Duration,
        metrics: Arc<SessionMetrics>,
        shared: Option<Arc<dyn SharedSessions>>,
    ) -> Self {
        let mut local = LocalSessionManager::default();
        let mut config = SessionConfig::default();
        config.keep_alive = idle_timeout;
        config.init_timeout = Some(init_timeout);
        local.session_config = config;
        if let Some(shared) = &shared {
            local = local.with_event_store(Arc::new(SharedEventStore(shared.clone())));
        }
        let local = Arc::new(local);
        Self {
            calls: CallTable::new(local.clone(), shared),
            local,
            open: Mutex::default(),
            metrics,
            adopted: adopted(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.open.lock().len()
    }

    /// The session, if it belongs to the one who asks. For anybody else it does not exist.
    pub(super) fn find(
        &self,
        id: &str,
        asking: Option<&Principal>,
    ) -> Option<Arc<StreamableSession>> {
        let session = self.open.lock().get(id).cloned()?;
        session.belongs_to(asking).then_some(session)
    }

    /// The session, whosever it is.
    pub(super) fn get(&self, id: &str) -> Option<Arc<StreamableSession>> {
        self.open.lock().get(id).cloned()
    }

    /// The session, whosever it is, if rmcp runs it already.
    pub(super) async fn running(&self, id: &str) -> Option<Arc<StreamableSession>> {
        let session = self.get(id)?;
        let runs = self.local.has_session(&SessionId::from(id)).await;
        matches!(runs, Ok(true)).then_some(session)
    }

    /// Takes in a session of another instance, which rmcp is about to restore. Another request may
    /// have been faster.
    pub(super) fn adopt(self: &Arc<Self>, id: &str, mut new: New) -> Result<(), Refusal> {
        let key = new.key.take();
        let id = SessionId::from(id);
        {
            let mut open = self.open.lock();
            if open.contains_key(&id) {
                return Ok(());
            }
            open.insert(id.clone(), Arc::new(StreamableSession::new(new)));
        }
        self.metrics.opened();
        self.adopted.increment(1);
        tracing::info!(transport = "streamable", "session of another instance");
        if key.is_some_and(|key| key.is_revoked()) {
            self.end(id, SessionEnd::Revoked);
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

    /// Ends a session, if it has not ended yet: for its client it is gone when this returns, and
    /// its streams end soon after.
    pub(super) fn end(self: &Arc<Self>, id: SessionId, end: SessionEnd) {
        let Some(session) = self.open.lock().get(&id).cloned() else {
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
        let session = self.open.lock().remove(id);
        if let Some(session) = session {
            let reason = session.end().label();
            self.metrics.closed(reason);
            tracing::info!(transport = "streamable", reason, "session closed");
        }
    }

    /// Ends every session of a principal, and returns how many there were.
    pub(super) fn end_all_of(self: &Arc<Self>, principal: &Principal) -> usize {
        let of_principal = |session: &StreamableSession| session.belongs_to(Some(principal));
        let ids: Vec<_> = {
            let open = self.open.lock();
            let found = open.iter().filter(|(_, session)| of_principal(session));
            found.map(|(id, _)| id.clone()).collect()
        };
        let count = ids.len();
        for id in ids {
            self.end(id, SessionEnd::Revoked);
        }
        count
    }

    /// What is still open ends because the server does. That is told before the streams end,
    /// because the program may end with the last of them.
    pub(super) fn shutting_down(&self) {
        let ids: Vec<_> = self.open.lock().keys().cloned().collect();
        for id in ids {
            if let Some(session) = self.open.lock().get(&id) {
                session.ends_by(SessionEnd::Shutdown);
            }
            self.forget(&id);
        }
    }

    /// Ends the session that has been quiet for longest, of all or of one client; `false` if there
    /// is none that has been for `at_least`.
    pub(super) fn evict(self: &Arc<Self>, client: Option<&ClientKey>, at_least: Duration) -> bool {
        let longest_quiet = {
            let open = self.open.lock();
            open.iter()
                .filter(|(_, session)| client.is_none() || session.client() == client)
                .filter_map(|(id, session)| Some((session.quiet_since()?, id)))
                .filter(|(since, _)| since.elapsed() >= at_least)
                .min_by_key(|(since, _)| *since)
                .map(|(_, id)| id.clone())
        };
        let found = longest_quiet.is_some();
        if let Some(id) = longest_quiet {
            self.end(id, SessionEnd::Evicted);
        }
        found
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

impl fmt::Debug for StreamableSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamableSessions")
            .field("open", &self.len())
            .finish_non_exhaustive()
    }
}
