//! How long a connection waits for the head of a request.
//!
//! hyper has one time for it, which runs while a kept-alive connection idles
//! as well as while a head trickles in. Here these are two: hyper is given the
//! longer one, and a timer that runs out earlier once the first byte has come.

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

use super::connection::Timeouts;

/// How long a head that has begun may take when the server is stopping.
const WHEN_STOPPING: Duration = Duration::from_secs(1);

/// What a connection is waiting for. Shared by its reader and its timer, which
/// run in one task.
#[derive(Debug, Default)]
pub(super) struct Wait {
    /// Flags.
    state: AtomicU8,
}

/// The first head was waited for.
const BEGUN: u8 = 1;
/// A byte has come since the wait for a head began.
const READING: u8 = 2;
/// The server is stopping.
const STOPPING: u8 = 4;

impl Wait {
    pub(super) fn stop(&self) {
        self.state.fetch_or(STOPPING, Ordering::Relaxed);
    }

    /// Whether nothing has come of the head that is waited for.
    pub(super) fn is_idle(&self) -> bool {
        !self.is(READING)
    }

    fn is(&self, flag: u8) -> bool {
        self.state.load(Ordering::Relaxed) & flag != 0
    }

    /// Notes what was read from the connection, unless it is its end.
    pub(super) fn read(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.state.fetch_or(READING, Ordering::Relaxed);
        }
    }

    /// Begins to wait for a head; returns whether it is the first.
    fn begin(&self) -> bool {
        let before = self.state.fetch_and(!READING, Ordering::Relaxed);
        self.state.fetch_or(BEGUN, Ordering::Relaxed);
        before & BEGUN == 0
    }
}

/// The timer of one connection, as hyper uses it: for heads alone.
#[derive(Debug)]
pub(super) struct HeadTimer {
    pub(super) wait: Arc<Wait>,
    pub(super) timeouts: Timeouts,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, keep_alive: Instant) -> Pin<Box<dyn Sleep>> {
        let head = self.timeouts.head;
        let is_first = self.wait.begin();
        let until = if is_first {
            // Nothing is kept alive yet.
            self.now() + head
        } else {
            keep_alive
        };
        Box::pin(HeadSleep {
            sleep: tokio::time::sleep_until(until.into()),
            wait: self.wait.clone(),
            head,
            is_short: is_first,
            is_shortest: false,
        })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

pin_project! {
    /// Ready when the head is late. hyper polls it after each read.
    struct HeadSleep {
        #[pin]
        sleep: tokio::time::Sleep,
        wait: Arc<Wait>,
        head: Duration,
        is_short: bool,
        is_shortest: bool,
    }
}

impl Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if !*this.is_short && this.wait.is(READING) {
            *this.is_short = true;
            let late = tokio::time::Instant::now() + *this.head;
            this.sleep.as_mut().reset(late);
        }
        if !*this.is_shortest && this.wait.is(STOPPING) {
            *this.is_shortest = true;
            let late = tokio::time::Instant::now() + WHEN_STOPPING;
            let late = late.min(this.sleep.deadline());
            this.sleep.as_mut().reset(late);
        }
        this.sleep.poll(cx)
    }
}
