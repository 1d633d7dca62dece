//! Operations over an event stream: graphql-sse in its mode of distinct connections. One stream is
//! one operation; `next` events hold its responses, `complete` ends it.
//!
//! A stream that ends without `complete` was cut by a shutdown or a revoked key, or because the
//! client did not read. Clients open it again.

use std::{convert::Infallible, future, pin::pin};

use async_graphql::Request;
use axum::{
    body::Body,
    http::{Extensions, HeaderName, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use rmcp_transport::ClientKey;
use tokio::{sync::mpsc, time::timeout};

use super::{
    media_type::MediaType,
    response_json::to_json,
    service::{GraphQl, repeat_every},
};

/// A comment.
const KEEP_ALIVE: Bytes = Bytes::from_static(b":\n\n");

/// Its data must be present, though empty: without, a client ignores the event. axum's `Event`
/// cannot write that.
const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

pub(super) fn respond(graphql: &GraphQl, extensions: &Extensions, request: Request) -> Response {
    let headers = [
        (header::CONTENT_TYPE, MediaType::Events.content_type()),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let config = graphql.shared.config.clone();
    let session = graphql.open_session(extensions);
    let responses = graphql.stream(request, ClientKey::of(extensions));
    let next = |response| format!("event: next\ndata: {}\n\n", to_json(&response)).into();
    // A comment first, so that a client knows at once that the stream is open.
    let events = stream::iter([KEEP_ALIVE])
        .chain(responses.map(next))
        .chain(stream::once(future::ready(COMPLETE)))
        .take_until(async move { session.cancelled().await });
    // A task, as nothing but a timer ends a stream that is not read.
    let (sender, mut receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut events = pin!(events);
        let mut keep_alives = pin!(repeat_every(config.sse_keep_alive, KEEP_ALIVE));
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                event = keep_alives.next() => event,
                () = sender.closed() => None,
            };
            let Some(event) = event else { return };
            let sent = timeout(config.write_timeout, sender.send(event)).await;
            if !matches!(sent, Ok(Ok(()))) {
                tracing::debug!("a GraphQL stream was not read in time, or is gone");
                return;
            }
        }
    });
    let body = stream::poll_fn(move |cx| receiver.poll_recv(cx)).map(Ok::<_, Infallible>);
    (headers, Body::from_stream(body)).into_response()
}
