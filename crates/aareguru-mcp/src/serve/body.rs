//! The body of a request, which has to arrive within a time.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::BoxError;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

/// A body that fails when it has not arrived in time. The time begins when
/// somebody has to wait for it: most bodies come with their head.
#[derive(Debug)]
pub(super) struct TimedBody {
    incoming: Incoming,
    timeout: Duration,
    late: Option<Pin<Box<Sleep>>>,
}

impl TimedBody {
    pub(super) fn new(incoming: Incoming, timeout: Duration) -> Self {
        Self {
            incoming,
            timeout,
            late: None,
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
        if let Poll::Ready(frame) = Pin::new(&mut this.incoming).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let timeout = this.timeout;
        let late = this.late.get_or_insert_with(|| Box::pin(sleep(timeout)));
        late.as_mut().poll(cx).map(|()| {
            tracing::debug!("a request's body took longer than {timeout:?}");
            let error = io::Error::new(io::ErrorKind::TimedOut, "the body took too long");
            Some(Err(error.into()))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
