//! The subscriptions of clients to resources.
//!
//! Each is a [`Watch`](aareguru::Watch) of the upstream response from which the resource is made.

mod session_subscriptions;
mod subscriber;

pub(crate) use session_subscriptions::{SessionSubscriptions, listen};
pub(crate) use subscriber::{MAX_PER_SUBSCRIBER, Subject, Subscriber, TooManySubscriptions};
