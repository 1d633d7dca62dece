//! The bytes of the three things that ever stand on a stream: the `endpoint`
//! event, `message` events, and keep-alive comments.
//!
//! Lines end with CRLF as the Python SDK's do. Nothing else may be sent: the
//! Go SDK decodes every event but the first as JSON-RPC, whatever its name.

use bytes::{BufMut, Bytes, BytesMut};
use rmcp::{RoleServer, service::TxJsonRpcMessage};

use crate::session::SessionId;

/// A comment line: proxies see bytes, clients see nothing.
pub(crate) const KEEP_ALIVE: Bytes = Bytes::from_static(b": ping\r\n\r\n");

const MESSAGE_START: &[u8] = b"event: message\r\ndata: ";
const END: &[u8] = b"\r\n\r\n";

/// The first event of a stream: where the client posts its messages, as a
/// bare path. A path works behind every proxy; an absolute URI would have to
/// guess scheme and host, and clients refuse a wrong guess.
pub(crate) fn endpoint(path_prefix: &str, message_path: &str, id: SessionId) -> Bytes {
    format!("event: endpoint\r\ndata: {path_prefix}{message_path}?session_id={id}\r\n\r\n").into()
}

/// One JSON-RPC message. `serde_json` escapes line ends inside strings, so the
/// data is always one line.
pub(crate) fn message(message: &TxJsonRpcMessage<RoleServer>) -> Result<Bytes, serde_json::Error> {
    let mut event = BytesMut::with_capacity(512);
    event.put_slice(MESSAGE_START);
    serde_json::to_writer((&mut event).writer(), message)?;
    event.put_slice(END);
    Ok(event.freeze())
}

#[cfg(test)]
mod tests {
    use rmcp::model::{ErrorCode, ErrorData, NumberOrString, ServerJsonRpcMessage};

    use super::*;

    #[test]
    fn line_ends_in_a_message_stay_inside_its_one_data_line() {
        let error = ErrorData::new(ErrorCode::INTERNAL_ERROR, "one\r\ntwo\n\u{2028}three", None);
        let bytes = message(&ServerJsonRpcMessage::error(
            error,
            Some(NumberOrString::Number(7)),
        ))
        .unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        assert_eq!(
            text,
            "event: message\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32603,\
             \"message\":\"one\\r\\ntwo\\n\u{2028}three\"}}\r\n\r\n"
        );
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
