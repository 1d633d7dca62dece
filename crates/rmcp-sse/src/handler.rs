//! What every handler gets on this transport, whatever it does itself: a cap
//! on the protocol version, cancellation that does not need its help, and an
//! answer when it panics.

use std::{borrow::Cow, panic::AssertUnwindSafe};

use futures_util::FutureExt;
use rmcp::{
    ErrorData, RoleServer, ServerHandler, Service,
    model::{
        ClientNotification, ClientRequest, DiscoverRequestMethod, ProtocolVersion, ServerConfig,
        ServerResult,
    },
    service::{NotificationContext, RequestContext},
};

/// A handler as it is served over HTTP+SSE.
pub(crate) struct SseHandler<S>(pub(crate) S);

impl<S: ServerHandler> Service<RoleServer> for SseHandler<S> {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        if let Some(version) = context.meta.protocol_version()
            && !version.has_initialize()
        {
            let supported = self.supported_protocol_versions();
            return Err(ErrorData::unsupported_protocol_version(version, &supported));
        }
        if matches!(request, ClientRequest::DiscoverRequest(_)) {
            return Err(ErrorData::method_not_found::<DiscoverRequestMethod>());
        }

        let cancelled = context.ct.clone();
        let answer = AssertUnwindSafe(self.0.handle_request(request, context)).catch_unwind();
        tokio::select! {
            answer = answer => answer.unwrap_or_else(|_| {
                tracing::error!("handler panicked");
                Err(ErrorData::internal_error("the server failed on this request", None))
            }),
            // The handler's future is dropped, and with it all that it waits
            // for. The client sees this answer only when the session ends:
            // rmcp sends none to a request that the client cancelled.
            () = cancelled.cancelled() => Err(ErrorData::internal_error(
                "the session ended before the request was done",
                None,
            )),
        }
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.0.handle_notification(notification, context).await
    }

    fn get_info(&self) -> ServerConfig {
        self.0.get_info()
    }

    /// What the handler supports, as far as there is an `initialize`: the
    /// revision 2026-07-28 and later do not define this transport.
    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        let mut versions = self.0.supported_protocol_versions().into_owned();
        versions.retain(ProtocolVersion::has_initialize);
        Cow::Owned(versions)
    }
}
