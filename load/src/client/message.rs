//! Detects whether a message of the server is the answer to a request, and whether it is a success.

use serde::{Deserialize, de::IgnoredAny};

use super::Failure;

#[derive(Deserialize)]
struct Message {
    id: Option<u64>,
    method: Option<IgnoredAny>,
    result: Option<Outcome>,
    error: Option<RpcError>,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(rename = "isError", default)]
    is_error: bool,
}

#[derive(Deserialize)]
struct RpcError {
    code: i64,
    message: String,
}

/// Returns whether `text` is the answer to request `id`. An unsuccessful answer is an error.
///
/// Requests and notifications of the server are no answers, nor are responses to earlier, cancelled
/// requests.
pub(crate) fn answers(text: &str, id: u64) -> Result<bool, Failure> {
    let unexpected = || Failure::Unexpected(text.to_owned());
    let message = serde_json::from_str::<Message>(text).map_err(|_| unexpected())?;
    if message.method.is_some() {
        return Ok(false);
    }
    match message.id {
        Some(of) if of < id => return Ok(false),
        Some(of) if of == id => {}
        _ => return Err(unexpected()),
    }
    match (message.result, message.error) {
        (Some(Outcome { is_error: false }), None) => Ok(true),
        (Some(_), None) => Err(Failure::Tool(text.to_owned())),
        (None, Some(RpcError { code, message })) => Err(Failure::Error { code, message }),
        _ => Err(unexpected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_result_without_an_error_is_a_success() {
        let answer = |text| answers(text, 7);
        assert!(answer(r#"{"jsonrpc":"2.0","id":7,"result":{"content":[]}}"#).unwrap());
        assert!(!answer(r#"{"jsonrpc":"2.0","method":"notifications/message"}"#).unwrap());
        assert!(!answer(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).unwrap());
        assert!(!answer(r#"{"jsonrpc":"2.0","id":6,"result":{}}"#).unwrap());
        let tool = answer(r#"{"jsonrpc":"2.0","id":7,"result":{"isError":true}}"#);
        assert!(matches!(tool, Err(Failure::Tool(_))));
        let error = answer(r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"x"}}"#);
        assert!(matches!(error, Err(Failure::Error { code: -32602, .. })));
        for text in [r#"{"jsonrpc":"2.0","id":8,"result":{}}"#, "<html>"] {
            assert!(
                matches!(answer(text), Err(Failure::Unexpected(_))),
                "{text}"
            );
        }
    }
}
