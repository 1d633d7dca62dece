//! Notifies the client of a session about changes of the resources to which it subscribed, with
//! `resources/subscribe` or `subscriptions/listen`.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
};

use aareguru::{Feed, River};
use rmcp::{
    Peer, RoleServer, model::ResourceUpdatedNotificationParam, service::SubscriptionContext,
};
use tokio_util::task::AbortOnDropHandle;

use super::subscriber::{Subject, Subscriber, TooManySubscriptions};

/// The subscriptions that a session made with `resources/subscribe`.
#[derive(Debug, Default)]
pub(crate) struct SessionSubscriptions(OnceLock<ActiveSubscriptions>);

#[derive(Debug)]
struct ActiveSubscriptions {
    subscriber: Arc<Subscriber>,
    _notifier: AbortOnDropHandle<()>,
}

impl SessionSubscriptions {
    /// Subscribes to the resource at `uri`, which is made from the response of `feed`.
    ///
    /// # Errors
    ///
    /// The session has too many subscriptions.
    pub(crate) fn subscribe(
        &self,
        river: &River,
        (uri, feed): (String, Option<Feed>),
        peer: &Peer<RoleServer>,
    ) -> Result<(), TooManySubscriptions> {
        let active = self.0.get_or_init(|| {
            let subscriber = Arc::new(Subscriber::new(river.clone()));
            let notifier = tokio::spawn(notify_peer(Arc::clone(&subscriber), peer.clone()));
            ActiveSubscriptions {
                subscriber,
                _notifier: AbortOnDropHandle::new(notifier),
            }
        });
        if feed == Some(Feed::Cities) {
            let places = |river: &River| Some(river.watch_places());
            active.subscriber.add(Subject::List, places)?;
        }
        let watch = |river: &River| feed.map(|feed| river.watch(feed));
        active.subscriber.add(Subject::Resource(uri), watch)
    }

    pub(crate) fn unsubscribe(&self, uri: String, feed: Option<Feed>) {
        let Some(ActiveSubscriptions { subscriber, .. }) = self.0.get() else {
            return;
        };
        if feed == Some(Feed::Cities) {
            subscriber.remove(&Subject::List);
        }
        subscriber.remove(&Subject::Resource(uri));
    }
}

impl Drop for ActiveSubscriptions {
    fn drop(&mut self) {
        // Aborting the task drops its reference only later.
        self.subscriber.clear();
    }
}

async fn notify_peer(subscriber: Arc<Subscriber>, peer: Peer<RoleServer>) {
    let peer = &peer;
    deliver(&subscriber, |subject| async move {
        match subject {
            Subject::List => peer.notify_resource_list_changed().await,
            Subject::Resource(uri) => {
                let param = ResourceUpdatedNotificationParam::new(uri);
                peer.notify_resource_updated(param).await
            }
        }
    })
    .await;
}

/// Sends the notifications of a `subscriptions/listen` request until it is cancelled.
pub(crate) async fn listen(subscriber: &Subscriber, context: &SubscriptionContext) {
    let sink = &context.sink();
    let delivery = deliver(subscriber, |subject| async move {
        match subject {
            Subject::List => sink.notify_resource_list_changed().await,
            Subject::Resource(uri) => sink.notify_resource_updated(uri).await,
        }
    });
    tokio::select! {
        () = delivery => {}
        () = context.cancelled() => {}
    }
}

/// Sends a notification for every change, until sending fails because the client has closed.
async fn deliver<E, Sending>(subscriber: &Subscriber, send: impl Fn(Subject) -> Sending)
where
    Sending: Future<Output = Result<(), E>>,
{
    loop {
        for subject in subscriber.changed().await {
            if send(subject).await.is_err() {
                return;
            }
        }
    }
}
