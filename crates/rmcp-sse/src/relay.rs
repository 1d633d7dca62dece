//! The seam for several processes: how a message reaches a session that is not
//! in the process where the POST arrived.

use std::{future::Future, pin::Pin};

use http::request::Parts;

use crate::{id::SessionId, refusal::Refusal};

/// A message on its way to a session of another process.
///
/// Content type and size have been checked; whether it is a message, and
/// whether the session takes it, is decided where the session is.
#[derive(Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// The session it is for.
    pub session: SessionId,
    /// The head of the POST. Its extensions hold the
    /// [`Principal`](crate::Principal), if there is one; the principal has to
    /// arrive with the message.
    pub parts: Parts,
    /// The body of the POST.
    pub body: Vec<u8>,
}

impl Delivery {
    /// A message as it arrived.
    pub fn new(session: SessionId, parts: Parts, body: Vec<u8>) -> Self {
        Self {
            session,
            parts,
            body,
        }
    }
}

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
    /// session has taken the message. If no process has the session, the
    /// answer is [`Refusal::UnknownSession`]; if that cannot be told now, it
    /// is [`Refusal::Unreachable`].
    fn deliver(&self, delivery: Delivery) -> Delivered<'_>;
}
