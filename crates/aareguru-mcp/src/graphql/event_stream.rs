//! Operations over an event stream: graphql-sse in its mode of distinct
//! connections. One stream is one operation; `next` events hold its answers,
//! `complete` ends it.
//!
//! A stream that ends without `complete` was cut, by a shutdown or because the
//! client did not read, and is to be opened again.

use std::{convert::Infallible, future, sync::Arc};

use async_graphql::Request as Operation;
use axum::{
    body::Body,
    http::{Extensions, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use rmcp_sse::{Client, Principal};
use tokio::{
    sync::mpsc,
    time::{Instant, interval_at, timeout},
};

use super::{
    http::as_json,
    service::{GraphQl, Opened, Shared},
};
use crate::guard::KeyHandle;

/// A comment, which keeps proxies from thinking that nothing comes any more.
const KEEP_ALIVE: Bytes = Bytes::from_static(b":\n\n");

const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

pub(super) fn respond(
    graphql: &GraphQl,
    extensions: &Extensions,
    operation: Operation,
) -> Response {
    let shared = Arc::clone(&graphql.shared);
    let opened = shared.opened(extensions.get::<Principal>().cloned());
    // The streams of its principal may have been ended just before.
    if extensions.get().is_some_and(KeyHandle::is_revoked) {
        opened.revoked.cancel();
    }
    let (events, reader) = mpsc::channel(1);
    tokio::spawn(run(
        shared,
        opened,
        Client::of(extensions),
        operation,
        events,
    ));
    let body = stream::unfold(reader, |mut reader| async {
        let event = reader.recv().await?;
        Some((Ok::<_, Infallible>(event), reader))
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    (headers, Body::from_stream(body)).into_response()
}

/// Writes events until there are no more, or nobody reads them.
async fn run(
    shared: Arc<Shared>,
    opened: Opened,
    client: Option<Client>,
    operation: Operation,
    events: mpsc::Sender<Bytes>,
) {
    let config = &shared.config;
    let write = async |event| {
        matches!(
            timeout(config.write_timeout, events.send(event)).await,
            Ok(Ok(()))
        )
    };
    // So that a client knows at once that the stream is open.
    if !write(KEEP_ALIVE).await {
        return;
    }
    let mut answers = shared.stream(operation, client);
    let period = config.sse_keep_alive;
    let mut comments = period.map(|period| interval_at(Instant::now() + period, period));
    loop {
        let comment = async {
            match &mut comments {
                Some(comments) => comments.tick().await,
                None => future::pending().await,
            }
        };
        let event = tokio::select! {
            answer = answers.next() => match answer {
                Some(answer) => format!("event: next\ndata: {}\n\n", as_json(&answer)).into(),
                None => {
                    write(COMPLETE).await;
                    return;
                }
            },
            _ = comment => KEEP_ALIVE,
            () = events.closed() => return,
            () = opened.revoked.cancelled() => return,
            () = config.cancellation_token.cancelled() => return,
        };
        if !write(event).await {
            tracing::debug!("a GraphQL stream was not read in time, or is gone");
            return;
        }
    }
}
