//! `POST /messages`: checks a message and hands it to its session.
//!
//! The checks come in the order of the Python SDK: content type, session id,
//! session, size, content. A 202 means that the message is in a live session's
//! inbox; whatever cannot be promised is refused before it.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rmcp::{ServerHandler, model::ClientJsonRpcMessage};

use crate::{
    response::{self, SseBody},
    service::Shared,
    session::SessionId,
};

/// Takes one message for one session.
pub(crate) async fn accept<S, B>(shared: &Shared<S>, request: Request<B>) -> Response<SseBody>
where
    S: ServerHandler,
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match deliver(shared, request).await {
        Ok(()) => response::text(StatusCode::ACCEPTED, "Accepted"),
        Err(refusal) => {
            let (status, text) = refusal.answer();
            tracing::debug!(status = status.as_u16(), reason = text, "message refused");
            response::text(status, text)
        }
    }
}

async fn deliver<S, B>(shared: &Shared<S>, request: Request<B>) -> Result<(), Refusal>
where
    S: ServerHandler,
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    if !is_json(&parts.headers) {
        return Err(Refusal::ContentType);
    }
    let id = session_id(parts.uri.query())?;
    let inbox = shared.registry.find(id).ok_or(Refusal::UnknownSession)?;
    let body = read(body, shared.config.max_request_body_bytes).await?;
    let mut message: ClientJsonRpcMessage =
        serde_json::from_slice(&body).map_err(|_| Refusal::Message)?;
    // A tool reads headers and the embedder's extensions from these.
    message.insert_extension(parts);
    // The session may have ended since it was found.
    inbox
        .send(message)
        .await
        .map_err(|_| Refusal::UnknownSession)
}

/// Why a message was not taken.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    ContentType,
    NoSessionId,
    SessionId,
    UnknownSession,
    BodyTooLarge,
    BodyCutShort,
    Message,
}

impl Refusal {
    /// Status and text; the texts are the Python SDK's where it has one.
    fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::ContentType => (StatusCode::BAD_REQUEST, "Invalid Content-Type header"),
            Self::NoSessionId => (StatusCode::BAD_REQUEST, "session_id is required"),
            Self::SessionId => (StatusCode::BAD_REQUEST, "Invalid session ID"),
            Self::UnknownSession => (StatusCode::NOT_FOUND, "Could not find session"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request body too large"),
            Self::BodyCutShort => (StatusCode::BAD_REQUEST, "Could not read request body"),
            Self::Message => (StatusCode::BAD_REQUEST, "Could not parse message"),
        }
    }
}

/// Whether the media type is `application/json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// The session named by the query: `session_id` as in the Python SDK, or
/// `sessionId` as in the TypeScript SDK.
fn session_id(query: Option<&str>) -> Result<SessionId, Refusal> {
    let value = query
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| matches!(name, "session_id" | "sessionId").then_some(value))
        .ok_or(Refusal::NoSessionId)?;
    SessionId::parse(value).ok_or(Refusal::SessionId)
}

/// The whole body, if it is no longer than `limit_bytes`.
async fn read<B>(body: B, limit_bytes: usize) -> Result<Bytes, Refusal>
where
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // A declared length is refused before a byte of the body is read.
    if body.size_hint().lower() > limit_bytes as u64 {
        return Err(Refusal::BodyTooLarge);
    }
    match Limited::new(body, limit_bytes).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge),
        Err(_) => Err(Refusal::BodyCutShort),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content_type(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, http::HeaderValue::from_static(value))])
    }

    #[test]
    fn only_json_is_json() {
        for value in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON ;x=y",
        ] {
            assert!(is_json(&content_type(value)), "{value}");
        }
        for value in [
            "application/jsonx",
            "text/plain",
            "",
            "application/json, text/html",
        ] {
            assert!(!is_json(&content_type(value)), "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn the_session_is_named_in_either_spelling() {
        let id = SessionId::parse("09623d2fc3d9493d82ce184a85eff572").unwrap();
        for query in [
            "session_id=09623d2fc3d9493d82ce184a85eff572",
            "a=b&sessionId=09623D2F-c3d9-493d-82ce-184a85eff572&c",
        ] {
            assert_eq!(session_id(Some(query)), Ok(id), "{query}");
        }
        for query in [None, Some(""), Some("session=1"), Some("session_id")] {
            assert_eq!(session_id(query), Err(Refusal::NoSessionId), "{query:?}");
        }
        assert_eq!(session_id(Some("session_id=")), Err(Refusal::SessionId));
    }
}
