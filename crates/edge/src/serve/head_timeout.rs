//! Separates the timeout of a request head from the idle timeout of a connection.
//!
//! hyper has one timeout, which covers both the idle time before a request and the time that its
//! head takes. It is given the longer one, and a timer that expires earlier once the first byte of
//! the head has arrived.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use pin_project_lite::pin_project;

use super::connection_timeouts::ConnectionTimeouts;

/// The time limit for a partial head once the server is draining.
const DRAIN_HEAD_TIMEOUT: Duration = Duration::from_secs(1);

/// The state of the head that a connection waits for. Shared by the reader and the timer, which run
/// in one task.
#[derive(Debug, Default)]
pub(super) struct HeadState {
    flags: AtomicU8,
}

/// The connection has waited for its first head.
const HAS_WAITED: u8 = 1;
/// A byte has arrived since the connection began to wait for a head.
const HEAD_STARTED: u8 = 2;
/// The server is draining.
const DRAINING: u8 = 4;

impl HeadState {
    pub(super) fn drain(&self) {
        self.flags.fetch_or(DRAINING, Ordering::Relaxed);
    }

    /// Returns whether no byte of the next head has arrived.
    pub(super) fn is_idle(&self) -> bool {
        !self.has(HEAD_STARTED)
    }

    fn has(&self, flag: u8) -> bool {
        self.flags.load(Ordering::Relaxed) & flag != 0
    }

    /// Records bytes read from the connection. Empty input is the end of the stream.
    pub(super) fn record_read(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.flags.fetch_or(HEAD_STARTED, Ordering::Relaxed);
        }
    }

    /// Starts to wait for a head, and returns whether it is the first.
    fn begin(&self) -> bool {
        let before = self.flags.fetch_and(!HEAD_STARTED, Ordering::Relaxed);
        self.flags.fetch_or(HAS_WAITED, Ordering::Relaxed);
        before & HAS_WAITED == 0
    }
}

/// The timer of one connection. hyper uses it for heads only.
#[derive(Debug)]
pub(super) struct HeadTimer {
    pub(super) state: Arc<HeadState>,
    pub(super) timeouts: ConnectionTimeouts,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, keep_alive: Instant) -> Pin<Box<dyn Sleep>> {
        let head = self.timeouts.head;
        let is_first = self.state.begin();
        let until = if is_first {
            self.now() + head
        } else {
            keep_alive
        };
        Box::pin(HeadSleep {
            sleep: tokio::time::sleep_until(until.into()),
            state: self.state.clone(),
            head,
            is_limited_to_head: is_first,
            is_limited_to_drain: false,
        })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

pin_project! {
    /// Completes when the head is late. hyper polls it after each read.
    struct HeadSleep {
        #[pin]
        sleep: tokio::time::Sleep,
        state: Arc<HeadState>,
        head: Duration,
        is_limited_to_head: bool,
        is_limited_to_drain: bool,
    }
}

impl Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if !*this.is_limited_to_head && this.state.has(HEAD_STARTED) {
            *this.is_limited_to_head = true;
            let deadline = tokio::time::Instant::now() + *this.head;
            this.sleep.as_mut().reset(deadline);
        }
        if !*this.is_limited_to_drain && this.state.has(DRAINING) {
            *this.is_limited_to_drain = true;
            let deadline = tokio::time::Instant::now() + DRAIN_HEAD_TIMEOUT;
            let deadline = deadline.min(this.sleep.deadline());
            this.sleep.as_mut().reset(deadline);
        }
        this.sleep.poll(cx)
    }
}
