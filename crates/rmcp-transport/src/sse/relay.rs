//! The seam for several processes: delivers a message to a session of another process.

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
    /// `Ok` becomes a 202, which is a promise: the process that has the session has accepted the
    /// message, or a [`SessionStore`](crate::SessionStore) keeps it for the next owner. If no
    /// process has the session, the result is [`Refusal::UnknownSession`]; if that is unknown at
    /// the moment, [`Refusal::Unreachable`].
    ///
    /// After a refusal, the message must not be accepted any more, because the client may post it
    /// again. A relay that cannot ensure that returns [`Refusal::Undecided`].
    fn deliver(&self, delivery: Delivery) -> RelayFuture<'_>;
}
