//! The seam for several processes: how a message reaches a session that is not
//! in the process where the POST arrived.

use std::{future::Future, pin::Pin};

use crate::{delivery::Delivery, refusal::Refusal};

/// What a [`Relay`] answers with, in time.
pub type Delivered<'a> = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + 'a>>;

/// Delivers messages to sessions of other processes.
///
/// It is asked only when the session is not in this process. In the process
/// that has the session, the other end of the relay calls
/// [`SseService::deliver`](crate::SseService::deliver) and carries its answer
/// back.
pub trait Relay: Send + Sync + 'static {
    /// Delivers a message.
    ///
    /// `Ok` becomes a 202, which is a promise: the process that has the
    /// session has taken the message, or a [`SessionStore`](crate::SessionStore)
    /// holds it for the process that will have it. If no process has the
    /// session, the answer is [`Refusal::UnknownSession`]; if that cannot be
    /// told now, it is [`Refusal::Unreachable`].
    ///
    /// After a refusal the message must not be taken any more, because the
    /// client may post it again. A relay that cannot rule that out answers
    /// [`Refusal::Undecided`].
    fn deliver(&self, delivery: Delivery) -> Delivered<'_>;
}
