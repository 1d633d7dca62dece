//! What becomes of each message of a client: rmcp takes it, it is answered at
//! once, or it is dropped.
//!
//! This closes what rmcp leaves open on a connection of this kind: its session
//! dies of a notification before `initialize`, loses one of two requests with
//! the same id, and runs any number of them at once.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use rmcp::{
    ErrorData,
    model::{
        ClientJsonRpcMessage, ClientNotification, ErrorCode, JsonRpcMessage, RequestId,
        ServerJsonRpcMessage,
    },
};
use serde_json::Value;
use tokio::{sync::Notify, time::Instant};

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
    pub(crate) fn new(max_in_flight: usize, max_message_bytes: usize) -> Self {
        Self {
            max_in_flight,
            max_message_bytes,
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
        self.state().active_at = Instant::now();
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
        let message: ClientJsonRpcMessage = match serde_json::from_slice(bytes) {
            Ok(message) => message,
            Err(_) => return not_a_message(bytes),
        };
        let mut state = self.state();
        match &message {
            JsonRpcMessage::Request(request) => {
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
        Ok(())
    }

    /// An answer of rmcp is on its way.
    pub(super) fn sent(&self, message: &ServerJsonRpcMessage) {
        let mut state = self.state();
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
        self.state().begun = true;
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.state().begun
    }

    /// Since when nothing has come or gone, unless a request is running.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        state.running.is_empty().then_some(state.active_at)
    }

    /// Takes no more requests, and is ready when none is running.
    pub(crate) async fn finish(&self) {
        self.state().closing = true;
        while !self.state().running.is_empty() {
            self.finished.notified().await;
        }
    }

    fn forget(&self, state: &mut State, id: &RequestId) {
        state.running.remove(id);
        if state.running.is_empty() {
            self.finished.notify_one();
        }
    }

    // No code panics while it holds the lock, so a poisoned state is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
mod tests {
    use proptest::prelude::*;
    use rmcp::model::ServerResult;

    use super::*;

    fn conversation() -> Conversation {
        Conversation::new(2, 100)
    }

    fn receive(conversation: &Conversation, text: &str) -> Received {
        conversation.receive(&Input::Text(text.to_owned().into()))
    }

    fn passes(conversation: &Conversation, text: &str) {
        let received = receive(conversation, text);
        assert!(matches!(received, Received::Message(_)), "{received:?}");
    }

    /// Code and id of the error with which it is answered.
    fn refused(received: Received) -> (i32, Value) {
        let Received::Answered(answer) = received else {
            panic!("{received:?}");
        };
        let answer = serde_json::to_value(&answer).unwrap();
        let code = answer["error"]["code"].as_i64().unwrap();
        (code.try_into().unwrap(), answer["id"].clone())
    }

    fn ping(id: u32) -> String {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)
    }

    fn answer(conversation: &Conversation, id: i64) {
        let id = RequestId::Number(id);
        conversation.sent(&JsonRpcMessage::response(ServerResult::empty(()), id));
    }

    fn cancel(id: u32) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#
        )
    }

    #[test]
    fn what_is_no_message_gets_an_error() {
        let conversation = conversation();
        for (text, code, id) in [
            ("garbage", -32700, Value::Null),
            (r#"{"jsonrpc":"2.0","id":1,"#, -32700, Value::Null),
            ("\u{0}", -32700, Value::Null),
            ("[]", -32600, Value::Null),
            ("1", -32600, Value::Null),
            (
                r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#,
                -32600,
                7.into(),
            ),
            (r#"{"jsonrpc":"2.0","id":"x"}"#, -32600, "x".into()),
            (
                r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
                -32600,
                Value::Null,
            ),
        ] {
            assert_eq!(refused(receive(&conversation, text)), (code, id), "{text}");
        }
        let too_long = conversation.receive(&Input::TooLong);
        assert_eq!(refused(too_long), (-32700, Value::Null));
    }

    #[test]
    fn before_the_beginning_only_requests_pass() {
        let conversation = conversation();
        let notification = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        let response = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        for text in [notification, response] {
            assert!(matches!(receive(&conversation, text), Received::Dropped));
        }
        passes(&conversation, &ping(1));
        conversation.begin();
        passes(&conversation, notification);
        passes(&conversation, response);
    }

    #[test]
    fn an_id_can_be_used_again_when_it_was_answered() {
        let conversation = conversation();
        passes(&conversation, &ping(1));
        let again = receive(&conversation, &ping(1));
        assert_eq!(refused(again), (-32600, 1.into()));
        answer(&conversation, 1);
        passes(&conversation, &ping(1));
    }

    #[test]
    fn one_request_too_many_is_refused_until_one_is_answered_or_cancelled() {
        let conversation = conversation();
        conversation.begin();
        passes(&conversation, &ping(1));
        passes(&conversation, &ping(2));
        assert_eq!(
            refused(receive(&conversation, &ping(3))),
            (-32000, 3.into())
        );
        answer(&conversation, 2);
        passes(&conversation, &ping(3));
        assert_eq!(
            refused(receive(&conversation, &ping(4))),
            (-32000, 4.into())
        );
        passes(&conversation, &cancel(1));
        passes(&conversation, &ping(4));
    }

    #[tokio::test]
    async fn it_is_finished_when_the_last_request_is() {
        let conversation = conversation();
        passes(&conversation, &ping(1));
        tokio::join!(conversation.finish(), async {
            tokio::task::yield_now().await;
            let late = receive(&conversation, &ping(2));
            assert_eq!(refused(late), (-32000, 2.into()));
            answer(&conversation, 1);
        });
    }

    proptest! {
        #[test]
        fn no_input_counts_for_more_than_may_run(
            texts in prop::collection::vec(
                prop_oneof![
                    "\\PC{0,20}",
                    (0_u32..4).prop_map(ping),
                    (0_u32..4).prop_map(cancel),
                ],
                0..40,
            ),
        ) {
            let conversation = conversation();
            conversation.begin();
            for text in texts {
                receive(&conversation, &text);
                let running = conversation.state().running.len();
                prop_assert!(running <= conversation.max_in_flight);
            }
        }
    }
}
