//! Where the present comes from: the system's clock, or one that a test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// The present, as a [`Client`](crate::Client) and a [`River`](crate::River)
/// see it. Ages, freshness and the days of a forecast depend on it; caches,
/// timeouts and breakers do not.
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
    /// Unix seconds; `None` follows the system.
    stopped: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The clock of the system; the default.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still, to the second, until it is [set](Self::set).
    pub fn stopped_at(at: Timestamp) -> Self {
        Self {
            stopped: Some(Arc::new(AtomicI64::new(at.as_second()))),
        }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        let Some(stopped) = &self.stopped else {
            return Timestamp::now();
        };
        Timestamp::from_second(stopped.load(Ordering::Relaxed))
            .expect("these seconds come from a timestamp")
    }

    /// Sets a clock that stands still, and all its clones; the clock of the
    /// system goes on as it does.
    pub fn set(&self, at: Timestamp) {
        if let Some(stopped) = &self.stopped {
            stopped.store(at.as_second(), Ordering::Relaxed);
        }
    }
}
