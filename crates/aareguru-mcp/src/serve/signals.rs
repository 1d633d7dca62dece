//! The signals that end the process.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use anyhow::Context as _;
use futures_util::Stream;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and Ctrl-C, from the moment of [`Signals::listen`] on.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes the signals over from the system, which would end the process.
    ///
    /// # Errors
    ///
    /// The system does not let us.
    pub fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("listening for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("listening for SIGINT")?,
        })
    }
}

impl Stream for Signals {
    /// The name of a signal.
    type Item = &'static str;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<&'static str>> {
        if let Poll::Ready(Some(())) = self.terminate.poll_recv(cx) {
            return Poll::Ready(Some("SIGTERM"));
        }
        match self.interrupt.poll_recv(cx) {
            Poll::Ready(Some(())) => Poll::Ready(Some("SIGINT")),
            _ => Poll::Pending,
        }
    }
}
