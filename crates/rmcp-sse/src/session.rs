//! One session: its id, its inbox, and the task that serves it.
//!
//! A session lives from the `GET` that opened it until its stream is dropped
//! by the client, its token is cancelled, or its handler is done.

use std::{fmt, sync::Arc};

use rmcp::{
    RoleServer, ServerHandler,
    service::{RxJsonRpcMessage, serve_server_with_ct},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{handler::SseHandler, outbox::Outbox, transport::SessionTransport};

/// Messages that wait between the POST that brought one and the session's
/// task. The task never does work of its own, so it takes them at once.
const INBOX_CAPACITY: usize = 16;

/// Names a session: 122 random bits from the operating system, written as 32
/// hexadecimal digits.
///
/// Whoever knows an id may try to use it, so it never stands in a log; its
/// `Debug` form is empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SessionId(Uuid);

/// Where the messages of a session's client go.
pub(crate) type Inbox = mpsc::Sender<RxJsonRpcMessage<RoleServer>>;

impl SessionId {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Reads an id in any spelling of a UUID.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// Serves a handler until the session ends; `outbox` is closed then.
///
/// The returned inbox takes messages from now on. Cancelling `token` ends the
/// session and stops its running tools.
pub(crate) fn spawn<S: ServerHandler>(
    handler: S,
    outbox: Arc<Outbox>,
    token: CancellationToken,
) -> Inbox {
    let (inbox, messages) = mpsc::channel(INBOX_CAPACITY);
    let transport = SessionTransport::new(messages, outbox.clone(), token.clone());
    tokio::spawn(async move {
        match serve_server_with_ct(SseHandler(handler), transport, token).await {
            Ok(session) => {
                if let Err(error) = session.waiting().await {
                    tracing::error!(%error, "session task failed");
                }
            }
            // The error itself may hold the client's message.
            Err(_) => tracing::debug!("session ended before it was initialized"),
        }
        outbox.close();
    });
    inbox
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_parse_dashed_and_in_upper_case() {
        let id = SessionId::parse("09623d2fc3d9493d82ce184a85eff572").unwrap();
        for spelling in [
            "09623d2f-c3d9-493d-82ce-184a85eff572",
            "09623D2FC3D9493D82CE184A85EFF572",
        ] {
            assert_eq!(SessionId::parse(spelling), Some(id));
        }
        assert_eq!(id.to_string(), "09623d2fc3d9493d82ce184a85eff572");
    }

    #[test]
    fn what_is_no_uuid_is_no_id() {
        for text in ["", "not-a-uuid", "09623d2fc3d9493d82ce184a85eff57", "💧"] {
            assert_eq!(SessionId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_debug_form_hides_the_id() {
        assert_eq!(format!("{:?}", SessionId::random()), "SessionId(..)");
    }
}
