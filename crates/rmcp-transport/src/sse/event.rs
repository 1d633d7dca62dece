//! Formats the three parts of an event stream: the `endpoint` event, `message` events, and
//! keep-alive comments.
//!
//! Lines end with CRLF as the Python SDK's do. Nothing else may be sent: the Go SDK decodes every
//! event but the first as JSON-RPC, whatever its name.

use bytes::Bytes;
use rmcp::{RoleServer, model::RequestId, service::TxJsonRpcMessage};

use crate::{
    rendered::RenderedResult,
    sse::id::{EventId, SessionId},
};

/// A comment line. It keeps proxies from closing the connection, and clients ignore it.
pub(crate) const KEEP_ALIVE: Bytes = Bytes::from_static(b": ping\r\n\r\n");

/// Formats the first event of a stream: the path to which the client posts its messages. A path
/// works behind every proxy; an absolute URI would require the external scheme and host, and
/// clients reject wrong ones.
pub(crate) fn endpoint(path_prefix: &str, message_path: &str, id: SessionId) -> Bytes {
    format!("event: endpoint\r\ndata: {path_prefix}{message_path}?session_id={id}\r\n\r\n").into()
}

/// The maximum number of bytes around a result in an event, with ids of usual length.
const AROUND_RESULT_BYTES: usize = 160;

/// A `message` event without a position in a stream.
pub(crate) struct Message(Content);

enum Content {
    /// The event without its id and final blank line.
    Written(Vec<u8>),
    /// The answer to this request.
    Rendered(RequestId, RenderedResult),
}

/// A `message` event with its position in a stream.
pub(crate) enum Event {
    Written(Bytes),
    /// Serialized when it is sent, because the result is shared by many events. An event that is
    /// kept for a resume is small.
    Rendered {
        request: RequestId,
        result: RenderedResult,
        id: Option<EventId>,
    },
}

impl Message {
    /// Serializes one JSON-RPC message. `serde_json` escapes line breaks inside strings, so the
    /// data is always one line.
    pub(crate) fn new(message: &TxJsonRpcMessage<RoleServer>) -> Result<Self, serde_json::Error> {
        // Large enough for most answers.
        let mut event = Vec::with_capacity(2048);
        event.extend_from_slice(b"event: message\r\ndata: ");
        serde_json::to_writer(&mut event, message)?;
        Ok(Self(Content::Written(event)))
    }

    /// Creates the answer to a request from a serialized result.
    pub(crate) fn rendered(request: RequestId, result: RenderedResult) -> Self {
        Self(Content::Rendered(request, result))
    }

    /// Returns the event with an id, if it has one.
    pub(crate) fn into_event(self, id: Option<EventId>) -> Event {
        match self.0 {
            Content::Written(mut event) => {
                write_end(&mut event, id);
                // Copied without the spare capacity: the event may be kept for a while.
                Event::Written(Bytes::copy_from_slice(&event))
            }
            Content::Rendered(request, result) => Event::Rendered {
                request,
                result,
                id,
            },
        }
    }

    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> Self {
        Self(Content::Written(text.into()))
    }
}

impl Event {
    /// Returns the number of bytes on the stream, or slightly more: the bytes around a result are
    /// estimated, and escapes in the request's id are not counted.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Written(bytes) => bytes.len(),
            Self::Rendered {
                request, result, ..
            } => {
                let in_request = match request {
                    RequestId::String(text) => text.len(),
                    RequestId::Number(_) => 0,
                };
                AROUND_RESULT_BYTES + in_request + result.json().len()
            }
        }
    }

    pub(crate) fn bytes(&self) -> Bytes {
        match self {
            Self::Written(bytes) => bytes.clone(),
            Self::Rendered {
                request,
                result,
                id,
            } => {
                let mut event = Vec::with_capacity(self.len());
                event.extend_from_slice(b"event: message\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":");
                serde_json::to_writer(&mut event, request).expect("a number or text is JSON");
                event.extend_from_slice(b",\"result\":");
                event.extend_from_slice(result.json());
                event.push(b'}');
                write_end(&mut event, *id);
                event.into()
            }
        }
    }
}

fn write_end(event: &mut Vec<u8>, id: Option<EventId>) {
    if let Some(id) = id {
        event.extend_from_slice(b"\r\nid: ");
        event.extend_from_slice(id.to_string().as_bytes());
    }
    event.extend_from_slice(b"\r\n\r\n");
}

#[cfg(test)]
mod tests {
    use rmcp::model::{
        CallToolResult, ContentBlock, ErrorCode, ErrorData, NumberOrString, ServerJsonRpcMessage,
    };

    use super::*;
    use crate::sse::id::ResumeToken;

    fn error() -> Message {
        let text = "one\r\ntwo\n\u{2028}three";
        let error = ErrorData::new(ErrorCode::INTERNAL_ERROR, text, None);
        let id = Some(NumberOrString::Number(7));
        Message::new(&ServerJsonRpcMessage::error(error, id)).unwrap()
    }

    const DATA: &str = "event: message\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"error\":\
                        {\"code\":-32603,\"message\":\"one\\r\\ntwo\\n\u{2028}three\"}}";

    #[test]
    fn line_breaks_in_a_message_stay_in_one_data_line() {
        assert_eq!(error().into_event(None).bytes(), format!("{DATA}\r\n\r\n"));
    }

    #[test]
    fn resumable_event_has_an_id() {
        let id = EventId {
            token: ResumeToken::random(),
            number: 3,
        };
        assert_eq!(
            error().into_event(Some(id)).bytes(),
            format!("{DATA}\r\nid: {id}\r\n\r\n")
        );
    }

    #[test]
    fn rendered_result_is_the_same_event() {
        let mut result = CallToolResult::success(vec![ContentBlock::text("17.3 °C\r\n\n")]);
        result.structured_content = Some(serde_json::json!({ "celsius": 17.3, "at": null }));
        let rendered = RenderedResult::new(result.clone()).unwrap();
        result.result_type = None;
        let event_id = EventId {
            token: ResumeToken::random(),
            number: u64::MAX,
        };
        for request in [
            NumberOrString::Number(i64::MIN),
            NumberOrString::String("a\"b\n".into()),
        ] {
            let message = ServerJsonRpcMessage::response(result.clone().into(), request.clone());
            for id in [None, Some(event_id)] {
                let written = Message::new(&message).unwrap().into_event(id).bytes();
                let event = Message::rendered(request.clone(), rendered.clone()).into_event(id);
                assert_eq!(event.bytes(), written);
                let most = written.len() + AROUND_RESULT_BYTES;
                assert!((written.len()..=most).contains(&event.len()));
            }
        }
    }

    #[test]
    fn endpoint_event_is_a_path_after_the_prefix() {
        let id = SessionId::parse("3db2eaa67e9849b6bf973c6bb5c88bc5").unwrap();
        assert_eq!(
            endpoint("/aare", "/messages", id),
            "event: endpoint\r\n\
             data: /aare/messages?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5\r\n\r\n"
        );
    }
}
