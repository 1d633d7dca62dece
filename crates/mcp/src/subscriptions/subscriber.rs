//! The subscriptions of one client.

use std::collections::{BTreeMap, BTreeSet};

use aareguru::{River, Watch};
use parking_lot::Mutex;

/// Maximum number of subscriptions of one session or one `subscriptions/listen`.
pub(crate) const MAX_PER_SUBSCRIBER: usize = 64;

/// Something that clients can subscribe to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// Changes of the list of places.
    List,
    /// Changes of the resource with this URI.
    Resource(String),
}

/// The subscriptions of one client. Dropping it ends them.
#[derive(Debug)]
pub(crate) struct Subscriber {
    river: River,
    /// Resources that never change have no watch.
    subscriptions: Mutex<BTreeMap<Subject, Option<Watch>>>,
}

/// The error when a client exceeds [`MAX_PER_SUBSCRIBER`].
#[derive(Debug, thiserror::Error)]
#[error(
    "too many subscriptions: {MAX_PER_SUBSCRIBER} at most per client; unsubscribe from a resource"
)]
pub(crate) struct TooManySubscriptions;

impl Subscriber {
    pub(crate) fn new(river: River) -> Self {
        Self {
            river,
            subscriptions: Mutex::default(),
        }
    }

    /// Subscribes to `subject`. Does nothing if the subscription exists.
    ///
    /// # Errors
    ///
    /// The client has [`MAX_PER_SUBSCRIBER`] subscriptions.
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

    /// Waits for changes, and returns the subjects that have changed since the last call.
    pub(super) async fn changed(&self) -> BTreeSet<Subject> {
        loop {
            // Registered before reading the changes, so that none is missed in between.
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
    async fn subscription_over_the_limit_is_rejected() {
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
