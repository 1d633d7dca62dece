//! HTTP+SSE: all answers arrive on the event stream of the session.

use futures_util::StreamExt;
use http::{HeaderMap, Method, Uri};
use hyper::body::Incoming;
use sse_stream::{Sse, SseStream};

use super::{
    Failure, HttpClient,
    http_client::{HttpConnection, success, text},
};

pub(super) struct SseChannel {
    _connection: HttpConnection,
    events: SseStream<Incoming>,
    headers: HeaderMap,
    endpoint: Uri,
    last_event_id: Option<String>,
}

impl SseChannel {
    /// Opens a stream, resuming after `last_event_id` if it is set, and waits for its first event,
    /// which contains the endpoint for POST requests.
    pub(super) async fn open(
        client: &HttpClient,
        last_event_id: Option<String>,
    ) -> Result<Self, Failure> {
        let mut headers = client.headers("text/event-stream");
        if let Some(id) = &last_event_id {
            let id = id.parse().map_err(Failure::unexpected)?;
            headers.insert("last-event-id", id);
        }
        let (connection, response) = client.get(&client.target.path, headers).await?;
        let response = success(response, "the GET of the event stream").await?;
        let mut channel = Self {
            _connection: connection,
            events: SseStream::new(response.into_body()),
            headers: client.headers("*/*"),
            endpoint: Uri::default(),
            last_event_id,
        };
        let event = channel.next_event().await?;
        let name = event.event.unwrap_or_default();
        if name != "endpoint" {
            let unexpected = format!("the first event is `{name}`");
            return Err(Failure::Unexpected(unexpected));
        }
        channel.endpoint = relative(&event.data.unwrap_or_default())?;
        Ok(channel)
    }

    /// Reopens the stream after the last event received. Returns whether the session is still the
    /// same.
    pub(super) async fn resume(&mut self, client: &HttpClient) -> Result<bool, Failure> {
        let resumed = Self::open(client, self.last_event_id.clone()).await?;
        let is_same = resumed.endpoint == self.endpoint;
        *self = resumed;
        Ok(is_same)
    }

    pub(super) async fn send(&self, client: &HttpClient, message: String) -> Result<(), Failure> {
        let headers = self.headers.clone();
        let response = client.send(Method::POST, &self.endpoint, headers, message);
        let response = response.await?.await?;
        // The connection is free for the next request when the body has been read.
        text(success(response, "a POST").await?).await.map(drop)
    }

    pub(super) async fn next(&mut self) -> Result<String, Failure> {
        Ok(self.next_event().await?.data.unwrap_or_default())
    }

    async fn next_event(&mut self) -> Result<Sse, Failure> {
        let event = next_event(&mut self.events).await?;
        if event.id.as_ref().is_some_and(|id| !id.is_empty()) {
            self.last_event_id.clone_from(&event.id);
        }
        Ok(event)
    }
}

/// Waits for the next event with data. Cancel safe.
pub(super) async fn next_event(events: &mut SseStream<Incoming>) -> Result<Sse, Failure> {
    loop {
        match events.next().await.ok_or(Failure::Closed)? {
            Ok(event) if event.data.as_ref().is_some_and(|data| !data.is_empty()) => {
                return Ok(event);
            }
            // An id without data marks the start of the stream.
            Ok(_) => {}
            Err(sse_stream::Error::Body(error)) => {
                let error = error.downcast::<hyper::Error>();
                return Err(error.map_or_else(Failure::unexpected, |error| (*error).into()));
            }
            Err(error) => return Err(Failure::unexpected(error)),
        }
    }
}

/// Returns the endpoint without its origin.
fn relative(endpoint: &str) -> Result<Uri, Failure> {
    let uri = endpoint.parse::<Uri>().map_err(Failure::unexpected)?;
    let path = uri.into_parts().path_and_query;
    path.map(Uri::from)
        .ok_or_else(|| Failure::Unexpected(format!("the endpoint is `{endpoint}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_may_have_an_origin() {
        for (endpoint, path) in [
            ("/messages?session_id=1", "/messages?session_id=1"),
            ("http://127.0.0.1:1/m?s=1", "/m?s=1"),
        ] {
            assert_eq!(relative(endpoint).unwrap(), path);
        }
    }
}
