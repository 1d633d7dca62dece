//! Who wants to hear of what, over all sessions.
//!
//! There is one poller for each answer of the API that somebody's resources
//! depend on, however many subscribe, and none otherwise. Pollers leave word
//! in mailboxes and wait for nobody: what is not yet fetched is in a mailbox
//! once, so that a slow client costs no more than its own subscriptions.

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
    mem,
    sync::{Arc, Weak},
};

use aareguru::River;
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};

use feed::{FeedSource, News};

/// How much one session, or one `subscriptions/listen`, may subscribe to.
pub(crate) const MAX_PER_SUBSCRIBER: usize = 64;

/// All subscriptions, and the pollers for them.
#[derive(Debug)]
pub(crate) struct Subscriptions<S: FeedSource = River> {
    source: S,
    state: Mutex<State>,
    /// How much is subscribed to.
    count: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    subscribers: HashMap<u64, Entry>,
    pollers: HashMap<Feed, Poller>,
}

/// What asks for one feed, while somebody wants it.
#[derive(Debug)]
struct Poller {
    wanted_by: usize,
    running: AbortHandle,
}

#[derive(Debug)]
struct Entry {
    mailbox: Arc<Mailbox>,
    wanted: BTreeMap<Subject, Option<Feed>>,
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

/// Word that waits to be fetched.
#[derive(Debug, Default)]
struct Mailbox {
    waiting: Mutex<BTreeSet<Subject>>,
    word: Notify,
}

/// Somebody who wants to hear; no longer, once it is dropped.
#[derive(Debug)]
pub(crate) struct Subscriber<S: FeedSource = River> {
    id: u64,
    mailbox: Arc<Mailbox>,
    subscriptions: Arc<Subscriptions<S>>,
}

/// One subscriber has as many subscriptions as it may.
#[derive(Debug, thiserror::Error)]
#[error("a client may subscribe to at most {MAX_PER_SUBSCRIBER} resources: unsubscribe from one")]
pub(crate) struct TooMany;

impl<S: FeedSource> Subscriptions<S> {
    pub(crate) fn new(source: S) -> Arc<Self> {
        Arc::new(Self {
            source,
            state: Mutex::default(),
            count: watch::Sender::new(0),
        })
    }

    /// How much is subscribed to, by all together.
    pub(super) fn count(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    pub(crate) fn subscriber(self: &Arc<Self>) -> Subscriber<S> {
        let mailbox = Arc::new(Mailbox::default());
        let mut state = self.state.lock();
        let id = state.next_id;
        state.next_id += 1;
        let entry = Entry {
            mailbox: Arc::clone(&mailbox),
            wanted: BTreeMap::new(),
        };
        state.subscribers.insert(id, entry);
        Subscriber {
            id,
            mailbox,
            subscriptions: Arc::clone(self),
        }
    }

    /// Leaves word with all that depend on a feed.
    fn tell(&self, feed: Feed, news: News) {
        for entry in self.state.lock().subscribers.values() {
            let of_feed = entry.wanted.iter().filter(|(_, of)| **of == Some(feed));
            let told = of_feed.filter(|(subject, _)| match subject {
                Subject::List => news.is_listed,
                Subject::Measurement | Subject::Resource(_) => news.is_updated,
            });
            entry.mailbox.put(told.map(|(subject, _)| subject.clone()));
        }
    }

    /// One subscription more on a feed: the first one starts its poller.
    fn hold(self: &Arc<Self>, state: &mut State, feed: Option<Feed>) {
        self.count.send_modify(|count| *count += 1);
        let Some(feed) = feed else { return };
        let poller = state.pollers.entry(feed).or_insert_with(|| {
            let all = Arc::downgrade(self);
            let tell = move |news| {
                if let Some(all) = Weak::upgrade(&all) {
                    all.tell(feed, news);
                }
            };
            let polling = poller::poll(self.source.clone(), feed, tell);
            Poller {
                wanted_by: 0,
                running: tokio::spawn(polling).abort_handle(),
            }
        });
        poller.wanted_by += 1;
    }

    /// One subscription less on a feed: with the last one its poller ends.
    fn release(&self, state: &mut State, feed: Option<Feed>) {
        self.count.send_modify(|count| *count -= 1);
        let Some(feed) = feed else { return };
        let Some(poller) = state.pollers.get_mut(&feed) else {
            return;
        };
        poller.wanted_by -= 1;
        if poller.wanted_by == 0 {
            poller.running.abort();
            state.pollers.remove(&feed);
        }
    }
}

impl<S: FeedSource> Drop for Subscriptions<S> {
    fn drop(&mut self) {
        for poller in self.state.lock().pollers.values() {
            poller.running.abort();
        }
    }
}

impl<S: FeedSource> Subscriber<S> {
    /// Wants to hear of `subject`, which is made of `feed`; of what never
    /// changes there is no feed. Twice is as good as once.
    ///
    /// # Errors
    ///
    /// It has too many already.
    pub(crate) fn add(&self, subject: Subject, feed: Option<Feed>) -> Result<(), TooMany> {
        let mut state = self.subscriptions.state.lock();
        let Some(entry) = state.subscribers.get_mut(&self.id) else {
            return Ok(());
        };
        if entry.wanted.contains_key(&subject) {
            return Ok(());
        }
        if entry.wanted.len() >= MAX_PER_SUBSCRIBER {
            return Err(TooMany);
        }
        entry.wanted.insert(subject, feed);
        self.subscriptions.hold(&mut state, feed);
        Ok(())
    }

    /// Does not want to hear of it any more.
    pub(super) fn remove(&self, subject: &Subject) {
        let mut state = self.subscriptions.state.lock();
        let entry = state.subscribers.get_mut(&self.id);
        if let Some(feed) = entry.and_then(|entry| entry.wanted.remove(subject)) {
            self.subscriptions.release(&mut state, feed);
            self.mailbox.waiting.lock().remove(subject);
        }
    }

    /// Wants to hear of nothing any more.
    pub(super) fn leave(&self) {
        let mut state = self.subscriptions.state.lock();
        let entry = state.subscribers.remove(&self.id);
        for feed in entry
            .into_iter()
            .flat_map(|entry| entry.wanted.into_values())
        {
            self.subscriptions.release(&mut state, feed);
        }
    }

    /// What has changed since the last call, each once; waits until something
    /// has.
    pub(crate) async fn news(&self) -> BTreeSet<Subject> {
        loop {
            let news = mem::take(&mut *self.mailbox.waiting.lock());
            if !news.is_empty() {
                return news;
            }
            self.mailbox.word.notified().await;
        }
    }
}

impl<S: FeedSource> Drop for Subscriber<S> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Mailbox {
    fn put(&self, subjects: impl Iterator<Item = Subject>) {
        let mut waiting = self.waiting.lock();
        waiting.extend(subjects);
        if !waiting.is_empty() {
            self.word.notify_one();
        }
    }
}
