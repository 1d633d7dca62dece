//! Translates between the suite, which supports only Streamable HTTP, and a server over HTTP+SSE.
//!
//! Each session of the suite is one event stream of the server. A POST is forwarded with its
//! `Host`, `Origin` and protocol version; a refusal is returned with the server's status. Messages
//! that arrive while a request runs are sent in that request's response, others on the stream that
//! a GET has opened.

mod bridge_session;
mod sse_reader;

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::stream;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use self::bridge_session::BridgeSession;

const SESSION_ID: &str = "mcp-session-id";

/// The headers that the server checks.
const FORWARDED_HEADERS: [HeaderName; 3] = [
    header::HOST,
    header::ORIGIN,
    HeaderName::from_static("mcp-protocol-version"),
];

struct Bridge {
    sse_url: String,
    client: reqwest::Client,
    sessions: Mutex<HashMap<String, Arc<BridgeSession>>>,
}

/// Creates a router that serves `/mcp` with the server whose event stream is at `sse_url`.
///
/// # Errors
///
/// The HTTP client cannot be created.
pub fn bridge(sse_url: String) -> reqwest::Result<Router> {
    let bridge = Bridge {
        sse_url,
        client: reqwest::Client::builder().no_proxy().build()?,
        sessions: Mutex::default(),
    };
    let methods = post(post_message).get(open_stream).delete(end_session);
    Ok(Router::new()
        .route("/mcp", methods)
        .with_state(Arc::new(bridge)))
}

async fn post_message(
    State(bridge): State<Arc<Bridge>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, BridgeError> {
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let method = message["method"].as_str();
    let (id, session) = if method == Some("initialize") {
        bridge.open(&headers).await?
    } else {
        bridge.find(&headers)?
    };
    let is_call = method.is_some() && !message["id"].is_null();
    let answers = is_call.then(|| session.register_call(&message["id"]));
    let request = bridge.client.post(session.messages_url());
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let response = request
        .headers(forwarded_headers(&headers))
        .body(body)
        .send()
        .await?;
    if response.status() != StatusCode::ACCEPTED {
        session.remove_call(&message["id"]);
        return Err(BridgeError::from_response(response).await);
    }
    Ok(match answers {
        Some(answers) => ([(SESSION_ID, id)], event_stream(answers)).into_response(),
        None => StatusCode::ACCEPTED.into_response(),
    })
}

async fn open_stream(
    State(bridge): State<Arc<Bridge>>,
    headers: HeaderMap,
) -> Result<Response, BridgeError> {
    let (_, session) = bridge.find(&headers)?;
    Ok(event_stream(session.listen()))
}

async fn end_session(
    State(bridge): State<Arc<Bridge>>,
    headers: HeaderMap,
) -> Result<StatusCode, BridgeError> {
    let (id, _) = bridge.find(&headers)?;
    bridge.sessions.lock().remove(&id);
    Ok(StatusCode::NO_CONTENT)
}

impl Bridge {
    async fn open(&self, headers: &HeaderMap) -> Result<(String, Arc<BridgeSession>), BridgeError> {
        let request = self
            .client
            .get(&self.sse_url)
            .headers(forwarded_headers(headers));
        let response = request.send().await?;
        if response.status() != StatusCode::OK {
            return Err(BridgeError::from_response(response).await);
        }
        let session = Arc::new(BridgeSession::open(response).await?);
        // The server's session id also identifies the session of the suite.
        let id = session
            .messages_url()
            .query()
            .unwrap_or_default()
            .to_owned();
        self.sessions.lock().insert(id.clone(), session.clone());
        Ok((id, session))
    }

    fn find(&self, headers: &HeaderMap) -> Result<(String, Arc<BridgeSession>), BridgeError> {
        let id = headers.get(SESSION_ID).and_then(|id| id.to_str().ok());
        let id = id.ok_or(BridgeError(
            StatusCode::BAD_REQUEST,
            "no session".to_owned(),
        ))?;
        let session = self
            .sessions
            .lock()
            .get(id)
            .filter(|session| session.is_open())
            .cloned();
        let session = session.ok_or(BridgeError(
            StatusCode::NOT_FOUND,
            "no such session".to_owned(),
        ))?;
        Ok((id.to_owned(), session))
    }
}

fn forwarded_headers(headers: &HeaderMap) -> HeaderMap {
    let value = |name: HeaderName| Some((name.clone(), headers.get(name)?.clone()));
    FORWARDED_HEADERS.into_iter().filter_map(value).collect()
}

fn event_stream(messages: UnboundedReceiver<String>) -> Response {
    let events = stream::unfold(messages, |mut messages| async {
        let message = messages.recv().await?;
        let event = format!("event: message\ndata: {message}\n\n");
        Some((Ok::<_, std::io::Error>(event), messages))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream")];
    (headers, Body::from_stream(events)).into_response()
}

/// An error response, usually the server's own.
struct BridgeError(StatusCode, String);

impl BridgeError {
    async fn from_response(response: reqwest::Response) -> Self {
        let status = response.status();
        Self(status, response.text().await.unwrap_or_default())
    }
}

impl From<reqwest::Error> for BridgeError {
    fn from(error: reqwest::Error) -> Self {
        Self(StatusCode::BAD_GATEWAY, error.to_string())
    }
}

impl IntoResponse for BridgeError {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}
