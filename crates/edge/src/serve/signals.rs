//! Receives the signals that shut the server down.

use std::task::Poll;

use anyhow::Context as _;
use futures_util::{Stream, stream};
use tokio::signal::unix::{SignalKind, signal};

/// Handles SIGTERM and SIGINT, which would otherwise terminate the process, and returns their names
/// as they arrive.
///
/// # Errors
///
/// The system does not allow the handlers.
pub fn signals() -> anyhow::Result<impl Stream<Item = &'static str> + Unpin> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
    Ok(stream::poll_fn(move |cx| {
        if let Poll::Ready(Some(())) = terminate.poll_recv(cx) {
            return Poll::Ready(Some("SIGTERM"));
        }
        interrupt
            .poll_recv(cx)
            .map(|received| received.map(|()| "SIGINT"))
    }))
}
