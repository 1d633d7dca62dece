//! One event stream of the server, and who waits for what comes on it.

use std::sync::Arc;

use axum::http::StatusCode;
use parking_lot::{Mutex, MutexGuard};
use reqwest::Url;
use serde_json::Value;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use super::{
    Refused,
    events::{Event, Events},
};

pub(super) struct Session {
    messages_url: Url,
    waiting: Arc<Mutex<Waiting>>,
    reader: JoinHandle<()>,
}

#[derive(Default)]
struct Waiting {
    /// The requests that run, by their id, the latest last.
    calls: Vec<(Value, UnboundedSender<String>)>,
    /// The stream that a GET has opened.
    listener: Option<UnboundedSender<String>>,
}

impl Session {
    /// Waits for the endpoint, and then reads until the stream ends.
    pub(super) async fn begin(response: reqwest::Response) -> Result<Self, Refused> {
        let sse_url = response.url().clone();
        let mut events = Events::of(response);
        let endpoint = events.next().await.filter(|event| event.name == "endpoint");
        let messages_url = endpoint.and_then(|event| sse_url.join(&event.data).ok());
        let messages_url = messages_url.ok_or_else(|| {
            let text = "the stream does not begin with an endpoint";
            Refused(StatusCode::BAD_GATEWAY, text.to_owned())
        })?;
        let waiting = Arc::<Mutex<Waiting>>::default();
        let reader = tokio::spawn(read(events, waiting.clone()));
        Ok(Self {
            messages_url,
            waiting,
            reader,
        })
    }

    pub(super) fn messages_url(&self) -> Url {
        self.messages_url.clone()
    }

    pub(super) fn is_open(&self) -> bool {
        !self.reader.is_finished()
    }

    /// What comes until the answer to a request, and the answer.
    pub(super) fn expect(&self, id: &Value) -> UnboundedReceiver<String> {
        let (sender, messages) = unbounded_channel();
        lock(&self.waiting).calls.push((id.clone(), sender));
        messages
    }

    /// The request was refused: nothing will come.
    pub(super) fn forget(&self, id: &Value) {
        lock(&self.waiting).calls.retain(|(call, _)| call != id);
    }

    /// What comes while no request runs.
    pub(super) fn listen(&self) -> UnboundedReceiver<String> {
        let (sender, messages) = unbounded_channel();
        lock(&self.waiting).listener = Some(sender);
        messages
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read(mut events: Events, waiting: Arc<Mutex<Waiting>>) {
    while let Some(event) = events.next().await {
        if event.name == "message" {
            lock(&waiting).hand_over(event);
        }
    }
    *lock(&waiting) = Waiting::default();
}

impl Waiting {
    /// A receiver that has gone away misses what it does not want.
    fn hand_over(&mut self, Event { data, .. }: Event) {
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

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock()
}
