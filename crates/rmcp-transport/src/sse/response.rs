//! Response bodies, and responses with a plain text.
//!
//! Refusals contain a short sentence and nothing that the client sent: an echoed body or header
//! could inject text into logs.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};

use crate::{refusal::Refusal, sse::event_stream::EventStream};

/// The body of every response of [`SseService`](crate::SseService): a short text, or the events of
/// a session until it ends.
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

fn text(status: StatusCode, text: &'static str) -> Response<SseBody> {
    let mut response = Response::new(SseBody::text(text));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// Creates a 202: the message is accepted.
pub(crate) fn accepted() -> Response<SseBody> {
    text(StatusCode::ACCEPTED, "Accepted")
}

pub(crate) fn not_found() -> Response<SseBody> {
    text(StatusCode::NOT_FOUND, "Not Found")
}

pub(crate) fn refusal(refusal: Refusal) -> Response<SseBody> {
    let mut response = text(refusal.status(), refusal.text());
    if let Some(secs) = refusal.retry_after_secs() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, secs.into());
    }
    response
}

/// Creates a 200 with the headers of an event stream.
pub(crate) fn event_stream(body: SseBody) -> Response<SseBody> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Without this header, nginx buffers the response.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Creates a 200 with the headers of an event stream and no body, for HEAD.
pub(crate) fn event_stream_head() -> Response<SseBody> {
    event_stream(SseBody::text(""))
}

/// Creates a 405 with the allowed methods. Clients that try Streamable HTTP first fall back to this
/// transport when their POST to the stream's path receives it.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Response<SseBody> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    let allowed = HeaderValue::from_static(allowed);
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}
