//! The interface for delivering messages to sessions of other processes.

use std::{future::Future, pin::Pin};

use crate::{refusal::Refusal, sse::delivery::Delivery};

/// The future returned by a [`Relay`].
pub type RelayFuture<'a> = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + 'a>>;

/// Delivers messages to sessions of other processes.
///
/// It is called only if the session is not in this process. In the process that has the session,
/// the other end of the relay calls [`SseService::deliver`](crate::SseService::deliver) and returns
/// its result.
pub trait Relay: Send + Sync + 'static {
    /// Delivers a message.
    ///
    /// After `Ok`, the client receives a 202. `Ok` means that the process with the session has
    /// accepted the message, or that a [`SessionStore`](crate::SessionStore) keeps it for the next
    /// owner. If no process has the session, the result is [`Refusal::UnknownSession`]; if that
    /// cannot be determined, [`Refusal::Unreachable`].
    ///
    /// After a refusal, the message must not be accepted any more, because the client may post it
    /// again. A relay that cannot ensure this returns [`Refusal::Undecided`].
    fn deliver(&self, delivery: Delivery) -> RelayFuture<'_>;
}
