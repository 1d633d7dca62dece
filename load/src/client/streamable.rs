//! Streamable HTTP: each answer comes in the response to its request. Like the
//! SDKs' clients this one also opens a stream for what the server has to say.

use std::net::Ipv4Addr;

use super::{Failure, Post, call, events::Events, message, wire::Wire};
use crate::server::{Target, Transport};

#[derive(Debug)]
pub(crate) struct Streamable {
    path: String,
    // What every request carries; with it the session survives its connections.
    headers: String,
    // `None` if the server has nothing to say by itself.
    listening: Option<Wire>,
}

impl Streamable {
    /// Opens a session, says hello, and listens.
    pub(crate) async fn open(
        target: &Target,
        source: Ipv4Addr,
        post: &mut Post,
    ) -> Result<Self, Failure> {
        let mut session = Self {
            path: target.path.clone(),
            headers: "Accept: application/json, text/event-stream\r\n".to_owned(),
            listening: None,
        };
        session.send(post, call::INITIALIZE).await?;
        let id = session.answer(post, 0).await?;
        session
            .headers
            .push_str("MCP-Protocol-Version: 2025-06-18\r\n");
        if let Some(id) = id {
            session
                .headers
                .push_str(&format!("Mcp-Session-Id: {id}\r\n"));
        }
        session.notify(post, call::INITIALIZED).await?;
        session.listen(target, source).await?;
        Ok(session)
    }

    /// Opens the stream for what the server has to say, if it has one and this
    /// client wants to hear it.
    pub(crate) async fn listen(
        &mut self,
        target: &Target,
        source: Ipv4Addr,
    ) -> Result<(), Failure> {
        self.listening = None;
        if target.transport == Transport::StreamableQuiet {
            return Ok(());
        }
        let Target { address, path, .. } = target;
        let own = &target.headers;
        let headers = &self.headers;
        let get = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{own}{headers}\r\n");
        let mut wire = Wire::connect(*address, source).await?;
        wire.send(get.as_bytes()).await?;
        let head = wire.head().await?;
        match head.status {
            200 => self.listening = Some(wire),
            405 => {}
            status => {
                let text = wire.body(&head.body).await.unwrap_or_default();
                return Err(Failure::Status {
                    status,
                    request: "the GET of the event stream",
                    text: String::from_utf8_lossy(&text).into_owned(),
                });
            }
        }
        Ok(())
    }

    pub(crate) async fn notify(&self, post: &mut Post, message: &str) -> Result<(), Failure> {
        self.send(post, message).await?;
        post.accepted().await
    }

    /// Ends the session, which otherwise waits for its client for a while.
    pub(crate) async fn close(&self, target: &Target, post: &mut Post) -> Result<(), Failure> {
        let Target { address, path, .. } = target;
        let (own, headers) = (&target.headers, &self.headers);
        let delete = format!("DELETE {path} HTTP/1.1\r\nHost: {address}\r\n{own}{headers}\r\n");
        post.connected().await?.send(delete.as_bytes()).await?;
        post.accepted().await
    }

    /// Posts a message and does not wait for what becomes of it.
    pub(crate) async fn send(&self, post: &mut Post, message: &str) -> Result<(), Failure> {
        post.write(&self.path, &self.headers, message).await
    }

    /// Waits for the answer to request `id`, and tells the session that the
    /// server names with it. Once given up, the connection is of no more use.
    pub(crate) async fn answer(&self, post: &mut Post, id: u64) -> Result<Option<String>, Failure> {
        let head = post.head().await?;
        if head.status != 200 {
            return Err(Failure::Status {
                status: head.status,
                request: "a POST",
                text: post.body(&head).await?,
            });
        }
        let answered = if head.is_stream {
            let mut events = Events::of(&head.body);
            let wire = post.wire()?;
            let answered = loop {
                let event = events.next(wire).await?;
                match message::answers(&event.data, id) {
                    Ok(false) => {}
                    answered => break answered,
                }
            };
            events.finish(wire).await?;
            answered
        } else {
            message::answers(&post.body(&head).await?, id)
        };
        if answered? {
            Ok(head.session_id)
        } else {
            Err(Failure::Foreign("the response holds no answer".to_owned()))
        }
    }
}
