//! Response bodies, and the plain text answers of the contract.
//!
//! Refusals carry a short sentence and nothing of what the client sent: a body
//! or a header echoed back is a way to smuggle text into somebody's logs.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};

use crate::{refusal::Refusal, stream::EventStream};

/// The body of every response of [`SseService`](crate::SseService): a short
/// text, or the events of a session until it ends.
#[derive(Debug)]
pub struct SseBody(Content);

#[derive(Debug)]
enum Content {
    Text(Option<Bytes>),
    Events(EventStream),
}

impl SseBody {
    pub(crate) fn events(stream: EventStream) -> Self {
        Self(Content::Events(stream))
    }

    fn text(text: &'static str) -> Self {
        Self(Content::Text(
            Some(Bytes::from_static(text.as_bytes())).filter(|text| !text.is_empty()),
        ))
    }
}

impl From<&'static str> for SseBody {
    fn from(text: &'static str) -> Self {
        Self::text(text)
    }
}

impl Body for SseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match &mut self.get_mut().0 {
            Content::Text(text) => Poll::Ready(text.take()),
            Content::Events(events) => events.poll_next(cx),
        };
        bytes.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Content::Text(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Text(text) => {
                SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64))
            }
            Content::Events(_) => SizeHint::default(),
        }
    }
}

/// A text answer with the given status.
fn text(status: StatusCode, text: &'static str) -> Response<SseBody> {
    let mut response = Response::new(SseBody::text(text));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// 202: the message is taken.
pub(crate) fn accepted() -> Response<SseBody> {
    text(StatusCode::ACCEPTED, "Accepted")
}

/// 404 for a path that is not ours.
pub(crate) fn not_found() -> Response<SseBody> {
    text(StatusCode::NOT_FOUND, "Not Found")
}

/// Why a request is not served, and when to try again.
pub(crate) fn refusal(refusal: Refusal) -> Response<SseBody> {
    let mut response = text(refusal.status(), refusal.text());
    if let Some(secs) = refusal.retry_after_secs() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, secs.into());
    }
    response
}

/// 200 with the headers of an event stream.
pub(crate) fn event_stream(body: SseBody) -> Response<SseBody> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx holds a response back until a buffer is full unless told not to.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// 200 with the headers of an event stream and no events, for HEAD.
pub(crate) fn event_stream_head() -> Response<SseBody> {
    event_stream(SseBody::text(""))
}

/// 405 with the methods that would do. Clients that try Streamable HTTP first
/// fall back to this transport when their POST to the stream's path is
/// answered so.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Response<SseBody> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    let allowed = HeaderValue::from_static(allowed);
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}
