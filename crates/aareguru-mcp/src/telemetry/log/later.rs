//! What the log's thread tells for others.
//!
//! To tell of each request takes time of its own, most of it because the code and the
//! data for it have to be fetched again each time. The log's thread tells of many, one
//! after the other.

use std::{
    cell::RefCell,
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    time::SystemTime,
};

thread_local! {
    static TOLD: RefCell<Option<Told>> = const { RefCell::new(None) };
}

/// What is told on the log's thread.
struct Told {
    as_of: SystemTime,
    lines: Vec<u8>,
}

/// What is to be told, and when that was.
pub(super) struct Later {
    as_of: SystemTime,
    tell: Box<dyn FnOnce() + Send>,
}

impl Later {
    pub(super) fn new(tell: impl FnOnce() + Send + 'static) -> Self {
        Self {
            as_of: SystemTime::now(),
            tell: Box::new(tell),
        }
    }

    /// Tells it, and adds the lines of it to others.
    pub(super) fn tell(self, lines: &mut Vec<u8>) {
        TOLD.set(Some(Told {
            as_of: self.as_of,
            lines: mem::take(lines),
        }));
        // The lines of others are not lost with it.
        let _ = catch_unwind(AssertUnwindSafe(self.tell));
        *lines = TOLD.take().map(|told| told.lines).unwrap_or_default();
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Later")
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}

/// Takes a line if this thread tells something; says whether it does.
pub(super) fn takes(line: &[u8]) -> bool {
    TOLD.with_borrow_mut(|told| {
        let told = told.as_mut();
        told.map(|told| told.lines.extend_from_slice(line))
            .is_some()
    })
}

/// When what this thread tells was to be told, which may be now.
pub(super) fn now() -> SystemTime {
    let as_of = TOLD.with_borrow(|told| told.as_ref().map(|told| told.as_of));
    as_of.unwrap_or_else(SystemTime::now)
}
