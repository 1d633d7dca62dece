//! Streamable HTTP: each answer arrives in the response to its request. Like the SDKs' clients,
//! this one also opens a stream for the server's own messages.

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
    /// Sent with every request; they name the session, which outlives its connections.
    headers: HeaderMap,
    response: PendingResponse,
    /// The stream of the server's own messages, which nobody reads.
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

    /// Opens the stream for the server's own messages, if the server has one and this client
    /// listens to it.
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
            // HTTP/1.1 has no other way to skip the rest of a response.
            self.response = PendingResponse::None;
            client.disconnect().await;
        }
        let headers = self.headers.clone();
        let response = client.send(Method::POST, &client.target.path, headers, message);
        self.response = PendingResponse::Head(response.await?);
        Ok(())
    }

    /// Waits until the server has accepted the last message, to which there is no answer.
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
                    let missing = "the response holds no answer";
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

    /// Ends the session, which the server otherwise keeps for a while.
    pub(super) async fn close(self, client: &HttpClient) -> Result<(), Failure> {
        let uri = &client.target.path;
        let response = client.send(Method::DELETE, uri, self.headers, String::new());
        let response = response.await?.await?;
        success(response, "the DELETE of the session")
            .await
            .map(drop)
    }
}
