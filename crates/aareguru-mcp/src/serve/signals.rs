//! The signals that end the process.

use std::task::Poll;

use anyhow::Context as _;
use futures_util::{Stream, stream};
use tokio::signal::unix::{SignalKind, signal};

/// Takes SIGTERM and Ctrl-C over from the system, which would end the process, and returns their
/// names as they arrive.
///
/// # Errors
///
/// The system does not let us.
pub fn signals() -> anyhow::Result<impl Stream<Item = &'static str> + Unpin> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    Ok(stream::poll_fn(move |cx| {
        if let Poll::Ready(Some(())) = terminate.poll_recv(cx) {
            return Poll::Ready(Some("SIGTERM"));
        }
        interrupt
            .poll_recv(cx)
            .map(|received| received.map(|()| "SIGINT"))
    }))
}
