//! The handler as rmcp's loop calls it on such a connection: a cancelled request is dropped with
//! all that it waits for, and a panic is an answer.

use std::{borrow::Cow, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use rmcp::{
    ErrorData, RoleServer, ServerHandler, Service,
    model::{
        ClientNotification, ClientRequest, DiscoverRequestMethod, ProtocolVersion, ServerConfig,
        ServerResult,
    },
    service::{NotificationContext, RequestContext},
};

use super::Conversation;

/// Which revisions of the protocol a connection is defined for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revisions {
    /// All that the handler supports.
    All,
    /// Those that begin with `initialize`.
    WithInitialize,
}

pub(crate) struct Handler<S> {
    inner: S,
    revisions: Revisions,
    conversation: Arc<Conversation>,
}

impl<S> Handler<S> {
    pub(crate) fn new(inner: S, revisions: Revisions, conversation: Arc<Conversation>) -> Self {
        Self {
            inner,
            revisions,
            conversation,
        }
    }
}

impl<S: ServerHandler> Service<RoleServer> for Handler<S> {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let discovers = matches!(request, ClientRequest::DiscoverRequest(_));
        if self.revisions == Revisions::WithInitialize {
            if discovers {
                return Err(ErrorData::method_not_found::<DiscoverRequestMethod>());
            }
            let version = context.meta.protocol_version();
            if let Some(version) = version.filter(|version| !version.has_initialize()) {
                let supported = self.supported_protocol_versions();
                return Err(ErrorData::unsupported_protocol_version(version, &supported));
            }
        }
        if !discovers {
            // rmcp hands over nothing else before its loop runs.
            self.conversation.begin();
        }
        let cancelled = context.ct.clone();
        let answer = AssertUnwindSafe(self.inner.handle_request(request, context));
        let failed = |text| Err(ErrorData::internal_error(text, None));
        tokio::select! {
            answer = answer.catch_unwind() => answer.unwrap_or_else(|_| {
                tracing::error!("handler panicked");
                failed("the server failed on this request")
            }),
            // rmcp sends no answer to what the client has cancelled.
            () = cancelled.cancelled() => failed("the session ended before the request was done"),
        }
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.inner.handle_notification(notification, context).await
    }

    fn get_info(&self) -> ServerConfig {
        ServerHandler::get_info(&self.inner)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        let mut versions = ServerHandler::supported_protocol_versions(&self.inner);
        if self.revisions == Revisions::WithInitialize {
            versions.to_mut().retain(ProtocolVersion::has_initialize);
        }
        versions
    }
}
