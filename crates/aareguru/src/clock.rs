//! The source of the present time: the system clock, or one set by a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// The present time for a [`Client`](crate::Client) and a [`River`](crate::River). Ages, freshness
/// and the days of a forecast depend on it; caches, timeouts and circuit breakers do not.
///
/// ```
/// use aareguru::Clock;
/// use jiff::ToSpan;
///
/// let noon = "2026-07-04T12:00:00Z".parse()?;
/// let clock = Clock::stopped_at(noon);
/// let same = clock.clone();
/// clock.set(noon + 3.hours());
/// assert_eq!(same.now(), noon + 3.hours());
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Unix seconds; `None` follows the system clock.
    stopped: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// Creates a clock that follows the system clock. This is the default.
    pub fn system() -> Self {
        Self::default()
    }

    /// Creates a stopped clock, with a resolution of one second, that changes only when it is
    /// [set](Self::set).
    pub fn stopped_at(at: Timestamp) -> Self {
        Self {
            stopped: Some(Arc::new(AtomicI64::new(at.as_second()))),
        }
    }

    /// Returns the present time.
    pub fn now(&self) -> Timestamp {
        let Some(stopped) = &self.stopped else {
            return Timestamp::now();
        };
        Timestamp::from_second(stopped.load(Ordering::Relaxed))
            .expect("these seconds come from a timestamp")
    }

    /// Sets a stopped clock and all its clones. Has no effect on the system clock.
    pub fn set(&self, at: Timestamp) {
        if let Some(stopped) = &self.stopped {
            stopped.store(at.as_second(), Ordering::Relaxed);
        }
    }
}
