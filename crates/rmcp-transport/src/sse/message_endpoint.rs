//! `POST /messages`: checks a message and delivers it to its session.
//!
//! The order of the checks does not depend on where the session is: content type, session id, size,
//! session, content. A 202 means that a live session has accepted the message; otherwise the message
//! is refused.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body::Body;
use rmcp::ServerHandler;

use crate::{
    body::{is_json, read_body},
    refusal::Refusal,
    sse::{
        delivery::{Delivery, DeliveryId},
        id::{SessionId, SessionTag},
        parse,
        relay::Relay,
        response::{self, SseBody},
        service_state::ServiceState,
        session::{JournalEntry, Session},
    },
};

/// Accepts one message for one session, in this process or another. The response to a message for a
/// local session has its tag in the extensions.
///
/// Rarely needed state is boxed, so that the future is small and cheap to move.
pub(crate) fn accept<S, B>(
    state: Arc<ServiceState<S>>,
    request: Request<B>,
) -> impl Future<Output = Result<Response<SseBody>, Infallible>> + Send
where
    S: ServerHandler,
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    let id = requested_session(&parts);
    let body = read_body(body, state.config.max_request_body_bytes);
    async move {
        let id = match id {
            Ok(id) => id,
            Err(refusal) => return Ok(state.refuse(refusal)),
        };
        let body = match body.await {
            Ok(body) => body,
            Err(refusal) => return Ok(state.refuse(refusal)),
        };
        let session = find(&state, id, &parts);
        let tag = session.as_ref().ok().map(|session| session.tag());
        let delivered = match session {
            Ok(session) if !session.is_stored() => match parse::message(&body) {
                Ok(message) => session.deliver(message, parts, None).await,
                Err(refusal) => Err(refusal),
            },
            session => Box::pin(deliver_stored_or_relay(&state, session, (id, parts, body))).await,
        };
        let mut response = match delivered {
            Ok(()) => response::accepted(),
            Err(refusal) => state.refuse(refusal),
        };
        if let Some(tag) = tag {
            response.extensions_mut().insert::<SessionTag>(tag);
        }
        Ok(response)
    }
}

/// Returns the session id of a request with an acceptable content type.
fn requested_session(parts: &Parts) -> Result<SessionId, Refusal> {
    if !is_json(&parts.headers) {
        return Err(Refusal::ContentType);
    }
    session_id(parts.uri.query())
}

/// Accepts a message for a stored session, or for a session of another process.
async fn deliver_stored_or_relay<S: ServerHandler>(
    state: &ServiceState<S>,
    session: Result<Arc<Session<S>>, Refusal>,
    (id, parts, body): (SessionId, Parts, Bytes),
) -> Result<(), Refusal> {
    match (session, &state.config.relay) {
        (Ok(session), _) => match deliver_local(&session, parts, &body, None).await? {
            None => Ok(()),
            Some(elsewhere) => relay_to(&state.config.relay, elsewhere).await,
        },
        (Err(_), Some(relay)) => {
            let relay: &Arc<dyn Relay> = relay;
            relay.deliver(Delivery::new(id, parts, body.into())).await
        }
        (Err(refusal), None) => Err(refusal),
    }
}

/// Accepts a message that another process has relayed.
pub(crate) async fn accept_relayed<S: ServerHandler>(
    state: &ServiceState<S>,
    delivery: Delivery,
) -> Result<(), Refusal> {
    let session = find(state, delivery.session, &delivery.parts)?;
    let Delivery {
        id, parts, body, ..
    } = delivery;
    match deliver_local(&session, parts, &body, Some(id)).await? {
        None => Ok(()),
        // The relaying process looks up the session again.
        Some(_) => Err(Refusal::UnknownSession),
    }
}

async fn relay_to(relay: &Option<Arc<dyn Relay>>, delivery: Delivery) -> Result<(), Refusal> {
    match relay {
        Some(relay) => relay.deliver(delivery).await,
        None => Err(Refusal::Unreachable),
    }
}

/// Returns the session if it belongs to the caller's principal. Other callers get the same result
/// as for a session that does not exist.
fn find<S>(
    state: &ServiceState<S>,
    id: SessionId,
    parts: &Parts,
) -> Result<Arc<Session<S>>, Refusal> {
    state
        .registry
        .find(id)
        .filter(|session| session.belongs_to(parts.extensions.get()))
        .ok_or(Refusal::UnknownSession)
}

/// Delivers a message to its session. Returns the message if the session has meanwhile closed here,
/// most likely because another process took it over.
async fn deliver_local<S: ServerHandler>(
    session: &Arc<Session<S>>,
    parts: Parts,
    body: &[u8],
    relayed: Option<DeliveryId>,
) -> Result<Option<Delivery>, Refusal> {
    let message = parse::message(body)?;
    if !session.is_stored() {
        return session.deliver(message, parts, None).await.map(|()| None);
    }
    let id = relayed.unwrap_or_else(DeliveryId::random);
    let (entry, committed) = JournalEntry::new(id, relayed.is_some(), &message, (&parts, body));
    let bytes = entry.bytes();
    let delivered = match session.deliver(message, parts, Some(entry)).await {
        Ok(()) => session.committed(committed).await.is_ok(),
        Err(Refusal::UnknownSession) => false,
        Err(refusal) => return Err(refusal),
    };
    if delivered {
        return Ok(None);
    }
    Ok(Delivery::from_bytes(session.id(), &bytes))
}

/// Parses the session id in the query: `session_id` as in the Python SDK, or `sessionId` as in the
/// TypeScript SDK.
fn session_id(query: Option<&str>) -> Result<SessionId, Refusal> {
    let value = query
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| matches!(name, "session_id" | "sessionId").then_some(value))
        .ok_or(Refusal::NoSessionId)?;
    SessionId::parse(value).ok_or(Refusal::InvalidSessionId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_id_is_accepted_in_both_spellings() {
        let id = SessionId::parse("09623d2fc3d9493d82ce184a85eff572").unwrap();
        for query in [
            "session_id=09623d2fc3d9493d82ce184a85eff572",
            "a=b&sessionId=09623D2F-c3d9-493d-82ce-184a85eff572&c",
        ] {
            assert_eq!(session_id(Some(query)), Ok(id), "{query}");
        }
        for query in [None, Some(""), Some("session=1"), Some("session_id")] {
            assert_eq!(session_id(query), Err(Refusal::NoSessionId), "{query:?}");
        }
        assert_eq!(
            session_id(Some("session_id=")),
            Err(Refusal::InvalidSessionId)
        );
    }
}
