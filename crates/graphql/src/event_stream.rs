//! Operations over an event stream, as in the distinct connections mode of graphql-sse.
//!
//! Each stream executes one operation. `next` events contain its responses, `complete` is the last
//! event. A stream ends without `complete` on shutdown, if the key is revoked, or if the client
//! does not read. Clients then open it again.

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

/// A comment, which clients ignore.
const KEEP_ALIVE: Bytes = Bytes::from_static(b":\n\n");

/// Clients ignore an event without a `data` field, and axum's `Event` cannot write an empty one.
const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

pub(super) fn respond(graphql: &GraphQl, extensions: &Extensions, request: Request) -> Response {
    let headers = [
        (header::CONTENT_TYPE, MediaType::Events.content_type()),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let config = graphql.shared.transport.clone();
    let session = graphql.open_session(extensions);
    let responses = graphql.stream(request, ClientKey::of(extensions));
    let next = |response| format!("event: next\ndata: {}\n\n", to_json(&response)).into();
    // Starts with a comment, so that the client immediately receives a byte.
    let events = stream::iter([KEEP_ALIVE])
        .chain(responses.map(next))
        .chain(stream::once(future::ready(COMPLETE)))
        .take_until(async move { session.cancelled().await });
    // Runs in a task: the body of a client that does not read is not polled, so only a timer can
    // end it.
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
            let reason = match sent {
                Ok(Ok(())) => continue,
                Ok(Err(_)) => "client_closed",
                Err(_) => "write_timeout",
            };
            tracing::debug!(reason, "event stream closed");
            return;
        }
    });
    let body = stream::poll_fn(move |cx| receiver.poll_recv(cx)).map(Ok::<_, Infallible>);
    (headers, Body::from_stream(body)).into_response()
}
