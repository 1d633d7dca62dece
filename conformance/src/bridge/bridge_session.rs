//! One event stream of the server, and the receivers of its messages.

use std::sync::Arc;

use axum::http::StatusCode;
use parking_lot::Mutex;
use reqwest::Url;
use serde_json::Value;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use super::{
    BridgeError,
    sse_reader::{SseEvent, SseReader},
};

pub(super) struct BridgeSession {
    messages_url: Url,
    receivers: Arc<Mutex<Receivers>>,
    reader: JoinHandle<()>,
}

#[derive(Default)]
struct Receivers {
    /// The running requests by id, the latest last.
    calls: Vec<(Value, UnboundedSender<String>)>,
    /// The stream that a GET has opened.
    listener: Option<UnboundedSender<String>>,
}

impl BridgeSession {
    /// Waits for the `endpoint` event, and starts a task that reads the stream.
    pub(super) async fn open(response: reqwest::Response) -> Result<Self, BridgeError> {
        let sse_url = response.url().clone();
        let mut events = SseReader::new(response);
        let endpoint = events.next().await.filter(|event| event.name == "endpoint");
        let messages_url = endpoint.and_then(|event| sse_url.join(&event.data).ok());
        let messages_url = messages_url.ok_or_else(|| {
            let text = "the stream does not begin with an endpoint";
            BridgeError(StatusCode::BAD_GATEWAY, text.to_owned())
        })?;
        let receivers = Arc::<Mutex<Receivers>>::default();
        let reader = tokio::spawn(read(events, receivers.clone()));
        Ok(Self {
            messages_url,
            receivers,
            reader,
        })
    }

    pub(super) fn messages_url(&self) -> Url {
        self.messages_url.clone()
    }

    pub(super) fn is_open(&self) -> bool {
        !self.reader.is_finished()
    }

    /// Receives the messages up to the response to a request.
    pub(super) fn register_call(&self, id: &Value) -> UnboundedReceiver<String> {
        let (sender, messages) = unbounded_channel();
        self.receivers.lock().calls.push((id.clone(), sender));
        messages
    }

    pub(super) fn remove_call(&self, id: &Value) {
        self.receivers.lock().calls.retain(|(call, _)| call != id);
    }

    /// Receives the messages that arrive while no request runs.
    pub(super) fn listen(&self) -> UnboundedReceiver<String> {
        let (sender, messages) = unbounded_channel();
        self.receivers.lock().listener = Some(sender);
        messages
    }
}

impl Drop for BridgeSession {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read(mut events: SseReader, receivers: Arc<Mutex<Receivers>>) {
    while let Some(event) = events.next().await {
        if event.name == "message" {
            receivers.lock().dispatch(event);
        }
    }
    *receivers.lock() = Receivers::default();
}

impl Receivers {
    /// Sends a message to its receiver. Messages of closed receivers are dropped.
    fn dispatch(&mut self, SseEvent { data, .. }: SseEvent) {
        let message: Value = serde_json::from_str(&data).unwrap_or_default();
        if message["method"].is_string() {
            let call = self.calls.last().map(|(_, call)| call);
            if let Some(receiver) = call.or(self.listener.as_ref()) {
                let _ = receiver.send(data);
            }
        } else if let Some(call) = self.calls.iter().position(|(id, _)| *id == message["id"]) {
            let _ = self.calls.remove(call).1.send(data);
        }
    }
}
