//! Keeps what strangers cause from flooding the log.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

/// Lets one line through in each second.
#[derive(Debug)]
pub(super) struct OncePerSecond {
    start: Instant,
    /// The first second in which a line may pass again.
    next: AtomicU64,
}

impl Default for OncePerSecond {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            next: AtomicU64::new(0),
        }
    }
}

impl OncePerSecond {
    pub(super) fn passes(&self) -> bool {
        let second = self.start.elapsed().as_secs();
        self.next.fetch_max(second + 1, Ordering::Relaxed) <= second
    }
}
