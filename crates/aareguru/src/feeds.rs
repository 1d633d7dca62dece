//! Notifies of new measurements.
//!
//! Each response of the API that is watched has one poller, however many watch it. The first
//! [`Watch`] of a [`Feed`] starts the poller, and dropping the last one ends it. A poller counts
//! changes and waits for no one; a slow caller finds one change where there were several.

mod feed;
mod poll_interval;
mod poller;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio_util::task::AbortOnDropHandle;

use feed::NewContent;

pub use feed::Feed;
pub(crate) use feed::{FeedSource, MeasurementTimes};
pub(crate) use poll_interval::until_next;

/// The pollers of a river.
#[derive(Debug, Default)]
pub(crate) struct Feeds {
    pollers: Mutex<HashMap<Feed, Weak<Poller>>>,
    /// Wakes all watches when any feed changes, which is once every few minutes.
    changed: Arc<Notify>,
    /// How many watches there are.
    count: watch::Sender<usize>,
}

/// Polls one feed until the last watch of it is dropped.
#[derive(Debug)]
struct Poller {
    changes: Arc<Changes>,
    _task: AbortOnDropHandle<()>,
}

/// How often a feed has changed since its poller started.
#[derive(Debug, Default)]
struct Changes {
    measurements: AtomicU64,
    places: AtomicU64,
}

/// What a watch waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Awaited {
    Measurement,
    Place,
}

/// Reports the changes of one feed. Dropping it ends the polling if it is the last one.
#[derive(Debug)]
pub struct Watch {
    poller: Arc<Poller>,
    awaited: Awaited,
    /// The changes that were reported.
    seen: u64,
    changed: Arc<Notify>,
    count: watch::Sender<usize>,
}

impl Feeds {
    /// Waits until any watched feed changes.
    pub(crate) fn any_change(&self) -> impl Future<Output = ()> + use<> {
        Arc::clone(&self.changed).notified_owned()
    }

    /// Returns how many watches are open.
    pub(crate) fn watch_count(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// Watches a feed of `source`.
    pub(crate) fn watch(&self, source: &impl FeedSource, feed: Feed, awaited: Awaited) -> Watch {
        self.count.send_modify(|count| *count += 1);
        let poller = self.poller(source, feed);
        Watch {
            seen: poller.changes.count(awaited),
            poller,
            awaited,
            changed: Arc::clone(&self.changed),
            count: self.count.clone(),
        }
    }

    /// Returns the poller of a feed, or starts it.
    fn poller(&self, source: &impl FeedSource, feed: Feed) -> Arc<Poller> {
        let mut pollers = self.pollers.lock();
        if let Some(poller) = pollers.get(&feed).and_then(Weak::upgrade) {
            return poller;
        }
        let changes = Arc::<Changes>::default();
        let (counted, changed) = (Arc::clone(&changes), Arc::clone(&self.changed));
        let report = move |new: NewContent| {
            let count = |counter: &AtomicU64, is_new: bool| {
                counter.fetch_add(is_new.into(), Ordering::Relaxed);
            };
            count(&counted.measurements, new.has_measurement);
            count(&counted.places, new.has_place);
            if new != NewContent::default() {
                changed.notify_waiters();
            }
        };
        let polling = poller::poll(source.clone(), feed, report);
        let poller = Arc::new(Poller {
            changes,
            _task: AbortOnDropHandle::new(tokio::spawn(polling)),
        });
        pollers.insert(feed, Arc::downgrade(&poller));
        poller
    }
}

impl Changes {
    fn count(&self, awaited: Awaited) -> u64 {
        let counter = match awaited {
            Awaited::Measurement => &self.measurements,
            Awaited::Place => &self.places,
        };
        counter.load(Ordering::Relaxed)
    }
}

impl Watch {
    /// Waits for a change since the last one that was reported. Cancel safe.
    pub async fn changed(&mut self) {
        let changed = Arc::clone(&self.changed);
        loop {
            // Before the changes are read, so that none is missed in between.
            let next = changed.notified();
            if self.take_change() {
                return;
            }
            next.await;
        }
    }

    /// Whether there was a change since the last one that was reported; reports it.
    pub fn take_change(&mut self) -> bool {
        let count = self.poller.changes.count(self.awaited);
        mem::replace(&mut self.seen, count) != count
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}
