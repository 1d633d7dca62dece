//! The calls of a session, which outlive the connection on which they were asked, and the instance
//! too.
//!
//! rmcp's event store keeps what was answered. What it lacks stands here: whose a call is, so that
//! nobody else gets its events, and what was asked, so that another instance runs it again when the
//! one that did has gone.

use std::{sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use hyper::http::request::Parts;
use metrics::{Counter, counter, describe_counter};
use rmcp::{
    model::{ClientJsonRpcMessage, JsonRpcMessage},
    transport::streamable_http_server::session::{
        ServerSseMessage, SessionId, SessionManager, local::LocalSessionManager,
    },
};
use tokio::{
    sync::mpsc::{self, Sender},
    time::{Instant, sleep},
};

use super::{
    events::{self, START, StreamableEventId},
    session::StreamableSession,
    session_error::SessionError,
    shared_sessions::{Progress, SharedSessions},
};

/// How often it is looked whether another instance has answered. Few calls are still running when
/// their client comes back.
const PERIOD: Duration = Duration::from_millis(200);
/// After that time without an answer the client is left to come again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A longer request is not kept: it is lost with its connection.
const LONGEST_REQUEST_BYTES: usize = 64 * 1024;
/// Events that wait for a client that does not read.
const WAITING: usize = 16;

/// Runs calls. A clone is cheap.
#[derive(Clone)]
pub(super) struct CallTable {
    local: Arc<LocalSessionManager>,
    shared: Option<Arc<dyn SharedSessions>>,
    resumed: Counter,
    run_again: Counter,
}

/// Who comes back for the answer to a call.
pub(super) struct ResumeRequest {
    pub(super) id: SessionId,
    pub(super) session: Arc<StreamableSession>,
    /// The head of the request by which he does.
    pub(super) parts: Option<Parts>,
}

impl CallTable {
    pub(super) fn new(
        local: Arc<LocalSessionManager>,
        shared: Option<Arc<dyn SharedSessions>>,
    ) -> Self {
        let (resumed, run_again) = (
            "aareguru_mcp_streamable_calls_resumed_total",
            "aareguru_mcp_streamable_calls_run_again_total",
        );
        describe_counter!(
            resumed,
            "Streamable HTTP: times a client of several instances came back for an answer"
        );
        describe_counter!(
            run_again,
            "Streamable HTTP: calls that were run again because their instance had gone"
        );
        Self {
            local,
            shared,
            resumed: counter!(resumed),
            run_again: counter!(run_again),
        }
    }

    /// What the instances share, if there are several.
    pub(super) fn shared(&self) -> Option<&dyn SharedSessions> {
        self.shared.as_deref()
    }

    /// Runs a request of a session; returns the events of its answer.
    pub(super) async fn start(
        &self,
        id: &SessionId,
        request: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + Unpin + 'static, SessionError>
    {
        let shared = self.shared.as_deref();
        let text = shared.and_then(|_| serde_json::to_string(&request).ok());
        let mut events = Box::pin(self.local.create_stream(id, request).await?);
        let (mut first, mut is_kept) = (None, true);
        if let Some(shared) = shared {
            // It is there at once. Its id is a promise, so what that needs comes before it; the
            // call runs meanwhile.
            first = events.next().await;
            let event_id = first.as_ref().and_then(|event| event.event_id.as_deref());
            is_kept = match (event_id.and_then(StreamableEventId::parse), text) {
                (Some(StreamableEventId::OfCall { call, .. }), Some(text))
                    if text.len() <= LONGEST_REQUEST_BYTES =>
                {
                    shared.begin_call(call, id, text).await.is_ok()
                }
                _ => false,
            };
        }
        let events = stream::iter(first).chain(events);
        Ok(events.map(move |mut event| {
            if !is_kept {
                event.event_id = None;
            }
            events::told(event)
        }))
    }

    /// What a client has not seen of the answer to a call of its session, and what is still to
    /// come.
    pub(super) fn resume(
        &self,
        returning: ResumeRequest,
        call: &str,
        after: &str,
    ) -> impl Stream<Item = ServerSseMessage> + Send + Sync + use<> {
        let (sender, mut events) = mpsc::channel(WAITING);
        if let Some(shared) = self.shared.clone() {
            self.resumed.increment(1);
            let (calls, call, after) = (self.clone(), call.to_owned(), after.to_owned());
            tokio::spawn(async move {
                let gone = sender.clone();
                tokio::select! {
                    () = calls.follow(&*shared, returning, (call, after), sender) => {}
                    () = gone.closed() => {}
                }
            });
        }
        stream::poll_fn(move |cx| events.poll_recv(cx))
    }

    async fn follow(
        &self,
        shared: &dyn SharedSessions,
        returning: ResumeRequest,
        (mut call, mut after): (String, String),
        sender: Sender<ServerSseMessage>,
    ) {
        let begun = Instant::now();
        while begun.elapsed() < LONGEST_WAIT {
            let looked = shared.look(&call, &returning.id, &after).await;
            // Redis may be back with the next look.
            let progress = match looked {
                Ok(Some(progress)) => progress,
                Ok(None) => return,
                Err(_) => Progress::default(),
            };
            for (number, text) in &progress.events {
                let id = StreamableEventId::OfCall {
                    number,
                    call: &call,
                };
                let Some((event, is_answer)) = events::stored(id, text) else {
                    continue;
                };
                if sender.send(event).await.is_err() || is_answer {
                    return;
                }
                after.clone_from(number);
            }
            if let Some(request) = progress.abandoned {
                return self
                    .run_again(shared, returning, &call, &request, sender)
                    .await;
            }
            match progress.continued_as {
                Some(next) => (call, after) = (next, START.to_owned()),
                None => sleep(PERIOD).await,
            }
        }
    }

    /// Runs a call whose instance has gone; it is a new one from then on. All tools only read.
    async fn run_again(
        &self,
        shared: &dyn SharedSessions,
        returning: ResumeRequest,
        call: &str,
        request: &str,
        sender: Sender<ServerSseMessage>,
    ) {
        let Ok(mut message) = serde_json::from_str::<ClientJsonRpcMessage>(request) else {
            return;
        };
        let JsonRpcMessage::Request(request) = &message else {
            return;
        };
        let Ok(running) = returning.session.begin(request.id.clone(), usize::MAX) else {
            // The client has asked again by itself.
            return;
        };
        if let Some(mut parts) = returning.parts {
            // Dropped with the handler.
            parts.extensions.insert(Arc::new(running));
            message.insert_extension(parts);
        }
        self.run_again.increment(1);
        tracing::info!(
            transport = "streamable",
            "a call of an instance that has gone is run again"
        );
        let Ok(mut events) = self.start(&returning.id, message).await else {
            return;
        };
        let mut is_told = false;
        while let Some(event) = events.next().await {
            if !is_told
                && let Some(StreamableEventId::OfCall { call: next, .. }) =
                    event.event_id.as_deref().and_then(StreamableEventId::parse)
            {
                is_told = true;
                let _ = shared.call_continued_as(call, next).await;
            }
            if event.message.is_none() && !returning.session.knows_priming() {
                continue;
            }
            if sender.send(event).await.is_err() {
                return;
            }
        }
    }
}
