//! Throttles log lines of repeated events, such as refused requests.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

/// Lets one log line pass per period.
#[derive(Debug)]
pub struct LogThrottle {
    period_secs: u64,
    start: Instant,
    /// The first second in which the next line may pass.
    next: AtomicU64,
    /// Events since the last line.
    events: AtomicU64,
}

impl LogThrottle {
    /// Creates a throttle that lets one line pass per `period_secs`.
    pub fn new(period_secs: u64) -> Self {
        Self {
            period_secs,
            start: Instant::now(),
            next: AtomicU64::new(0),
            events: AtomicU64::new(0),
        }
    }

    /// Counts an event. If it may be logged, returns how many there were since the last line, this
    /// one included.
    pub fn pass(&self) -> Option<u64> {
        self.pass_at(self.start.elapsed().as_secs())
    }

    fn pass_at(&self, second: u64) -> Option<u64> {
        self.events.fetch_add(1, Ordering::Relaxed);
        let next = second + self.period_secs;
        let passes = |at| (second >= at).then_some(next);
        self.next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, passes)
            .ok()?;
        Some(self.events.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttle_passes_one_line_per_period_and_counts_the_others() {
        let throttle = LogThrottle::new(2);
        let passed = [0, 0, 1, 2, 3, 3, 7].map(|second| throttle.pass_at(second));
        let expected = [Some(1), None, None, Some(3), None, None, Some(3)];
        assert_eq!(passed, expected);
    }
}
