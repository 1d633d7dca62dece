//! GraphQL over HTTP, as in the draft of its specification.
//!
//! A `POST` must have a JSON content type, which pages of other origins cannot send without a CORS
//! preflight. A `GET` can only read, because the schema has no mutations.

use async_graphql::{Request, Response as GraphQlResponse};
use axum::{
    Json,
    extract::{
        Query, State, WebSocketUpgrade,
        rejection::{BytesRejection, JsonRejection, QueryRejection},
        ws::rejection::WebSocketUpgradeRejection,
    },
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use edge::accept::accepts_html;
use rmcp_transport::{JsonLimits, Refusal, is_json};
use serde::Deserialize;

use super::{
    error::{self, ErrorCode, is_rejected},
    event_stream,
    media_type::MediaType,
    response_json::{errors_to_json, to_json},
    service::GraphQl,
    websocket,
};

/// A request in a query string. The parser of async-graphql ignores `operationName`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryParameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
}

/// Handles `GET /graphql`: a query, an event stream, a WebSocket, or the editor page.
pub async fn get(
    State(graphql): State<GraphQl>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    parameters: Result<Query<QueryParameters>, QueryRejection>,
    parts: Parts,
) -> Response {
    use WebSocketUpgradeRejection as Rejection;

    match upgrade {
        Ok(upgrade) => return websocket::connect(graphql, upgrade, parts.extensions),
        // Not a WebSocket handshake.
        Err(
            Rejection::InvalidConnectionHeader(_)
            | Rejection::InvalidUpgradeHeader(_)
            | Rejection::MethodNotGet(_),
        ) => {}
        Err(rejection) => return rejection.into_response(),
    }
    let request = match parameters {
        Ok(Query(parameters)) if parameters.query.is_none() && accepts_html(&parts.headers) => {
            return graphql.shared.editor.respond(&parts);
        }
        Ok(Query(parameters)) => parameters.into_request(),
        Err(rejection) => Err(rejection.body_text()),
    };
    execute(graphql, &parts, request.map_err(bad_request)).await
}

/// Handles `POST /graphql`: a query or an event stream.
pub async fn post(
    State(graphql): State<GraphQl>,
    parts: Parts,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let request = match body {
        _ if !is_json(&parts.headers) => Err((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send the request with `Content-Type: application/json`".to_owned(),
        )),
        Ok(body) => parse(&body),
        Err(rejection) => {
            let max_bytes = graphql.max_body_bytes();
            let text = format!("the body is longer than {max_bytes} bytes or incomplete");
            Err((rejection.status(), text))
        }
    };
    execute(graphql, &parts, request).await
}

fn parse(body: &[u8]) -> Result<Request, RequestError> {
    if !JsonLimits::MESSAGE.allow(body) {
        let text = Refusal::TooComplex.to_string();
        return Err((Refusal::TooComplex.status(), text));
    }
    match Json::from_bytes(body) {
        Ok(Json(request)) => Ok(request),
        Err(JsonRejection::JsonDataError(_)) => Err(bad_request(
            "the body is not a GraphQL request: send a JSON object with `query`, a text, and \
             optionally `operationName`, a text, and `variables`, an object; batches are not \
             supported, but a query may have many fields",
        )),
        Err(rejection) => Err((rejection.status(), rejection.body_text())),
    }
}

/// Handles `GET /graphql/schema.graphql`: the schema in the schema definition language.
pub async fn get_schema(State(graphql): State<GraphQl>) -> Response {
    if !graphql.shared.limits.allows_introspection {
        let text = "introspection is disabled on this server (GRAPHQL_INTROSPECTION=false)\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, graphql.sdl()).into_response()
}

/// The status and error text for a request without an operation.
type RequestError = (StatusCode, String);

fn bad_request(text: impl Into<String>) -> RequestError {
    (StatusCode::BAD_REQUEST, text.into())
}

impl QueryParameters {
    fn into_request(self) -> Result<Request, String> {
        let mut request = Request::new(self.query.unwrap_or_default());
        request.operation_name = self.operation_name.filter(|name| !name.is_empty());
        if let Some(variables) = self.variables.filter(|text| !text.is_empty()) {
            request.variables = serde_json::from_str(&variables)
                .map_err(|error| format!("`variables` is not a JSON object: {error}"))?;
        }
        Ok(request)
    }
}

async fn execute(
    graphql: GraphQl,
    parts: &Parts,
    request: Result<Request, RequestError>,
) -> Response {
    let media = MediaType::negotiate(&parts.headers);
    let request = request.and_then(|request| match request.query.trim() {
        "" => Err(bad_request(
            "there is no `query`: send it in the query string, or as JSON with `POST`",
        )),
        _ => Ok(request),
    });
    let text = "supported response types: `application/graphql-response+json`, `application/json` \
                and `text/event-stream`";
    match (request, media) {
        (Ok(request), Some(MediaType::Events)) => {
            event_stream::respond(&graphql, &parts.extensions, request)
        }
        (Ok(request), Some(media)) => respond(media, &graphql.query(request).await),
        (Ok(_), None) => respond_with_error(
            MediaType::GraphQl,
            (StatusCode::NOT_ACCEPTABLE, text.to_owned()),
        ),
        (Err(reason), Some(MediaType::Json)) => respond_with_error(MediaType::Json, reason),
        (Err(reason), _) => respond_with_error(MediaType::GraphQl, reason),
    }
}

/// Responds to an operation.
fn respond(media: MediaType, response: &GraphQlResponse) -> Response {
    let code = response.errors.first().map(ErrorCode::of);
    let status = match (media, code) {
        (MediaType::GraphQl, Some(code)) if is_rejected(response) => match code {
            ErrorCode::Timeout => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        },
        _ => StatusCode::OK,
    };
    with_body(media, status, to_json(response))
}

/// Responds to a request without an operation.
fn respond_with_error(media: MediaType, (status, text): RequestError) -> Response {
    with_body(
        media,
        status,
        errors_to_json(&[error::operation(ErrorCode::BadRequest, text)]),
    )
}

fn with_body(media: MediaType, status: StatusCode, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.content_type()),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body).into_response()
}
