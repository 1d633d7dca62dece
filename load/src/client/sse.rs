//! HTTP+SSE: answers come on the stream that was opened first.

use std::net::Ipv4Addr;

use super::{Failure, Post, events::Events, message, wire, wire::Wire};
use crate::server::Target;

#[derive(Debug)]
pub(crate) struct EventStream {
    wire: Wire,
    events: Events,
    endpoint: String,
    // What the server gave to the last event, for resuming after it.
    last_event: String,
}

impl EventStream {
    /// Opens a stream and waits for its first event, which says where to post.
    pub(crate) async fn open(target: &Target, source: Ipv4Addr) -> Result<Self, Failure> {
        let wire = Wire::connect(target.address, source).await?;
        Self::open_on(wire, target, "").await
    }

    /// The same for a reader whose buffer is small.
    pub(crate) async fn open_slow(target: &Target, source: Ipv4Addr) -> Result<Self, Failure> {
        let wire = Wire::new(wire::connect_slow(target.address, source).await?);
        Self::open_on(wire, target, "").await
    }

    /// Opens the stream anew, after the last event that has come; tells
    /// whether the session is still the same.
    pub(crate) async fn resume(
        &mut self,
        target: &Target,
        source: Ipv4Addr,
    ) -> Result<bool, Failure> {
        let wire = Wire::connect(target.address, source).await?;
        let stream = Self::open_on(wire, target, &self.last_event).await?;
        let is_same = stream.endpoint == self.endpoint;
        let last_event = std::mem::replace(self, stream).last_event;
        if self.last_event.is_empty() {
            self.last_event = last_event;
        }
        Ok(is_same)
    }

    async fn open_on(mut wire: Wire, target: &Target, last_event: &str) -> Result<Self, Failure> {
        let Target {
            address,
            path,
            headers,
            ..
        } = target;
        let last_event = match last_event {
            "" => String::new(),
            id => format!("Last-Event-ID: {id}\r\n"),
        };
        let get = format!(
            "GET {path} HTTP/1.1\r\n\
             Host: {address}\r\n\
             Accept: text/event-stream\r\n\
             {headers}{last_event}\r\n"
        );
        wire.send(get.as_bytes()).await?;
        let head = wire.head().await?;
        if head.status != 200 {
            let text = wire.body(&head.body).await.unwrap_or_default();
            return Err(Failure::Status {
                status: head.status,
                request: "the GET of the event stream",
                text: String::from_utf8_lossy(&text).into_owned(),
            });
        }
        let mut events = Events::of(&head.body);
        let event = events.next(&mut wire).await?;
        if event.name != "endpoint" {
            let name = event.name;
            return Err(Failure::Foreign(format!("the first event is `{name}`")));
        }
        Ok(Self {
            wire,
            events,
            endpoint: path_of(&event.data).to_owned(),
            last_event: event.id,
        })
    }

    /// Posts a message, which the server accepts before it answers.
    pub(crate) async fn send(&self, post: &mut Post, message: &str) -> Result<(), Failure> {
        post.send(&self.endpoint, message).await
    }

    /// Waits for the answer to request `id`; anything but success is an error.
    /// Nothing is lost if that is given up.
    pub(crate) async fn answer(&mut self, id: u64) -> Result<(), Failure> {
        while !message::answers(&self.next().await?, id)? {}
        Ok(())
    }

    /// Waits for the next message, whatever it is.
    pub(crate) async fn next(&mut self) -> Result<String, Failure> {
        let event = self.events.next(&mut self.wire).await?;
        if !event.id.is_empty() {
            self.last_event = event.id;
        }
        Ok(event.data)
    }

    pub(super) fn wire(&mut self) -> &mut Wire {
        &mut self.wire
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
