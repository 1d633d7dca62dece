//! What goes back: streams that hold what they need until they end, and errors as the JSON-RPC
//! errors that clients look for.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    Response, StatusCode,
    body::{Body as HttpBody, Frame, SizeHint},
    header::{self, HeaderValue},
};
use rmcp::{
    ErrorData,
    model::{ErrorCode, RequestId},
};
use rmcp_transport::Refusal;
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::panic_watchdog::LostRequest;

/// What the TypeScript SDK says with the same statuses; the specification leaves the code open.
const SESSION_NOT_FOUND: i32 = -32001;
const UNAVAILABLE: i32 = -32000;

const FAILED: &str = "the server failed on this request";

/// The answer to a request that is refused.
pub(super) fn refused(refusal: Refusal, id: Option<&RequestId>) -> Response<Body> {
    let status = refusal.status();
    let code = match status {
        StatusCode::NOT_FOUND => SESSION_NOT_FOUND,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => UNAVAILABLE,
        _ => ErrorCode::INVALID_REQUEST.0,
    };
    let mut response = error(status, code, &refusal.to_string(), id);
    if let Some(seconds) = refusal.retry_after_secs() {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// rmcp's answer, with its errors as JSON-RPC errors. If `body` is given, 415 means that this body
/// is not a message.
pub(super) async fn of_rmcp<B>(response: Response<B>, body: Option<&Bytes>) -> Response<Body>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let status = response.status();
    if status == StatusCode::UNSUPPORTED_MEDIA_TYPE
        && let Some(body) = body
    {
        return not_a_message(body);
    }
    let is_plain = !response.headers().contains_key(header::CONTENT_TYPE);
    if !(is_plain && (status.is_client_error() || status.is_server_error())) {
        return response.map(Body::new);
    }
    let (parts, body) = response.into_parts();
    let text = match body.collect().await {
        Ok(_) if status.is_server_error() => FAILED.into(),
        Ok(text) => text.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let text = String::from_utf8_lossy(&text);
    let mut response = error(status, ErrorCode::INVALID_REQUEST.0, &text, None);
    if let Some(allow) = parts.headers.get(header::ALLOW) {
        let headers = response.headers_mut();
        headers.insert(header::ALLOW, allow.clone());
    }
    response
}

/// A body that is no JSON at all, or JSON but no JSON-RPC message.
fn not_a_message(body: &[u8]) -> Response<Body> {
    let status = StatusCode::BAD_REQUEST;
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return error(
            status,
            ErrorCode::PARSE_ERROR.0,
            "the body is not valid JSON",
            None,
        );
    };
    let text = match value {
        Value::Array(_) => "batches are not supported: post one message at a time",
        _ => "the body is not a JSON-RPC 2.0 message of MCP",
    };
    let id: Option<RequestId> = serde_json::from_value(value["id"].clone()).ok();
    error(status, ErrorCode::INVALID_REQUEST.0, text, id.as_ref())
}

fn error(status: StatusCode, code: i32, text: &str, id: Option<&RequestId>) -> Response<Body> {
    let mut response = Response::new(Body::from(error_text(code, text, id)));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

fn error_text(code: i32, text: &str, id: Option<&RequestId>) -> String {
    let error = ErrorData::new(ErrorCode(code), text.to_owned(), None);
    json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string()
}

/// The answer to a request whose handler has failed before the answer began.
pub(super) fn failed(id: &RequestId) -> Response<Body> {
    let code = ErrorCode::INTERNAL_ERROR.0;
    error(StatusCode::INTERNAL_SERVER_ERROR, code, FAILED, Some(id))
}

/// The body of an answer, and what is held until it has ended.
pub(super) struct AnswerStream<H> {
    body: Body,
    until: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    /// Whether an error has taken the place of the answer.
    failed: bool,
    lost: Option<LostRequest>,
    _held: H,
}

impl<H> AnswerStream<H> {
    /// A body that ends by itself, or when `until` is cancelled, or with an error when the answer
    /// is `lost`.
    pub(super) fn new(
        body: Body,
        until: Option<CancellationToken>,
        lost: Option<LostRequest>,
        held: H,
    ) -> Self {
        Self {
            body,
            until: until.map(|token| Box::pin(token.cancelled_owned())),
            failed: false,
            lost,
            _held: held,
        }
    }
}

impl<H: Unpin> HttpBody for AnswerStream<H> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if let Some(until) = &mut this.until
            && until.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(None);
        }
        if this.failed {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        if let Some(lost) = &mut this.lost
            && let Poll::Ready(id) = lost.as_mut().poll(cx)
        {
            this.failed = true;
            let error = error_text(ErrorCode::INTERNAL_ERROR.0, FAILED, Some(&id));
            let event = format!("data: {error}\n\n");
            return Poll::Ready(Some(Ok(Frame::data(event.into()))));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
