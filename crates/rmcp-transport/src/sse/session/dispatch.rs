//! Handles messages from the client.

use std::{
    future::{Future, poll_fn, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use futures_util::future::{Either, FutureExt};
use http::{HeaderMap, request::Parts};
use rmcp::{
    ErrorData, Peer, RoleServer, ServerHandler, Service,
    model::{
        CallToolResponse, ClientJsonRpcMessage, ClientNotification, ClientRequest,
        DiscoverRequestMethod, GetExtensions, GetMeta, InitializeRequestParams, InitializeResult,
        JsonRpcMessage, ProtocolVersion, RequestId, ServerResult,
    },
    service::RequestContext,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{JournalEntry, Session, service_loop::ServiceLoop, tool_call};
use crate::{
    refusal::Refusal,
    rendered::RenderedSlot,
    sse::{client_info, close_reason::CloseReason, event::Message, parse::is_known_method},
};

pub(super) struct InFlightRequest {
    pub(super) cancel: CancellationToken,
    /// Its entry in the journal, if there is one.
    pub(super) entry: Option<Box<JournalEntry>>,
}

/// The result of starting a request.
enum StartOutcome {
    /// Answered without the handler: by an empty result, or an error.
    Answered(Result<(), ErrorData>),
    /// Run by the handler, until the token is cancelled.
    Running(Peer<RoleServer>, CancellationToken),
}

impl<S: ServerHandler> Session<S> {
    /// Delivers a message: a request immediately, others when the future is awaited. After `Ok`,
    /// the session has accepted the message. `entry` is its journal entry, if there is one.
    pub(crate) fn deliver(
        self: &Arc<Self>,
        message: ClientJsonRpcMessage,
        parts: Parts,
        entry: Option<Box<JournalEntry>>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send + use<'_, S> {
        self.metrics.received(&message);
        match message {
            JsonRpcMessage::Request(request) => {
                let begun = self.request(request.id, request.request, parts, entry);
                Either::Left(ready(begun))
            }
            // Boxed, because they are rare: requests would otherwise be moved with space for their
            // state.
            message => Either::Right(Box::pin(self.deliver_other(message, parts, entry))),
        }
    }

    fn request(
        self: &Arc<Self>,
        id: RequestId,
        mut request: ClientRequest,
        parts: Parts,
        entry: Option<Box<JournalEntry>>,
    ) -> Result<(), Refusal> {
        if !matches!(request, ClientRequest::InitializeRequest(_)) {
            self.adopt(&parts.headers);
        }
        let (peer, token) = match self.start_request(&id, &request, &entry)? {
            StartOutcome::Running(peer, token) => (peer, token),
            StartOutcome::Answered(answer) => {
                self.answer(&id, answer.map(ServerResult::empty), entry.as_deref());
                return Ok(());
            }
        };
        let mut context = RequestContext::new(id, peer);
        context.ct = token;
        // The order matters: rmcp keeps the metadata in the extensions.
        context.meta = std::mem::take(request.get_meta_mut());
        context.extensions = std::mem::take(request.extensions_mut());
        context.extensions.insert(parts);

        // Most handlers complete at once; only the others get a task, which polls them again.
        let mut call = self.clone().run(request, context);
        if call.as_mut().now_or_never().is_none() {
            if let Some(entry) = entry {
                self.journal_accepted(&entry);
            }
            tokio::spawn(call.in_current_span());
        }
        Ok(())
    }

    async fn deliver_other(
        self: &Arc<Self>,
        message: ClientJsonRpcMessage,
        parts: Parts,
        entry: Option<Box<JournalEntry>>,
    ) -> Result<(), Refusal> {
        let result = match message {
            JsonRpcMessage::Notification(mut notification) => {
                notification.notification.extensions_mut().insert(parts);
                self.notification(notification.notification).await
            }
            answer => self.forward(answer).await,
        };
        if let Some(entry) = entry {
            self.journal_done(&entry);
        }
        result
    }

    /// Initializes the session for a client that had an earlier session and does not know that this
    /// is a new one. Some clients omit the headers on the GET from which this could be detected.
    fn adopt(&self, headers: &HeaderMap) {
        let mut state = self.state.lock();
        if state.initialized {
            return;
        }
        if let Some(client_info) = client_info::from_headers(headers) {
            state.initialized = true;
            state.client_info = Some(client_info);
            drop(state);
            self.metrics.adopted.increment(1);
            tracing::info!(session.tag = %self.tag, "session adopted");
        }
    }

    /// Decides how to handle a request, and registers it if the handler runs it.
    fn start_request(
        self: &Arc<Self>,
        id: &RequestId,
        request: &ClientRequest,
        entry: &Option<Box<JournalEntry>>,
    ) -> Result<StartOutcome, Refusal> {
        if self.is_draining() {
            return Err(Refusal::ShuttingDown);
        }
        let mut state = self.state.lock();
        if state.permit.is_none() {
            return Err(Refusal::UnknownSession);
        }
        state.active_at = Instant::now();
        if let Some(answer) = self.immediate_answer(request, state.initialized) {
            return Ok(StartOutcome::Answered(answer));
        }
        if state.in_flight.contains_key(id) {
            return Err(Refusal::DuplicateRequest);
        }
        if state.in_flight.len() >= self.config.max_in_flight {
            return Err(Refusal::TooManyRequests);
        }
        let token = CancellationToken::new();
        let call = InFlightRequest {
            cancel: token.clone(),
            entry: entry.clone(),
        };
        state.in_flight.insert(id.clone(), call);
        self.metrics.in_flight.increment(1);
        Ok(StartOutcome::Running(
            state.service_loop(self).peer(),
            token,
        ))
    }

    /// Returns the answer to a request that is not forwarded to the handler.
    fn immediate_answer(
        &self,
        request: &ClientRequest,
        initialized: bool,
    ) -> Option<Result<(), ErrorData>> {
        match request {
            ClientRequest::InitializeRequest(_) => return None,
            ClientRequest::PingRequest(_) if !initialized => return Some(Ok(())),
            _ => {}
        }
        // The revisions without `initialize` do not define this transport.
        let version = request.get_meta().protocol_version();
        if let Some(version) = version.filter(|version| !version.has_initialize()) {
            let supported = self.supported_versions();
            return Some(Err(ErrorData::unsupported_protocol_version(
                version, &supported,
            )));
        }
        if matches!(request, ClientRequest::DiscoverRequest(_)) {
            return Some(Err(ErrorData::method_not_found::<DiscoverRequestMethod>()));
        }
        let invalid = |text: &'static str| Some(Err(ErrorData::invalid_params(text, None)));
        match request {
            _ if !initialized => invalid("the session is not initialized: send `initialize` first"),
            // rmcp parses a request whose parameters do not fit its method as one of an unknown
            // method.
            ClientRequest::CustomRequest(request) if is_known_method(&request.method) => {
                invalid("the parameters do not fit the method")
            }
            _ => None,
        }
    }

    /// Runs a request until it is answered or cancelled.
    fn run(
        self: Arc<Self>,
        request: ClientRequest,
        mut context: RequestContext<RoleServer>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let rendered = RenderedSlot::in_extensions(&mut context.extensions);
        let id = context.id.clone();
        let cancelled = context.ct.clone();
        match request {
            ClientRequest::CallToolRequest(request) if tool_call::is_plain(&context) => {
                let client = context.meta.client_capabilities();
                let declared = client.map(|client| client.supports_tasks());
                Box::pin(async move {
                    let call = || self.handler.call_tool(request.params, context);
                    let response = match self.catch_panic(call) {
                        Some(call) => self.answer_of(pin!(call), &cancelled).await,
                        None => Some(Err(panic_error())),
                    };
                    let message = match (response, rendered.get()) {
                        (None, _) => return,
                        (Some(Ok(CallToolResponse::Complete(_))), Some(rendered)) => {
                            (Ok(Message::rendered(id.clone(), rendered.clone())), true)
                        }
                        (Some(response), _) => {
                            let knows_tasks = || declared.unwrap_or_else(|| self.supports_tasks());
                            let result = |response| tool_call::result(response, knows_tasks);
                            message_of(&id, response.and_then(result))
                        }
                    };
                    self.finish(&id, message);
                })
            }
            request => Box::pin(async move {
                let peer = context.peer.clone();
                let client_info = match &request {
                    ClientRequest::InitializeRequest(request) => Some(request.params.clone()),
                    _ => None,
                };
                let answer = self.handler.handle_request(request, context);
                let answer = self.answer_of(pin!(answer), &cancelled).await;
                let answer = match (answer, client_info) {
                    (None, _) => return,
                    (Some(Ok(ServerResult::InitializeResult(result))), Some(client_info)) => {
                        self.state.lock().first_answer = self.outbox.end();
                        Ok(self.initialized(result, client_info, &peer).into())
                    }
                    (Some(answer), _) => answer,
                };
                self.finish(&id, message_of(&id, answer));
            }),
        }
    }

    /// Returns the handler's answer; `None` if the request is cancelled, which must drop the
    /// handler's future with everything it awaits. The code that cancels it handles the answer.
    async fn answer_of<T>(
        &self,
        mut answer: Pin<&mut (impl Future<Output = Result<T, ErrorData>> + Send)>,
        cancelled: &CancellationToken,
    ) -> Option<Result<T, ErrorData>> {
        let mut cancelled = pin!(cancelled.cancelled());
        let answer = poll_fn(|cx| {
            if cancelled.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            match self.catch_panic(|| answer.as_mut().poll(cx)) {
                Some(answer) => answer.map(Some),
                None => Poll::Ready(Some(Err(panic_error()))),
            }
        });
        answer.await
    }

    /// Calls the handler; returns `None` if it panics.
    fn catch_panic<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(call)).ok();
        if done.is_none() {
            tracing::error!(session.tag = %self.tag, "handler panicked");
        }
        done
    }

    fn supports_tasks(&self) -> bool {
        let state = self.state.lock();
        let peer = state.service_loop.as_ref().map(ServiceLoop::peer);
        let client = peer.and_then(|peer| peer.peer_info());
        client.is_some_and(|client| client.capabilities.supports_tasks())
    }

    /// Negotiates the protocol version, and marks the session as initialized.
    pub(super) fn initialized(
        &self,
        mut result: InitializeResult,
        mut client_info: InitializeRequestParams,
        peer: &Peer<RoleServer>,
    ) -> InitializeResult {
        let supported = self.supported_versions();
        let requested = &client_info.protocol_version;
        let preferred = &result.protocol_version;
        let version = [requested, preferred]
            .into_iter()
            .find(|version| supported.contains(version))
            .or(supported.last())
            .unwrap_or(&ProtocolVersion::LATEST_WITH_INITIALIZE)
            .clone();
        result.protocol_version = version.clone();
        client_info.protocol_version = version;
        peer.set_peer_info(client_info);
        let mut state = self.state.lock();
        if !state.initialized {
            state.initialized = true;
            let took = state.opened_at.elapsed();
            drop(state);
            self.metrics.handshake_seconds.record(took);
        }
        result
    }

    /// Returns the versions that the handler supports and that define this transport, oldest first.
    fn supported_versions(&self) -> Vec<ProtocolVersion> {
        let mut versions = self.handler.supported_protocol_versions().into_owned();
        versions.retain(ProtocolVersion::has_initialize);
        versions
    }

    /// Sends the answer to a request in flight, unless it was cancelled.
    fn finish(
        self: &Arc<Self>,
        id: &RequestId,
        (message, is_ok): (serde_json::Result<Message>, bool),
    ) {
        let (call, idle) = {
            let mut state = self.state.lock();
            let Some(call) = state.in_flight.remove(id) else {
                return;
            };
            state.active_at = Instant::now();
            (call, state.in_flight.is_empty())
        };
        self.metrics.in_flight.decrement(1);
        let entry = call.entry.as_deref();
        self.send(message, entry.map(|entry| (entry, is_ok)));
        if idle && self.is_draining() {
            self.close(CloseReason::Shutdown);
        }
    }

    fn answer(
        self: &Arc<Self>,
        id: &RequestId,
        answer: Result<ServerResult, ErrorData>,
        entry: Option<&JournalEntry>,
    ) {
        let (message, is_ok) = message_of(id, answer);
        self.send(message, entry.map(|entry| (entry, is_ok)));
    }

    /// Answers a request that was interrupted because its session has closed.
    pub(super) fn answer_ended(self: &Arc<Self>, id: &RequestId) {
        let text = "the session ended before the request was done";
        self.answer(id, Err(ErrorData::internal_error(text, None)), None);
    }

    async fn notification(
        self: &Arc<Self>,
        notification: ClientNotification,
    ) -> Result<(), Refusal> {
        if !self.state.lock().initialized {
            tracing::debug!(session.tag = %self.tag, "notification before initialize dropped");
            return Ok(());
        }
        let cancelled = match &notification {
            ClientNotification::CancelledNotification(n) => n.params.request_id.clone(),
            ClientNotification::InitializedNotification(_) => {
                // The client has read the answer, so it need not be kept for a resume.
                let first_answer = self.state.lock().first_answer;
                self.outbox.acknowledge(first_answer);
                None
            }
            _ => None,
        };
        self.forward(JsonRpcMessage::notification(notification))
            .await?;
        // Last, because a draining session may be waiting for it.
        if let Some(id) = cancelled {
            self.cancel(&id);
        }
        Ok(())
    }

    /// Cancels a request without answering it.
    fn cancel(self: &Arc<Self>, id: &RequestId) {
        let Some(call) = self.state.lock().in_flight.remove(id) else {
            return;
        };
        self.metrics.in_flight.decrement(1);
        call.cancel.cancel();
        if let Some(entry) = call.entry {
            self.journal_done(&entry);
        }
        if self.is_draining() {
            self.drain();
        }
    }

    /// Forwards a notification, or the response to a request of the handler, to rmcp.
    async fn forward(self: &Arc<Self>, message: ClientJsonRpcMessage) -> Result<(), Refusal> {
        let inbox = {
            let mut state = self.state.lock();
            if state.permit.is_none() {
                return Err(Refusal::UnknownSession);
            }
            state.active_at = Instant::now();
            if !state.initialized {
                return Ok(());
            }
            state.service_loop(self).inbox()
        };
        inbox
            .send(Box::new(message))
            .await
            .map_err(|_| Refusal::UnknownSession)
    }
}

/// Serializes the answer to a request, and returns whether it is a success.
fn message_of(
    id: &RequestId,
    answer: Result<ServerResult, ErrorData>,
) -> (serde_json::Result<Message>, bool) {
    let is_ok = answer.is_ok();
    let message = match answer {
        Ok(result) => JsonRpcMessage::response(result, id.clone()),
        Err(error) => JsonRpcMessage::error(error, Some(id.clone())),
    };
    (Message::new(&message), is_ok)
}

fn panic_error() -> ErrorData {
    ErrorData::internal_error("the server failed on this request", None)
}
