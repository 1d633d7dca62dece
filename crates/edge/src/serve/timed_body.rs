//! Limits the time that a request body may take, and discards bodies that no handler reads.
//!
//! A request may be answered before its body is read, for example because it is too large. If the
//! connection were closed then, the system would answer the rest of the body with a reset, and a
//! client that first sends the whole body would lose the response. So a bounded part of the rest is
//! read and discarded.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::BoxError;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::{
    runtime::Handle,
    time::{Sleep, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// The maximum number of bytes discarded. More than a message may have: most messages that are too
/// large are only slightly too large.
const MAX_DISCARDED_BYTES: usize = 16 * 1024 * 1024;

/// The time limit for discarding.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// A body that fails if it does not arrive in time. The timer starts when the handler first waits:
/// most bodies arrive with their head.
#[derive(Debug)]
pub(super) struct TimedBody {
    /// `None` after a timeout or an error.
    incoming: Option<Incoming>,
    timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    draining: CancellationToken,
}

impl TimedBody {
    /// Wraps a body. Once `draining` is cancelled, unread bodies are not discarded.
    pub(super) fn new(incoming: Incoming, timeout: Duration, draining: CancellationToken) -> Self {
        Self {
            incoming: Some(incoming),
            timeout,
            timer: None,
            draining,
        }
    }
}

impl Drop for TimedBody {
    fn drop(&mut self) {
        let unread = self.incoming.take().filter(|body| !body.is_end_stream());
        let Some(unread) = unread else {
            return;
        };
        if let Ok(runtime) = Handle::try_current() {
            let draining = self.draining.clone();
            let limit = self.timeout.min(DISCARD_TIMEOUT);
            runtime.spawn(async move {
                tokio::select! {
                    _ = timeout(limit, discard(unread)) => {}
                    () = draining.cancelled() => {}
                }
            });
        }
    }
}

async fn discard(mut body: Incoming) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > MAX_DISCARDED_BYTES {
            return;
        }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let Some(incoming) = &mut this.incoming else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(frame) = Pin::new(incoming).poll_frame(cx) {
            if matches!(frame, Some(Err(_))) {
                this.incoming = None;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let timeout = this.timeout;
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(timeout)));
        timer.as_mut().poll(cx).map(|()| {
            this.incoming = None;
            tracing::debug!(?timeout, "request body timed out");
            let error = io::Error::new(io::ErrorKind::TimedOut, "request body timed out");
            Some(Err(error.into()))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let incoming = self.incoming.as_ref();
        incoming.map_or_else(SizeHint::default, Body::size_hint)
    }
}
