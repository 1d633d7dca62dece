//! One session as the service sees it: whose it is, what it is doing, and why it will have ended.

use std::{collections::HashSet, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rmcp::model::{ProtocolVersion, RequestId};
use rmcp_transport::{ClientKey, Principal, Refusal, SessionPermit};
use tokio::time::Instant;

use edge::KeyHandle;

/// How often it is said of a session with messages that it is to be kept.
const KEEP_EVERY: Duration = Duration::from_secs(60);

/// A session that is about to be opened.
#[derive(Debug)]
pub(super) struct New {
    pub(super) owner: Option<Principal>,
    /// The key of its owner.
    pub(super) key: Option<KeyHandle>,
    pub(super) permit: SessionPermit,
}

/// Why a session ended; its label is in a log line and in a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionEnd {
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
pub(super) struct StreamableSession {
    owner: Option<Principal>,
    permit: SessionPermit,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The requests whose answers the client does not have yet.
    running: HashSet<RequestId>,
    /// Streams that the client opened to listen.
    listening: usize,
    /// Whether there was such a stream.
    has_been_heard: bool,
    /// The resources to which it has subscribed here.
    subscribed: HashSet<String>,
    active_at: Instant,
    /// When what is shared of it was last told to be kept.
    kept_at: Instant,
    /// The version agreed on.
    version: Option<ProtocolVersion>,
    end: SessionEnd,
}

impl SessionEnd {
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

impl StreamableSession {
    pub(super) fn new(new: New) -> Self {
        Self {
            owner: new.owner,
            permit: new.permit,
            state: Mutex::new(State {
                running: HashSet::new(),
                listening: 0,
                has_been_heard: false,
                subscribed: HashSet::new(),
                active_at: Instant::now(),
                kept_at: Instant::now(),
                version: None,
                end: SessionEnd::Idle,
            }),
        }
    }

    pub(super) fn belongs_to(&self, asking: Option<&Principal>) -> bool {
        self.owner.as_ref() == asking
    }

    /// Who has it open.
    pub(super) fn client(&self) -> Option<&ClientKey> {
        self.permit.client()
    }

    /// An event without data tells the client how to come back. Clients of the revisions before it
    /// take it for a broken message.
    pub(super) fn knows_priming(&self) -> bool {
        let version = self.state.lock().version.clone();
        version.is_some_and(|version| version >= ProtocolVersion::V_2025_11_25)
    }

    /// Whether nobody has listened here yet; from now on somebody has.
    pub(super) fn is_first_listener(&self) -> bool {
        !std::mem::replace(&mut self.state.lock().has_been_heard, true)
    }

    pub(super) fn has_been_heard(&self) -> bool {
        self.state.lock().has_been_heard
    }

    pub(super) fn has_subscribed(&self, uri: &str, is_on: bool) {
        let subscribed = &mut self.state.lock().subscribed;
        if is_on {
            subscribed.insert(uri.to_owned());
        } else {
            subscribed.remove(uri);
        }
    }

    pub(super) fn is_subscribed(&self, uri: &str) -> bool {
        self.state.lock().subscribed.contains(uri)
    }

    pub(super) fn is_running(&self, request: &RequestId) -> bool {
        self.state.lock().running.contains(request)
    }

    pub(super) fn agreed_on(&self, version: ProtocolVersion) {
        self.state.lock().version = Some(version);
    }

    /// Why it will have ended, as far as is known.
    pub(super) fn end(&self) -> SessionEnd {
        self.state.lock().end
    }

    /// Registers a request, which ends when the guard is dropped.
    pub(super) fn begin(
        self: &Arc<Self>,
        id: RequestId,
        max_in_flight: usize,
    ) -> Result<RunningRequest, Refusal> {
        let mut state = self.state.lock();
        if state.running.contains(&id) {
            return Err(Refusal::DuplicateRequest);
        }
        if state.running.len() >= max_in_flight {
            return Err(Refusal::TooManyRequests);
        }
        state.active_at = Instant::now();
        state.running.insert(id.clone());
        Ok(RunningRequest {
            session: self.clone(),
            id,
        })
    }

    /// Registers a stream, which ends when the guard is dropped.
    pub(super) fn listen(self: &Arc<Self>) -> Listening {
        self.state.lock().listening += 1;
        Listening(self.clone())
    }

    /// Whether it is time to say again that it is to be kept.
    pub(super) fn is_to_be_kept(&self) -> bool {
        let mut state = self.state.lock();
        let is_due = state.kept_at.elapsed() >= KEEP_EVERY;
        if is_due {
            state.kept_at = Instant::now();
        }
        is_due
    }

    /// It has had a message.
    pub(super) fn touch(&self) {
        self.state.lock().active_at = Instant::now();
    }

    /// Says why it will have ended.
    pub(super) fn ends_by(&self, end: SessionEnd) {
        self.state.lock().end = end;
    }

    /// Since when it has had nothing to do and nobody to listen.
    pub(super) fn quiet_since(&self) -> Option<Instant> {
        let state = self.state.lock();
        (state.running.is_empty() && state.listening == 0).then_some(state.active_at)
    }
}

/// A request of a session.
#[derive(Debug)]
pub(super) struct RunningRequest {
    session: Arc<StreamableSession>,
    id: RequestId,
}

impl Drop for RunningRequest {
    fn drop(&mut self) {
        let mut state = self.session.state.lock();
        state.running.remove(&self.id);
        state.active_at = Instant::now();
    }
}

/// A stream of a session.
#[derive(Debug)]
pub(super) struct Listening(Arc<StreamableSession>);

impl Drop for Listening {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.listening -= 1;
        state.active_at = Instant::now();
    }
}
