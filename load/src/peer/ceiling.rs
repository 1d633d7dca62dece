//! The ceiling, the baseline of the benchmark: the same protocol on bare axum, without an MCP
//! library, access checks, limits, keep-alive or resume. A server that parses messages and answers
//! on the stream of another connection can hardly be faster.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::stream;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};
use uuid::Uuid;

type Sessions = Arc<Mutex<HashMap<Uuid, mpsc::Sender<Bytes>>>>;

pub(crate) async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let router = Router::new()
        .route("/sse", get(open))
        .route("/messages", post(message))
        .with_state(Sessions::default());
    super::serve_router(listener, router).await
}

async fn open(State(sessions): State<Sessions>) -> Response {
    let id = Uuid::new_v4();
    let (sender, mut events) = mpsc::channel(16);
    let endpoint = format!("event: endpoint\r\ndata: /messages?session_id={id}\r\n\r\n");
    let _ = sender.try_send(endpoint.into());
    sessions.lock().insert(id, sender);
    let session = OpenSession { id, sessions };
    let stream = stream::poll_fn(move |cx| {
        let _session = &session;
        events
            .poll_recv(cx)
            .map(|event| event.map(Ok::<_, Infallible>))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(stream)).into_response()
}

#[derive(Deserialize)]
struct SessionQuery {
    session_id: Uuid,
}

async fn message(
    State(sessions): State<Sessions>,
    Query(SessionQuery { session_id }): Query<SessionQuery>,
    Json(message): Json<Value>,
) -> (StatusCode, &'static str) {
    let Some(events) = sessions.lock().get(&session_id).cloned() else {
        return (StatusCode::NOT_FOUND, "Could not find session");
    };
    if let Some(answer) = answer(&message) {
        let event = format!("event: message\r\ndata: {answer}\r\n\r\n");
        if events.send(event.into()).await.is_err() {
            return (StatusCode::NOT_FOUND, "Could not find session");
        }
    }
    (StatusCode::ACCEPTED, "Accepted")
}

/// Returns the answer to a request; `None` for a notification.
fn answer(message: &Value) -> Option<Value> {
    let id = message.get("id")?;
    let result = match message["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "ceiling", "version": "0"},
        }),
        Some("tools/call") => json!({
            "content": [{"type": "text", "text": message["params"]["arguments"]["text"]}],
            "isError": false,
        }),
        Some("ping") => json!({}),
        _ => {
            let error = json!({"code": -32601, "message": "method not found"});
            return Some(json!({"jsonrpc": "2.0", "id": id, "error": error}));
        }
    };
    Some(json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

/// Removes a session when its stream ends.
struct OpenSession {
    id: Uuid,
    sessions: Sessions,
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.sessions.lock().remove(&self.id);
    }
}
