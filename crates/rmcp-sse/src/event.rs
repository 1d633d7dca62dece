//! The bytes of the three things that ever stand on a stream: the `endpoint`
//! event, `message` events, and keep-alive comments.
//!
//! Lines end with CRLF as the Python SDK's do. Nothing else may be sent: the
//! Go SDK decodes every event but the first as JSON-RPC, whatever its name.

use bytes::Bytes;
use rmcp::{RoleServer, model::RequestId, service::TxJsonRpcMessage};

use crate::{
    id::{EventId, SessionId},
    rendered::RenderedResult,
};

/// A comment line: proxies see bytes, clients see nothing.
pub(crate) const KEEP_ALIVE: Bytes = Bytes::from_static(b": ping\r\n\r\n");

/// The first event of a stream: where the client posts its messages, as a
/// bare path. A path works behind every proxy; an absolute URI would have to
/// guess scheme and host, and clients refuse a wrong guess.
pub(crate) fn endpoint(path_prefix: &str, message_path: &str, id: SessionId) -> Bytes {
    format!("event: endpoint\r\ndata: {path_prefix}{message_path}?session_id={id}\r\n\r\n").into()
}

/// For what stands before and after a result, with ids of the usual length.
const ROOM_AROUND_RESULT: usize = 160;

/// A `message` event that lacks its end: whether it has an id, and which, is
/// known when its place in the stream is.
pub(crate) struct Message(Vec<u8>);

impl Message {
    /// Writes one JSON-RPC message. `serde_json` escapes line ends inside
    /// strings, so the data is always one line.
    pub(crate) fn new(message: &TxJsonRpcMessage<RoleServer>) -> Result<Self, serde_json::Error> {
        // Room for most answers.
        let mut event = Vec::with_capacity(2048);
        event.extend_from_slice(b"event: message\r\ndata: ");
        serde_json::to_writer(&mut event, message)?;
        Ok(Self(event))
    }

    /// Writes the answer to a request with a result that is JSON already.
    pub(crate) fn rendered(
        id: &RequestId,
        result: &RenderedResult,
    ) -> Result<Self, serde_json::Error> {
        let mut event = Vec::with_capacity(result.json().len() + ROOM_AROUND_RESULT);
        event.extend_from_slice(b"event: message\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":");
        serde_json::to_writer(&mut event, id)?;
        event.extend_from_slice(b",\"result\":");
        event.extend_from_slice(result.json());
        event.push(b'}');
        Ok(Self(event))
    }

    pub(crate) fn finish(self, id: Option<EventId>) -> Bytes {
        let Self(mut event) = self;
        if let Some(id) = id {
            event.extend_from_slice(b"\r\nid: ");
            event.extend_from_slice(id.to_string().as_bytes());
        }
        event.extend_from_slice(b"\r\n\r\n");
        // Without the room that is left: it is kept for a while if the stream
        // can be resumed.
        Bytes::copy_from_slice(&event)
    }

    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> Self {
        Self(text.into())
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::{
        CallToolResult, ContentBlock, ErrorCode, ErrorData, NumberOrString, ServerJsonRpcMessage,
    };

    use super::*;
    use crate::id::ResumeToken;

    fn error() -> Message {
        let text = "one\r\ntwo\n\u{2028}three";
        let error = ErrorData::new(ErrorCode::INTERNAL_ERROR, text, None);
        let id = Some(NumberOrString::Number(7));
        Message::new(&ServerJsonRpcMessage::error(error, id)).unwrap()
    }

    const DATA: &str = "event: message\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"error\":\
                        {\"code\":-32603,\"message\":\"one\\r\\ntwo\\n\u{2028}three\"}}";

    #[test]
    fn line_ends_in_a_message_stay_inside_its_one_data_line() {
        assert_eq!(error().finish(None), format!("{DATA}\r\n\r\n"));
    }

    #[test]
    fn an_event_that_can_be_resumed_from_has_an_id() {
        let id = EventId {
            token: ResumeToken::random(),
            number: 3,
        };
        assert_eq!(
            error().finish(Some(id)),
            format!("{DATA}\r\nid: {id}\r\n\r\n")
        );
    }

    #[test]
    fn a_rendered_result_is_the_same_event() {
        let mut result = CallToolResult::success(vec![ContentBlock::text("17.3 °C\r\n\n")]);
        result.structured_content = Some(serde_json::json!({ "celsius": 17.3, "at": null }));
        let rendered = RenderedResult::new(result.clone()).unwrap();
        result.result_type = None;
        for id in [
            NumberOrString::Number(7),
            NumberOrString::String("a\"b\n".into()),
        ] {
            let event = Message::rendered(&id, &rendered).unwrap().finish(None);
            let message = ServerJsonRpcMessage::response(result.clone().into(), id);
            assert_eq!(event, Message::new(&message).unwrap().finish(None));
        }
    }

    #[test]
    fn the_endpoint_is_a_bare_path_after_the_prefix() {
        let id = SessionId::parse("3db2eaa67e9849b6bf973c6bb5c88bc5").unwrap();
        assert_eq!(
            endpoint("/aare", "/messages", id),
            "event: endpoint\r\n\
             data: /aare/messages?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5\r\n\r\n"
        );
    }
}
