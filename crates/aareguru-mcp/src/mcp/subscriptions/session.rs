//! The subscriptions of one session, by `resources/subscribe` or by
//! `subscriptions/listen`, and how word of them reaches the client.

use std::sync::{Arc, OnceLock};

use rmcp::{
    Peer, RoleServer,
    model::ResourceUpdatedNotificationParam,
    service::{ServiceError, SubscriptionContext, SubscriptionSendError},
};
use tokio::task::AbortHandle;

use super::{Feed, Subject, Subscriber, Subscriptions, TooMany};

/// A session's own; dropped with it, and then nobody is told any more.
#[derive(Debug, Default)]
pub(in crate::mcp) struct Session(OnceLock<Subscribed>);

#[derive(Debug)]
struct Subscribed {
    subscriber: Arc<Subscriber>,
    telling: AbortHandle,
}

impl Session {
    /// # Errors
    ///
    /// The session has too many subscriptions already.
    pub(in crate::mcp) fn subscribe(
        &self,
        all: &Arc<Subscriptions>,
        (uri, feed): (String, Option<Feed>),
        peer: &Peer<RoleServer>,
    ) -> Result<(), TooMany> {
        let subscribed = self.0.get_or_init(|| {
            let subscriber = Arc::new(all.subscriber());
            let telling = tokio::spawn(tell(Arc::clone(&subscriber), peer.clone()));
            Subscribed {
                subscriber,
                telling: telling.abort_handle(),
            }
        });
        if feed == Some(Feed::Cities) {
            subscribed.subscriber.add(Subject::List, feed)?;
        }
        subscribed.subscriber.add(Subject::Resource(uri), feed)
    }

    pub(in crate::mcp) fn unsubscribe(&self, uri: String, feed: Option<Feed>) {
        let Some(Subscribed { subscriber, .. }) = self.0.get() else {
            return;
        };
        if feed == Some(Feed::Cities) {
            subscriber.remove(&Subject::List);
        }
        subscriber.remove(&Subject::Resource(uri));
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.telling.abort();
        // The task holds the subscriber until it is scheduled to end.
        self.subscriber.leave();
    }
}

async fn tell(subscriber: Arc<Subscriber>, peer: Peer<RoleServer>) {
    loop {
        for subject in subscriber.news().await {
            let told: Result<(), ServiceError> = match subject {
                Subject::List => peer.notify_resource_list_changed().await,
                Subject::Measurement => continue,
                Subject::Resource(uri) => {
                    let param = ResourceUpdatedNotificationParam::new(uri);
                    peer.notify_resource_updated(param).await
                }
            };
            // The session has ended.
            if told.is_err() {
                return;
            }
        }
    }
}

/// Tells of what a `subscriptions/listen` was granted, until it is over.
pub(in crate::mcp) async fn listen(subscriber: &Subscriber, context: &SubscriptionContext) {
    let sink = context.sink();
    let telling = async {
        loop {
            for subject in subscriber.news().await {
                let told: Result<(), SubscriptionSendError> = match subject {
                    Subject::List => sink.notify_resource_list_changed().await,
                    Subject::Measurement => continue,
                    Subject::Resource(uri) => sink.notify_resource_updated(uri).await,
                };
                if told.is_err() {
                    return;
                }
            }
        }
    };
    tokio::select! {
        () = telling => {}
        () = context.cancelled() => {}
    }
}
