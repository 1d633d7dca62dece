//! Streamable HTTP: each answer arrives in the response to its request. Like the clients of the
//! SDKs, this client also opens a stream for requests and notifications of the server.

use std::mem;

use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use hyper::body::Incoming;
use sse_stream::SseStream;

use super::{
    Failure, HttpClient,
    http_client::{HttpConnection, ResponseFuture, success, text},
    sse::next_event,
};
use crate::load_target::Transport;

pub(super) struct StreamableChannel {
    /// Sent with every request. They include the session id.
    headers: HeaderMap,
    response: PendingResponse,
    /// The stream of requests and notifications of the server; not read.
    _listener: Option<(HttpConnection, Response<Incoming>)>,
}

/// The response to the last POST, as far as it has been read.
#[derive(Default)]
enum PendingResponse {
    #[default]
    None,
    Head(ResponseFuture),
    Events(SseStream<Incoming>),
}

impl StreamableChannel {
    pub(super) fn new(client: &HttpClient) -> Self {
        Self {
            headers: client.headers("application/json, text/event-stream"),
            response: PendingResponse::None,
            _listener: None,
        }
    }

    /// Opens the stream for requests and notifications of the server, if the server and the
    /// selected transport have one.
    pub(super) async fn listen(&mut self, client: &HttpClient) -> Result<(), Failure> {
        self.response = PendingResponse::None;
        self._listener = None;
        if client.target.transport == Transport::StreamablePostOnly {
            return Ok(());
        }
        let (connection, response) = client
            .get(&client.target.path, self.headers.clone())
            .await?;
        if response.status() != StatusCode::METHOD_NOT_ALLOWED {
            let response = success(response, "the GET of the event stream").await?;
            self._listener = Some((connection, response));
        }
        Ok(())
    }

    /// Sends a message without waiting for the response.
    pub(super) async fn send(
        &mut self,
        client: &HttpClient,
        message: String,
    ) -> Result<(), Failure> {
        if !matches!(self.response, PendingResponse::None) {
            // In HTTP/1.1, the rest of a response can only be skipped by closing the connection.
            self.response = PendingResponse::None;
            client.disconnect().await;
        }
        let headers = self.headers.clone();
        let response = client.send(Method::POST, &client.target.path, headers, message);
        self.response = PendingResponse::Head(response.await?);
        Ok(())
    }

    /// Waits until the server has accepted the last message, which has no answer.
    pub(super) async fn accepted(&mut self) -> Result<(), Failure> {
        if let PendingResponse::Head(response) = mem::take(&mut self.response) {
            text(success(response.await?, "a POST").await?).await?;
        }
        Ok(())
    }

    pub(super) async fn next(&mut self) -> Result<String, Failure> {
        loop {
            match &mut self.response {
                PendingResponse::None => {
                    let missing = "the response contains no answer";
                    return Err(Failure::Unexpected(missing.to_owned()));
                }
                PendingResponse::Events(events) => {
                    return Ok(next_event(events).await?.data.unwrap_or_default());
                }
                PendingResponse::Head(response) => {
                    let response = response.await;
                    self.response = PendingResponse::None;
                    let mut response = success(response?, "a POST").await?;
                    if let Some(id) = response.headers_mut().remove("mcp-session-id") {
                        self.headers.insert("mcp-session-id", id);
                    }
                    let version = HeaderValue::from_static("2025-06-18");
                    self.headers.insert("mcp-protocol-version", version);
                    let content_type = response.headers().get(header::CONTENT_TYPE);
                    let content_type = content_type.map_or(&b""[..], HeaderValue::as_bytes);
                    if !content_type.starts_with(b"text/event-stream") {
                        return text(response).await;
                    }
                    let events = SseStream::new(response.into_body());
                    self.response = PendingResponse::Events(events);
                }
            }
        }
    }

    /// Reads the response to its end, so that its connection is free for the next request.
    pub(super) async fn finish_response(&mut self) {
        if let PendingResponse::Events(mut events) = mem::take(&mut self.response) {
            while let Some(Ok(_)) = events.next().await {}
        }
    }

    /// Deletes the session, which the server would otherwise keep for a while.
    pub(super) async fn close(self, client: &HttpClient) -> Result<(), Failure> {
        let uri = &client.target.path;
        let response = client.send(Method::DELETE, uri, self.headers, String::new());
        let response = response.await?.await?;
        success(response, "the DELETE of the session")
            .await
            .map(drop)
    }
}
