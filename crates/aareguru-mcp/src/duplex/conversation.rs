//! What becomes of each message of a client: rmcp takes it, it is answered at once, or it is
//! dropped.
//!
//! This closes what rmcp leaves open on a connection of this kind: its session dies of a
//! notification before `initialize`, loses one of two requests with the same id, and runs any
//! number of them at once.

use std::{borrow::Cow, collections::HashSet};

use bytes::Bytes;
use metrics::Gauge;
use parking_lot::Mutex;
use rmcp::{
    ErrorData,
    model::{
        ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorCode, JsonRpcMessage,
        RequestId, ServerJsonRpcMessage,
    },
};
use rmcp_transport::{JsonLimits, MessageCounters, Refusal};
use serde_json::Value;
use tokio::{sync::Notify, time::Instant};

use edge::Allowance;

/// What servers may use for what the specification does not name.
const UNAVAILABLE: ErrorCode = ErrorCode(-32000);

/// What a client sent.
#[derive(Debug)]
pub(crate) enum Input {
    /// What should be one message.
    Text(Bytes),
    /// Something longer than a message may be, which was not kept.
    TooLong,
}

/// What becomes of it.
#[derive(Debug)]
pub(super) enum Received {
    /// rmcp takes it.
    Message(Box<ClientJsonRpcMessage>),
    /// It is answered without rmcp.
    Answered(Box<ServerJsonRpcMessage>),
    /// It is not answered.
    Dropped,
}

/// What one client has said and waits for.
#[derive(Debug)]
pub(crate) struct Conversation {
    max_in_flight: usize,
    max_message_bytes: usize,
    /// What the client may still ask; `None` if there is no limit.
    allowance: Option<Allowance>,
    messages: MessageCounters,
    in_flight: Gauge,
    state: Mutex<State>,
    finished: Notify,
}

#[derive(Debug)]
struct State {
    /// Whether rmcp's loop runs, so that more than requests may come.
    begun: bool,
    running: HashSet<RequestId>,
    closing: bool,
    active_at: Instant,
}

impl Conversation {
    /// Each message counts against `allowance`. What is said and runs is counted by `messages` and
    /// `in_flight`.
    pub(crate) fn new(
        max_in_flight: usize,
        max_message_bytes: usize,
        allowance: Option<Allowance>,
        messages: MessageCounters,
        in_flight: Gauge,
    ) -> Self {
        Self {
            max_in_flight,
            max_message_bytes,
            allowance,
            messages,
            in_flight,
            state: Mutex::new(State {
                begun: false,
                running: HashSet::new(),
                closing: false,
                active_at: Instant::now(),
            }),
            finished: Notify::new(),
        }
    }

    pub(super) fn receive(&self, input: &Input) -> Received {
        self.state.lock().active_at = Instant::now();
        let exceeded = self.allowance.as_ref().map(Allowance::try_acquire);
        let bytes = match input {
            Input::Text(bytes) => bytes,
            Input::TooLong => {
                let text = format!(
                    "the message is longer than {} bytes (MAX_REQUEST_BODY_BYTES)",
                    self.max_message_bytes
                );
                return answered(ErrorCode::PARSE_ERROR, text, None);
            }
        };
        if !JsonLimits::MESSAGE.allow(bytes) {
            return answered(
                ErrorCode::INVALID_REQUEST,
                Refusal::TooComplex.to_string(),
                None,
            );
        }
        let message: ClientJsonRpcMessage = match serde_json::from_slice(bytes) {
            Ok(message) => message,
            Err(_) => return not_a_message(bytes),
        };
        self.messages.count(&message);
        let mut state = self.state.lock();
        match &message {
            JsonRpcMessage::Request(request) => {
                if let Some(Err(exceeded)) = exceeded {
                    let text = exceeded.to_string();
                    return answered(UNAVAILABLE, text, Some(request.id.clone()));
                }
                if matches!(request.request, ClientRequest::InitializeRequest(_))
                    && !JsonLimits::INITIALIZE.allow(bytes)
                {
                    let text = Refusal::TooComplex.to_string();
                    return answered(ErrorCode::INVALID_REQUEST, text, Some(request.id.clone()));
                }
                if let Err((code, text)) = self.admit(&mut state, &request.id) {
                    return answered(code, text, Some(request.id.clone()));
                }
            }
            _ if !state.begun => return Received::Dropped,
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    // Its handler is dropped, and it gets no answer.
                    self.forget(&mut state, id);
                }
            }
            _ => {}
        }
        Received::Message(Box::new(message))
    }

    fn admit(&self, state: &mut State, id: &RequestId) -> Result<(), (ErrorCode, &'static str)> {
        if state.closing {
            return Err((UNAVAILABLE, "the server is shutting down"));
        }
        if state.running.contains(id) {
            let text = "a request with this id is still running";
            return Err((ErrorCode::INVALID_REQUEST, text));
        }
        if state.running.len() >= self.max_in_flight {
            let text = "too many requests are running: wait for an answer";
            return Err((UNAVAILABLE, text));
        }
        state.running.insert(id.clone());
        self.in_flight.increment(1);
        Ok(())
    }

    /// An answer of rmcp is on its way.
    pub(super) fn sent(&self, message: &ServerJsonRpcMessage) {
        let mut state = self.state.lock();
        state.active_at = Instant::now();
        match message {
            JsonRpcMessage::Response(response) => self.forget(&mut state, &response.id),
            JsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    self.forget(&mut state, id);
                }
            }
            _ => {}
        }
    }

    /// rmcp's loop runs.
    pub(super) fn begin(&self) {
        self.state.lock().begun = true;
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.state.lock().begun
    }

    /// Since when nothing has come or gone, unless a request is running.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        let state = self.state.lock();
        state.running.is_empty().then_some(state.active_at)
    }

    /// Takes no more requests, and is ready when none is running.
    pub(crate) async fn finish(&self) {
        self.state.lock().closing = true;
        while !self.state.lock().running.is_empty() {
            self.finished.notified().await;
        }
    }

    fn forget(&self, state: &mut State, id: &RequestId) {
        if state.running.remove(id) {
            self.in_flight.decrement(1);
        }
        if state.running.is_empty() {
            self.finished.notify_one();
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let running = self.state.lock().running.len();
        self.in_flight.decrement(running as f64);
    }
}

/// No JSON at all, or JSON but no JSON-RPC message.
fn not_a_message(bytes: &[u8]) -> Received {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        let text = "the message is not valid JSON";
        return answered(ErrorCode::PARSE_ERROR, text, None);
    };
    let text = match value {
        Value::Array(_) => "batches are not supported: send one message at a time",
        _ => "this is not a JSON-RPC 2.0 message of MCP",
    };
    let id = serde_json::from_value(value["id"].clone()).ok();
    answered(ErrorCode::INVALID_REQUEST, text, id)
}

fn answered(
    code: ErrorCode,
    text: impl Into<Cow<'static, str>>,
    id: Option<RequestId>,
) -> Received {
    let error = ErrorData::new(code, text, None);
    Received::Answered(Box::new(JsonRpcMessage::error(error, id)))
}

#[cfg(test)]
mod tests;
