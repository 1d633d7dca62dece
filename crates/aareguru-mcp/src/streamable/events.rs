//! Events that any instance gives to their client again: the ids they have, and rmcp's store of
//! them over what the instances share.

use std::{pin::Pin, sync::Arc};

use rmcp::{
    model::{CustomResult, JsonRpcMessage, RequestId, ServerJsonRpcMessage, ServerResult},
    transport::streamable_http_server::session::{
        EventStore, EventStoreError, EventStream, ServerSseMessage,
    },
};
use serde::Deserialize;
use serde_json::Value;

use super::shared_sessions::{RemoteEventSource, SharedSessions};

/// Comes before the number of every event.
pub(super) const START: &str = "0-0";

/// Which event of which stream. Of a call it is `NUMBER/CALL`, as those of rmcp itself are, and of
/// what a session listens to `NUMBER.INSTANCE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamableEventId<'a> {
    OfCall { number: &'a str, call: &'a str },
    OfSession { number: &'a str, instance: &'a str },
}

impl<'a> StreamableEventId<'a> {
    /// `None` if it is none that was given out.
    pub(super) fn parse(id: &'a str) -> Option<Self> {
        let (number, stream) = id.split_once(['/', '.'])?;
        let (millis, count) = number.split_once('-')?;
        let is_number = |text: &str| text.parse::<u64>().is_ok();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !is_number(millis) || !is_number(count) || !stream.chars().all(is_name) {
            return None;
        }
        Some(if id.contains('/') {
            let call = stream;
            Self::OfCall { number, call }
        } else {
            let instance = stream;
            Self::OfSession { number, instance }
        })
    }
}

impl std::fmt::Display for StreamableEventId<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OfCall { number, call } => write!(f, "{number}/{call}"),
            Self::OfSession { number, instance } => write!(f, "{number}.{instance}"),
        }
    }
}

/// The shared events as rmcp stores them. It never fails, because rmcp would not send the event
/// then: one that is not stored has an empty id.
pub(super) struct SharedEventStore(pub(super) Arc<dyn SharedSessions>);

impl EventStore for SharedEventStore {
    fn store_event<'store, 'stream, 'event, 'answer>(
        &'store self,
        stream: &'stream str,
        event: &'event ServerSseMessage,
    ) -> Answer<'answer, String>
    where
        'store: 'answer,
        'stream: 'answer,
        'event: 'answer,
    {
        Box::pin(async move {
            let source = match stream.strip_suffix(":common") {
                Some(session) => RemoteEventSource::Session(session),
                None => RemoteEventSource::Call(stream),
            };
            let Some(message) = &event.message else {
                // It says how to come back, and all that comes is after it.
                return Ok(id(START, source, &*self.0));
            };
            let is_answer = matches!(
                **message,
                JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_)
            );
            let kept = match serde_json::to_string(&**message) {
                Ok(text) => self.0.keep_event(source, text, is_answer).await.ok(),
                Err(_) => None,
            };
            Ok(kept.map_or_else(String::new, |number| id(&number, source, &*self.0)))
        })
    }

    /// Events are given again to their session alone, of which rmcp says nothing here.
    fn replay_events_after<'store, 'id, 'answer>(
        &'store self,
        _: &'id str,
    ) -> Answer<'answer, EventStream>
    where
        'store: 'answer,
        'id: 'answer,
    {
        Box::pin(async { Err("events are given again to their session alone".into()) })
    }
}

fn id(number: &str, source: RemoteEventSource<'_>, shared: &dyn SharedSessions) -> String {
    let instance = shared.instance();
    match source {
        RemoteEventSource::Call(call) => StreamableEventId::OfCall { number, call },
        RemoteEventSource::Session(_) => StreamableEventId::OfSession { number, instance },
    }
    .to_string()
}

/// An event as its client gets it: without an id if it was not stored.
pub(super) fn told(mut event: ServerSseMessage) -> ServerSseMessage {
    event.event_id.take_if(|id| id.is_empty());
    event
}

/// An event as it was stored, and whether it answers its call.
pub(super) fn stored(id: StreamableEventId<'_>, text: &str) -> Option<(ServerSseMessage, bool)> {
    #[derive(Deserialize)]
    struct Response {
        id: RequestId,
        // As it is: rmcp would have to guess which result it was.
        result: Value,
    }
    let message = match serde_json::from_str(text) {
        Ok(Response { id, result }) => {
            let result = ServerResult::CustomResult(CustomResult::new(result));
            ServerJsonRpcMessage::response(result, id)
        }
        Err(_) => serde_json::from_str(text).ok()?,
    };
    let is_answer = matches!(
        message,
        JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_)
    );
    Some((ServerSseMessage::new(id.to_string(), message), is_answer))
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, EventStoreError>> + Send + 'a>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_the_stream() {
        for (text, id) in [
            (
                "17-0/3db2",
                StreamableEventId::OfCall {
                    number: "17-0",
                    call: "3db2",
                },
            ),
            (
                "17-1.ab",
                StreamableEventId::OfSession {
                    number: "17-1",
                    instance: "ab",
                },
            ),
        ] {
            assert_eq!(StreamableEventId::parse(text), Some(id));
            assert_eq!(id.to_string(), text);
        }
        for text in [
            "", "17", "17-0", "17/a", "+-0/a", "17-0/a/b", "17-0/a b", "17-0.a.b",
        ] {
            assert_eq!(StreamableEventId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_answer_is_told_again_as_it_was() {
        let text = r#"{"jsonrpc":"2.0","id":"a","result":{"more":[1,null],"nextCursor":7}}"#;
        let id = StreamableEventId::parse("1-0/c").unwrap();
        let (event, is_answer) = stored(id, text).unwrap();
        assert!(is_answer);
        let again: Value = serde_json::to_value(event.message.unwrap()).unwrap();
        assert_eq!(again, serde_json::from_str::<Value>(text).unwrap());
    }
}
