//! Lets the suite, which speaks Streamable HTTP, test a server that speaks HTTP+SSE.
//!
//! Each of the suite's sessions is one event stream of the server. A POST is passed on with its
//! `Host`, its `Origin` and its version; what the server refuses is refused with its status. What
//! comes on the event stream while a request runs goes to that request's response, anything else to
//! the stream that a GET has opened.

mod events;
mod session;

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

use self::session::Session;

const SESSION_ID: &str = "mcp-session-id";

/// What of a request's head the server is to judge.
const PASSED_ON: [HeaderName; 3] = [
    header::HOST,
    header::ORIGIN,
    HeaderName::from_static("mcp-protocol-version"),
];

struct Bridge {
    sse_url: String,
    client: reqwest::Client,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

/// A router with `/mcp`, in front of the event stream at `sse_url`.
///
/// # Errors
///
/// The client towards the server cannot be made.
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
) -> Result<Response, Refused> {
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let method = message["method"].as_str();
    let (id, session) = if method == Some("initialize") {
        bridge.open(&headers).await?
    } else {
        bridge.find(&headers)?
    };
    let is_call = method.is_some() && !message["id"].is_null();
    let answers = is_call.then(|| session.expect(&message["id"]));
    let request = bridge.client.post(session.messages_url());
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let response = request
        .headers(passed_on(&headers))
        .body(body)
        .send()
        .await?;
    if response.status() != StatusCode::ACCEPTED {
        session.forget(&message["id"]);
        return Err(Refused::by_server(response).await);
    }
    Ok(match answers {
        Some(answers) => ([(SESSION_ID, id)], event_stream(answers)).into_response(),
        None => StatusCode::ACCEPTED.into_response(),
    })
}

async fn open_stream(
    State(bridge): State<Arc<Bridge>>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let (_, session) = bridge.find(&headers)?;
    Ok(event_stream(session.listen()))
}

async fn end_session(
    State(bridge): State<Arc<Bridge>>,
    headers: HeaderMap,
) -> Result<StatusCode, Refused> {
    let (id, _) = bridge.find(&headers)?;
    bridge.sessions.lock().remove(&id);
    Ok(StatusCode::NO_CONTENT)
}

impl Bridge {
    async fn open(&self, headers: &HeaderMap) -> Result<(String, Arc<Session>), Refused> {
        let request = self.client.get(&self.sse_url).headers(passed_on(headers));
        let response = request.send().await?;
        if response.status() != StatusCode::OK {
            return Err(Refused::by_server(response).await);
        }
        let session = Arc::new(Session::begin(response).await?);
        // What the server calls the session is as good a name here.
        let id = session
            .messages_url()
            .query()
            .unwrap_or_default()
            .to_owned();
        self.sessions.lock().insert(id.clone(), session.clone());
        Ok((id, session))
    }

    fn find(&self, headers: &HeaderMap) -> Result<(String, Arc<Session>), Refused> {
        let id = headers.get(SESSION_ID).and_then(|id| id.to_str().ok());
        let id = id.ok_or(Refused(StatusCode::BAD_REQUEST, "no session".to_owned()))?;
        let session = self
            .sessions
            .lock()
            .get(id)
            .filter(|session| session.is_open())
            .cloned();
        let session =
            session.ok_or(Refused(StatusCode::NOT_FOUND, "no such session".to_owned()))?;
        Ok((id.to_owned(), session))
    }
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let value = |name: HeaderName| Some((name.clone(), headers.get(name)?.clone()));
    PASSED_ON.into_iter().filter_map(value).collect()
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

/// A status and a text, mostly the server's own.
struct Refused(StatusCode, String);

impl Refused {
    async fn by_server(response: reqwest::Response) -> Self {
        let status = response.status();
        Self(status, response.text().await.unwrap_or_default())
    }
}

impl From<reqwest::Error> for Refused {
    fn from(error: reqwest::Error) -> Self {
        Self(StatusCode::BAD_GATEWAY, error.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}
