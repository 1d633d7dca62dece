//! Subscriptions to resources, over all sessions.
//!
//! Each response of the API that a subscribed resource depends on has one poller, however many
//! subscribe to it, and none without subscribers. A poller counts changes and waits for nobody; a
//! slow client finds one change where there were several.

mod feed;
mod pace;
mod poller;
mod session;
#[cfg(test)]
mod tests;

pub(crate) use feed::Feed;
pub(super) use pace::until_next;
pub(super) use session::{Session, listen};

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use aareguru::River;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio_util::task::AbortOnDropHandle;

use feed::{FeedSource, News};

/// How much one session, or one `subscriptions/listen`, may subscribe to.
pub(crate) const MAX_PER_SUBSCRIBER: usize = 64;

/// All subscriptions, and the pollers for them.
#[derive(Debug)]
pub(crate) struct Subscriptions<S: FeedSource = River> {
    source: S,
    pollers: Mutex<HashMap<Feed, Weak<Poller>>>,
    /// Wakes all subscribers when any feed changes, which is once in some minutes.
    changed: Arc<Notify>,
    /// How many subscriptions there are.
    count: watch::Sender<usize>,
}

/// Polls one feed until the last subscription to it is dropped.
#[derive(Debug)]
struct Poller {
    changes: Arc<Changes>,
    _task: AbortOnDropHandle<()>,
}

/// How often a feed has changed since its poller started.
#[derive(Debug, Default)]
struct Changes {
    updated: AtomicU64,
    listed: AtomicU64,
}

/// One subscription; ends when it is dropped.
#[derive(Debug)]
struct Subscription {
    /// `None` for what never changes.
    poller: Option<Arc<Poller>>,
    /// The changes that were reported.
    seen: u64,
    count: watch::Sender<usize>,
}

/// What can be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// That the list of places has changed.
    List,
    /// That a value was measured anew, whatever is made of it.
    Measurement,
    /// That the resource with this URI has changed.
    Resource(String),
}

/// The subscriptions of one client; they end when it is dropped.
#[derive(Debug)]
pub(crate) struct Subscriber<S: FeedSource = River> {
    subscriptions: Arc<Subscriptions<S>>,
    wanted: Mutex<BTreeMap<Subject, Subscription>>,
}

/// One subscriber has as many subscriptions as it may.
#[derive(Debug, thiserror::Error)]
#[error("a client may subscribe to at most {MAX_PER_SUBSCRIBER} resources: unsubscribe from one")]
pub(crate) struct TooMany;

impl<S: FeedSource> Subscriptions<S> {
    pub(crate) fn new(source: S) -> Arc<Self> {
        Arc::new(Self {
            source,
            pollers: Mutex::default(),
            changed: Arc::default(),
            count: watch::Sender::new(0),
        })
    }

    /// How many subscriptions there are, over all subscribers.
    pub(super) fn count(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    pub(crate) fn subscriber(self: &Arc<Self>) -> Subscriber<S> {
        Subscriber {
            subscriptions: Arc::clone(self),
            wanted: Mutex::default(),
        }
    }

    fn subscribe(&self, subject: &Subject, feed: Option<Feed>) -> Subscription {
        self.count.send_modify(|count| *count += 1);
        let mut subscription = Subscription {
            poller: feed.map(|feed| self.poller(feed)),
            seen: 0,
            count: self.count.clone(),
        };
        subscription.seen = subscription.changes(subject);
        subscription
    }

    /// Returns the poller of a feed; the first subscription starts it.
    fn poller(&self, feed: Feed) -> Arc<Poller> {
        let mut pollers = self.pollers.lock();
        if let Some(poller) = pollers.get(&feed).and_then(Weak::upgrade) {
            return poller;
        }
        let changes = Arc::<Changes>::default();
        let (counted, changed) = (Arc::clone(&changes), Arc::clone(&self.changed));
        let report = move |news: News| {
            counted
                .updated
                .fetch_add(news.is_updated.into(), Ordering::Relaxed);
            counted
                .listed
                .fetch_add(news.is_listed.into(), Ordering::Relaxed);
            if news != News::default() {
                changed.notify_waiters();
            }
        };
        let polling = poller::poll(self.source.clone(), feed, report);
        let poller = Arc::new(Poller {
            changes,
            _task: AbortOnDropHandle::new(tokio::spawn(polling)),
        });
        pollers.insert(feed, Arc::downgrade(&poller));
        poller
    }
}

impl Subscription {
    fn changes(&self, subject: &Subject) -> u64 {
        let Some(poller) = &self.poller else { return 0 };
        let changes = match subject {
            Subject::List => &poller.changes.listed,
            Subject::Measurement | Subject::Resource(_) => &poller.changes.updated,
        };
        changes.load(Ordering::Relaxed)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}

impl<S: FeedSource> Subscriber<S> {
    /// Subscribes to `subject`, which is made of `feed`; what never changes has no feed. Has no
    /// effect if it is subscribed already.
    ///
    /// # Errors
    ///
    /// It has too many subscriptions.
    pub(crate) fn add(&self, subject: Subject, feed: Option<Feed>) -> Result<(), TooMany> {
        let mut wanted = self.wanted.lock();
        if wanted.contains_key(&subject) {
            return Ok(());
        }
        if wanted.len() >= MAX_PER_SUBSCRIBER {
            return Err(TooMany);
        }
        let subscription = self.subscriptions.subscribe(&subject, feed);
        wanted.insert(subject, subscription);
        Ok(())
    }

    pub(super) fn remove(&self, subject: &Subject) {
        self.wanted.lock().remove(subject);
    }

    pub(super) fn clear(&self) {
        self.wanted.lock().clear();
    }

    /// Returns what has changed since the last call, each once; waits until something has.
    pub(crate) async fn news(&self) -> BTreeSet<Subject> {
        loop {
            // Before the look at the changes, so that none is missed in between.
            let changed = self.subscriptions.changed.notified();
            let news = self.changed();
            if !news.is_empty() {
                return news;
            }
            changed.await;
        }
    }

    fn changed(&self) -> BTreeSet<Subject> {
        let mut news = BTreeSet::new();
        for (subject, subscription) in self.wanted.lock().iter_mut() {
            let changes = subscription.changes(subject);
            if subscription.seen != changes {
                subscription.seen = changes;
                news.insert(subject.clone());
            }
        }
        news
    }
}
