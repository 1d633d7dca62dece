//! The body of a request, which has to arrive within a time.
//!
//! A request may be answered before its body has been read, because it is too
//! long or its client may not come in. Were the connection closed then, the
//! system would answer the rest of the body with a reset, and a client that
//! first sends all it has would lose the answer. So a bit of the rest is still
//! taken, and thrown away.

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

/// How many bytes are taken that nobody reads. More than a message may have:
/// those that are too long are mostly a little too long.
const MOST_LEFT_OVER_BYTES: usize = 16 * 1024 * 1024;

/// How long they may take.
const LEFT_OVER: Duration = Duration::from_secs(5);

/// A body that fails when it has not arrived in time. The time begins when
/// somebody has to wait for it: most bodies come with their head.
#[derive(Debug)]
pub(super) struct TimedBody {
    /// `None` once it was late or has failed.
    incoming: Option<Incoming>,
    timeout: Duration,
    late: Option<Pin<Box<Sleep>>>,
    draining: CancellationToken,
}

impl TimedBody {
    /// After `draining`, what nobody reads is not taken either.
    pub(super) fn new(incoming: Incoming, timeout: Duration, draining: CancellationToken) -> Self {
        Self {
            incoming: Some(incoming),
            timeout,
            late: None,
            draining,
        }
    }
}

impl Drop for TimedBody {
    fn drop(&mut self) {
        let left_over = self.incoming.take().filter(|body| !body.is_end_stream());
        let Some(left_over) = left_over else {
            return;
        };
        // hyper reads on while somebody takes what it reads.
        if let Ok(runtime) = Handle::try_current() {
            let draining = self.draining.clone();
            let time = self.timeout.min(LEFT_OVER);
            runtime.spawn(async move {
                tokio::select! {
                    _ = timeout(time, discard(left_over)) => {}
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
        if bytes > MOST_LEFT_OVER_BYTES {
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
        let late = this.late.get_or_insert_with(|| Box::pin(sleep(timeout)));
        late.as_mut().poll(cx).map(|()| {
            this.incoming = None;
            tracing::debug!("a request's body took longer than {timeout:?}");
            let error = io::Error::new(io::ErrorKind::TimedOut, "the body took too long");
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
