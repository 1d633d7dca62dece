//! `GET /mcp`, a stream to listen on or one that goes on, and `DELETE /mcp`, the end of a session.

use axum::body::Body;
use bytes::Bytes;
use hyper::{Response, StatusCode, http::request::Parts};
use rmcp::ServerHandler;
use rmcp_transport::Refusal;

use super::{
    LAST_EVENT_ID, Shared, answer::AnswerStream, session::SessionEnd, session_id,
    shared_sessions::Unreachable,
};

impl<S: ServerHandler> Shared<S> {
    pub(super) async fn get(&self, parts: Parts) -> Response<Body> {
        let call = self.calls.token();
        let shutdown = &self.config.cancellation_token;
        if shutdown.is_cancelled() {
            return self.refuse(Refusal::ShuttingDown, None);
        }
        let Some(id) = session_id(&parts.headers) else {
            return self.ask_rmcp(parts, Bytes::new(), None).await;
        };
        let brought = match self.bring(&parts).await {
            Ok(brought) => brought,
            Err(refusal) => return self.refuse(refusal, None),
        };
        let Some(session) = self.sessions.find(id, parts.extensions.get()) else {
            return self.refuse(Refusal::UnknownSession, None);
        };
        // An id with a slash is that of the answer to a call, which a shutdown waits for; without
        // one it is the stream that never ends by itself.
        let last_seen = parts.headers.get(LAST_EVENT_ID);
        let of_call = last_seen.is_some_and(|id| id.as_bytes().contains(&b'/'));
        let listening = session.listen();
        let answer = self.ask_rmcp_for(brought, parts, Bytes::new(), None).await;
        let call = of_call.then_some(call);
        let until = (!of_call).then(|| shutdown.clone());
        answer.map(|body| Body::new(AnswerStream::new(body, until, None, (listening, call))))
    }

    pub(super) async fn delete(&self, parts: Parts) -> Response<Body> {
        if let Some(id) = session_id(&parts.headers) {
            let asking = parts.extensions.get();
            match (self.sessions.find(id, asking), &self.others) {
                (Some(session), _) => session.ends_by(SessionEnd::Deleted),
                (None, Some(others)) if self.sessions.get(id).is_none() => {
                    match others.load(id, asking).await {
                        Ok(Some(_)) => {}
                        Ok(None) => return self.refuse(Refusal::UnknownSession, None),
                        Err(Unreachable) => return self.refuse(Refusal::Unreachable, None),
                    }
                }
                (None, _) => return self.refuse(Refusal::UnknownSession, None),
            }
        }
        let mut answer = self.ask_rmcp(parts, Bytes::new(), None).await;
        if answer.status() == StatusCode::ACCEPTED {
            // It is done, and the Python SDK warns of anything else.
            *answer.status_mut() = StatusCode::OK;
        }
        answer
    }
}
