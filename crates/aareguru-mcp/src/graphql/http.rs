//! GraphQL over HTTP: what a request must look like, and what goes back, by the
//! draft of the GraphQL-over-HTTP specification.
//!
//! A `POST` has to be declared as JSON, which no page of another origin can
//! send unasked; a `GET` can only read, as there are no mutations.

mod accept;
mod parameters;

use async_graphql::{Request as Operation, Response as Answer, ServerError};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use self::accept::{Accepted, Media};
use super::{
    event_stream,
    limits::with_code,
    service::{GraphQl, is_refused},
    trouble::Code,
    websocket,
};
use crate::http::page::graphql_page;

/// Answers `GET /graphql`: a query, a stream, a WebSocket, or the page.
pub(crate) async fn get(State(graphql): State<GraphQl>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if websocket::is_wanted(&parts.headers) {
        return websocket::connect(graphql, parts).await;
    }
    let asked = parameters::read(parts.uri.query().unwrap_or_default());
    let accepted = Accepted::of(&parts.headers);
    let operation = match asked {
        Ok(None) if accepted.wants_html() => {
            return graphql_page(&graphql.shared.base_path, &parts);
        }
        Ok(None) => {
            let text = "there is no `query`: put it into the query string, or `POST` it as JSON";
            return fault(accepted.media(), StatusCode::BAD_REQUEST, text);
        }
        Ok(Some(operation)) => operation,
        Err(text) => return fault(accepted.media(), StatusCode::BAD_REQUEST, &text),
    };
    execute(graphql, &mut parts, &accepted, operation).await
}

/// Answers `POST /graphql`: a query, or a stream.
pub(crate) async fn post(State(graphql): State<GraphQl>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let accepted = Accepted::of(&parts.headers);
    let media = accepted.media();
    if !is_json(&parts.headers) {
        let text = "a request is JSON: send it with `Content-Type: application/json`";
        return fault(media, StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    }
    let operation = match read(body, graphql.shared.config.max_request_body_bytes).await {
        Ok(operation) => operation,
        Err((status, text)) => return fault(media, status, &text),
    };
    execute(graphql, &mut parts, &accepted, operation).await
}

/// Answers `GET /graphql/schema.graphql`: the schema in its own language, for
/// tools and for the page.
pub(crate) async fn schema(State(graphql): State<GraphQl>) -> Response {
    if !graphql.shared.limits.tells_schema {
        let text = "the schema is not told (GRAPHQL_INTROSPECTION is false)\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, graphql.sdl()).into_response()
}

async fn execute(
    graphql: GraphQl,
    parts: &mut Parts,
    accepted: &Accepted,
    operation: Operation,
) -> Response {
    let Some(media) = accepted.media() else {
        let text = "answers are `application/graphql-response+json`, `application/json` or \
                    `text/event-stream`";
        return fault(None, StatusCode::NOT_ACCEPTABLE, text);
    };
    match media {
        Media::Events => event_stream::respond(&graphql, &parts.extensions, operation),
        media => told(media, &graphql.shared.query(operation).await),
    }
}

/// One answer.
fn told(media: Media, answer: &Answer) -> Response {
    // Whoever asks for plain JSON expects 200 for whatever is GraphQL at all.
    let status = match (media, is_refused(answer)) {
        (Media::GraphQl, true) => status(answer),
        _ => StatusCode::OK,
    };
    with_body(media, status, as_json(answer))
}

fn status(refused: &Answer) -> StatusCode {
    let code = refused.errors.first();
    match code.map(|error| Code::of(error.extensions.as_ref())) {
        Some(Code::Timeout) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// In the order in which it is. An operation that was not executed
/// has no `data`, not even null.
pub(super) fn as_json(answer: &Answer) -> String {
    if is_refused(answer) {
        return json!({ "errors": answer.errors }).to_string();
    }
    serde_json::to_string(answer).expect("an answer is made of JSON's values")
}

/// An answer to what is no operation at all.
fn fault(media: Option<Media>, status: StatusCode, text: &str) -> Response {
    let error = with_code(ServerError::new(text, None), Code::BadRequest);
    let media = media.filter(|media| *media != Media::Events);
    let body = json!({ "errors": [error] }).to_string();
    with_body(media.unwrap_or(Media::GraphQl), status, body)
}

fn with_body(media: Media, status: StatusCode, body: String) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(media.content_type()),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (status, headers, body).into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_TYPE);
    let declared = declared
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

async fn read(body: Body, max_bytes: usize) -> Result<Operation, (StatusCode, String)> {
    let Ok(bytes) = to_bytes(body, max_bytes).await else {
        let text = format!("the body is longer than {max_bytes} bytes, or was cut short");
        return Err((StatusCode::PAYLOAD_TOO_LARGE, text));
    };
    let bad = |text: String| (StatusCode::BAD_REQUEST, text);
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|error| bad(format!("the body is not JSON: {error}")))?;
    match value {
        Value::Object(members) => operation(members).map_err(bad),
        Value::Array(_) => Err(bad(
            "batches are not taken: send one operation a request, which may have many fields"
                .to_owned(),
        )),
        _ => Err(bad("the body is not an object with a `query`".to_owned())),
    }
}

/// The operation that these members make.
fn operation(mut members: Map<String, Value>) -> Result<Operation, String> {
    // Clients write null for what they leave out.
    members.retain(|_, value| !value.is_null());
    match members.get("query") {
        Some(Value::String(query)) if !query.trim().is_empty() => {}
        Some(Value::String(_)) | None => return Err("there is no `query`".to_owned()),
        Some(_) => return Err("`query` is not a text".to_owned()),
    }
    for name in ["variables", "extensions"] {
        if members.get(name).is_some_and(|value| !value.is_object()) {
            return Err(format!("`{name}` is not an object"));
        }
    }
    serde_json::from_value(Value::Object(members))
        .map_err(|error| format!("the request is not understood: {error}"))
}
