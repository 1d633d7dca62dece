//! The subscriptions of one client.

use std::collections::{BTreeMap, BTreeSet};

use aareguru::{River, Watch};
use parking_lot::Mutex;

/// How much one session, or one `subscriptions/listen`, may subscribe to.
pub(crate) const MAX_PER_SUBSCRIBER: usize = 64;

/// What can be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// That the list of places has changed.
    List,
    /// That the resource with this URI has changed.
    Resource(String),
}

/// The subscriptions of one client; they end when it is dropped.
#[derive(Debug)]
pub(crate) struct Subscriber {
    river: River,
    /// What never changes has no watch.
    subscriptions: Mutex<BTreeMap<Subject, Option<Watch>>>,
}

/// One subscriber has as many subscriptions as it may.
#[derive(Debug, thiserror::Error)]
#[error("a client may subscribe to at most {MAX_PER_SUBSCRIBER} resources: unsubscribe from one")]
pub(crate) struct TooManySubscriptions;

impl Subscriber {
    pub(crate) fn new(river: River) -> Self {
        Self {
            river,
            subscriptions: Mutex::default(),
        }
    }

    /// Subscribes to `subject`. Has no effect if it is subscribed already.
    ///
    /// # Errors
    ///
    /// It has too many subscriptions.
    pub(crate) fn add(
        &self,
        subject: Subject,
        watch: impl FnOnce(&River) -> Option<Watch>,
    ) -> Result<(), TooManySubscriptions> {
        let mut subscriptions = self.subscriptions.lock();
        if subscriptions.contains_key(&subject) {
            return Ok(());
        }
        if subscriptions.len() >= MAX_PER_SUBSCRIBER {
            return Err(TooManySubscriptions);
        }
        subscriptions.insert(subject, watch(&self.river));
        Ok(())
    }

    pub(super) fn remove(&self, subject: &Subject) {
        self.subscriptions.lock().remove(subject);
    }

    pub(super) fn clear(&self) {
        self.subscriptions.lock().clear();
    }

    /// Returns what has changed since the last call, each once; waits until something has.
    pub(super) async fn changed(&self) -> BTreeSet<Subject> {
        loop {
            // Before the changes are read, so that none is missed in between.
            let next = self.river.any_change();
            let changed = self.take_changes();
            if !changed.is_empty() {
                return changed;
            }
            next.await;
        }
    }

    fn take_changes(&self) -> BTreeSet<Subject> {
        let mut subscriptions = self.subscriptions.lock();
        let changed = subscriptions.iter_mut().filter_map(|(subject, watch)| {
            let is_changed = watch.as_mut().is_some_and(Watch::take_change);
            is_changed.then(|| subject.clone())
        });
        changed.collect()
    }
}

#[cfg(test)]
mod tests {
    use aareguru::{Client, Feed};

    use super::*;

    #[tokio::test]
    async fn subscriptions_over_the_limit_are_refused() {
        let river = River::new(Client::recorded());
        let subscriber = Subscriber::new(river.clone());
        let subject = |n: usize| Subject::Resource(n.to_string());
        let bern = |river: &River| Some(river.watch(Feed::Current("bern")));
        for n in 0..MAX_PER_SUBSCRIBER {
            subscriber.add(subject(n), bern).unwrap();
        }
        subscriber.add(subject(0), bern).unwrap();
        subscriber.add(Subject::List, |_| None).unwrap_err();
        subscriber.remove(&subject(0));
        subscriber.add(Subject::List, |_| None).unwrap();
        assert_eq!(*river.watch_count().borrow(), MAX_PER_SUBSCRIBER - 1);
        drop(subscriber);
        assert_eq!(*river.watch_count().borrow(), 0);
    }
}
