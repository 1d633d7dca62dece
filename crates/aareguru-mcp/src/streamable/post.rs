//! `POST /mcp`: one message, checked and counted before rmcp has it.

use std::{borrow::Cow, cell::Cell, sync::Arc};

use axum::body::Body;
use hyper::{HeaderMap, Response, body::Body as HttpBody, http::request::Parts};
use rmcp::{
    ServerHandler,
    model::{ProtocolVersion, RequestId},
};
use rmcp_transport::{ClientKey, JsonLimits, LimitExceeded, Principal, Refusal, SessionPermit};
use serde::Deserialize;

use super::{
    PROTOCOL_VERSION, SESSION_ID, Shared,
    answer::{self, AnswerStream},
    panic_watchdog,
    request_guard::{self, RequestGuard},
    session::New,
    session_id,
    sessions::NEW,
};

/// What is to be known of a message before rmcp reads it.
#[derive(Debug, Default, Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(default)]
    id: Option<RequestId>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
}

impl Head<'_> {
    fn is_message(&self) -> bool {
        self.jsonrpc.as_deref() == Some("2.0") && (self.method.is_some() || self.id.is_some())
    }
}

impl<S: ServerHandler> Shared<S> {
    pub(super) async fn post<B>(&self, mut parts: Parts, body: B) -> Response<Body>
    where
        B: HttpBody + Send,
        B::Data: Send,
        B::Error: Into<axum::BoxError>,
    {
        if is_stateless(&parts.headers) {
            // That revision has no sessions. Without the header rmcp cannot find one either.
            parts.headers.remove(SESSION_ID);
        }
        let body = match rmcp_transport::read_body(body, self.config.max_request_body_bytes).await {
            Ok(body) => body,
            Err(refusal) => return self.refuse(refusal, None),
        };
        if !JsonLimits::MESSAGE.allow(&body) {
            return self.refuse(Refusal::TooComplex, None);
        }
        let head: Head<'_> = serde_json::from_slice(&body).unwrap_or_default();
        if head.method.as_deref() == Some("initialize") && !JsonLimits::INITIALIZE.allow(&body) {
            return self.refuse(Refusal::TooComplex, head.id.as_ref());
        }
        if head.is_message() {
            self.metrics.messages.count_method(head.method.as_deref());
        }
        // Before it is looked whether the server shuts down: who gets past that is waited for.
        let call = self.calls.token();
        let brought = match self.bring(&parts).await {
            Ok(brought) => brought,
            Err(refusal) => return self.refuse(refusal, head.id.as_ref()),
        };
        let (held, new) = match self.admit(&parts, &head) {
            Ok(admitted) => admitted,
            Err(refusal) => return self.refuse(refusal, head.id.as_ref()),
        };
        if let Some(held) = &held {
            // rmcp hands the head of the request to the handler, so it is dropped with the last of
            // handler and answer.
            parts.extensions.insert(held.clone());
        }
        let listens = head.method.as_deref() == Some("subscriptions/listen");
        let lost = head.id.clone().filter(|_| !listens).map(|id| {
            let (watch, lost) = panic_watchdog::watch(id);
            parts.extensions.insert(watch);
            lost
        });
        let is_json = rmcp_transport::is_json(&parts.headers);
        let session = parts.headers.get(SESSION_ID).cloned();
        let owner = parts.extensions.get().cloned();
        let answer = NEW.scope(
            Cell::new(new),
            self.ask_rmcp_for(brought, parts, body.clone(), Some(is_json)),
        );
        let (answer, lost) = match lost {
            Some(mut lost) => tokio::select! {
                answer = answer => (answer, Some(lost)),
                id = &mut lost => return answer::failed(&id),
            },
            None => (answer.await, None),
        };
        if answer.status().is_server_error()
            && let Some(id) = session.as_ref().and_then(|id| id.to_str().ok())
            && self.sessions.find(id, owner.as_ref()).is_none()
        {
            // It ended while the message was on its way.
            return self.refuse(Refusal::UnknownSession, head.id.as_ref());
        }
        let call = (!listens).then_some(call);
        let until = listens.then(|| self.config.cancellation_token.clone());
        answer.map(|body| Body::new(AnswerStream::new(body, until, lost, (held, call))))
    }

    /// Takes what a message needs to be served, or says why it cannot have it.
    fn admit(
        &self,
        parts: &Parts,
        head: &Head<'_>,
    ) -> Result<(Option<Arc<RequestGuard>>, Option<New>), Refusal> {
        let request_id = head.id.clone().filter(|_| head.method.is_some());
        if request_id.is_some() && self.config.cancellation_token.is_cancelled() {
            return Err(Refusal::ShuttingDown);
        }
        let asking: Option<&Principal> = parts.extensions.get();
        if let Some(id) = session_id(&parts.headers) {
            let session = self.sessions.find(id, asking);
            let session = session.ok_or(Refusal::UnknownSession)?;
            let Some(request_id) = request_id else {
                session.touch();
                return Ok((None, None));
            };
            let running = session.begin(request_id, self.config.max_in_flight)?;
            return Ok((Some(self.hold(running)), None));
        }
        if request_id.is_none() {
            return Ok((None, None));
        }
        let permit = self.permit(ClientKey::of(&parts.extensions))?;
        if head.method.as_deref() == Some("initialize") {
            let new = New {
                owner: asking.cloned(),
                key: parts.extensions.get().cloned(),
                permit,
            };
            return Ok((None, Some(new)));
        }
        // A request of the revision without sessions is one for itself.
        Ok((Some(self.hold(permit)), None))
    }

    /// A permit for one more session, if need be that of one which its client seems to have left.
    pub(super) fn permit(&self, client: Option<ClientKey>) -> Result<SessionPermit, Refusal> {
        let exceeded = match self.limiter.try_acquire(client.clone()) {
            Ok(permit) => return Ok(permit),
            Err(exceeded) => exceeded,
        };
        let of_client = match exceeded {
            LimitExceeded::PerClient => client.as_ref(),
            LimitExceeded::Total => None,
        };
        if self.sessions.evict(of_client, self.config.resume_grace) {
            return Ok(self.limiter.try_acquire(client)?);
        }
        Err(exceeded.into())
    }

    fn hold(&self, thing: impl Into<request_guard::HeldPermit>) -> Arc<RequestGuard> {
        Arc::new(RequestGuard::new(thing, self.metrics.in_flight.clone()))
    }
}

/// Whether a request says that it is of a revision without sessions.
fn is_stateless(headers: &HeaderMap) -> bool {
    let version = headers.get(PROTOCOL_VERSION).map(|value| value.as_bytes());
    let known = |known: &&ProtocolVersion| Some(known.as_str().as_bytes()) == version;
    let version = ProtocolVersion::KNOWN_VERSIONS.iter().find(known);
    version.is_some_and(|version| !version.has_initialize())
}
