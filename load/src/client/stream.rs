//! An open event stream, and the answers on it.

use std::net::Ipv4Addr;

use anyhow::{Context, bail, ensure};
use bytes::BytesMut;
use serde::{Deserialize, de::IgnoredAny};

use super::{chunks::Chunks, event::Event, head::Body, wire::Wire};
use crate::server::Target;

#[derive(Debug)]
pub(crate) struct EventStream {
    wire: Wire,
    // `None` if the body is as it stands.
    chunks: Option<Chunks>,
    text: BytesMut,
    endpoint: String,
}

/// As much of a message as tells whether it is an answer, and a good one.
#[derive(Deserialize)]
struct Message {
    id: Option<u64>,
    method: Option<IgnoredAny>,
    result: Option<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(rename = "isError", default)]
    is_error: bool,
}

impl EventStream {
    /// Opens a stream and waits for its first event, which says where to post.
    pub(crate) async fn open(target: &Target, source: Ipv4Addr) -> anyhow::Result<Self> {
        let Target { address, path } = target;
        let mut wire = Wire::connect(*address, source).await?;
        let get =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n");
        wire.send(get.as_bytes()).await?;
        let head = wire.head().await?;
        ensure!(
            head.status == 200,
            "the server answers {} to GET {path}",
            head.status
        );
        let mut stream = Self {
            wire,
            chunks: (head.body == Body::Chunked).then(Chunks::default),
            text: BytesMut::new(),
            endpoint: String::new(),
        };
        let event = stream.next().await?;
        ensure!(
            event.name == "endpoint",
            "the first event is `{}`",
            event.name
        );
        stream.endpoint = path_of(&event.data).to_owned();
        Ok(stream)
    }

    /// Where to post.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Waits for the answer to request `id`; anything but success is an error.
    pub(crate) async fn answer(&mut self, id: u64) -> anyhow::Result<()> {
        loop {
            let event = self.next().await?;
            let message = serde_json::from_str::<Message>(&event.data)
                .with_context(|| format!("not a message: {}", event.data))?;
            if message.method.is_some() {
                // The server's own requests and notifications are not measured.
                continue;
            }
            ensure!(
                message.id == Some(id),
                "an answer to another request: {}",
                event.data
            );
            match message.result {
                Some(Outcome { is_error: false }) => return Ok(()),
                _ => bail!("an error: {}", event.data),
            }
        }
    }

    async fn next(&mut self) -> anyhow::Result<Event> {
        loop {
            let unread = &mut self.wire.unread;
            match &mut self.chunks {
                Some(chunks) => chunks.decode(unread, &mut self.text)?,
                None => self.text.unsplit(unread.split()),
            }
            if let Some(event) = Event::take(&mut self.text)? {
                return Ok(event);
            }
            ensure!(
                self.chunks != Some(Chunks::Done),
                "the server ended the stream"
            );
            self.wire.receive().await?;
        }
    }
}

/// The endpoint without its origin, if it has one.
fn path_of(endpoint: &str) -> &str {
    let Some((_, rest)) = endpoint.split_once("://") else {
        return endpoint;
    };
    rest.find('/').map_or("/", |at| &rest[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_may_have_an_origin() {
        assert_eq!(path_of("/messages?session_id=1"), "/messages?session_id=1");
        assert_eq!(path_of("http://127.0.0.1:1/m?s=1"), "/m?s=1");
    }
}
