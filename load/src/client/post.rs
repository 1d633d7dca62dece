//! A connection that is kept for posting; it is made when it is needed.

use std::net::Ipv4Addr;

use super::{
    Failure,
    head::{Body, Head},
    wire::Wire,
};
use crate::server::Target;

#[derive(Debug)]
pub(crate) struct Post {
    target: Target,
    source: Ipv4Addr,
    wire: Option<Wire>,
}

impl Post {
    pub(crate) fn new(target: &Target, source: Ipv4Addr) -> Self {
        Self {
            target: target.clone(),
            source,
            wire: None,
        }
    }

    /// Posts a message; that it was not accepted is an error.
    pub(crate) async fn send(&mut self, path: &str, message: &str) -> Result<(), Failure> {
        self.write(path, "", message).await?;
        self.accepted().await
    }

    /// Posts a message and does not wait for what the server says to it.
    /// `headers` end with a line end each.
    pub(crate) async fn write(
        &mut self,
        path: &str,
        headers: &str,
        message: &str,
    ) -> Result<(), Failure> {
        let request = format!(
            "POST {path} HTTP/1.1\r\n\
             Host: {}\r\n\
             Content-Type: application/json\r\n\
             {}{headers}\
             Content-Length: {}\r\n\r\n{message}",
            self.target.address,
            self.target.headers,
            message.len(),
        );
        self.connected().await?.send(request.as_bytes()).await
    }

    /// Waits for the server's word that it has taken the message.
    pub(crate) async fn accepted(&mut self) -> Result<(), Failure> {
        let head = self.head().await?;
        let text = self.body(&head).await?;
        match head.status {
            200 | 202 | 204 => Ok(()),
            status => Err(Failure::Status {
                status,
                request: "a POST",
                text,
            }),
        }
    }

    pub(crate) async fn head(&mut self) -> Result<Head, Failure> {
        self.wire()?.head().await
    }

    pub(crate) async fn body(&mut self, head: &Head) -> Result<String, Failure> {
        let text = self.wire()?.body(&head.body).await?;
        if head.body == Body::UntilClose {
            self.wire = None;
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// The connection that was written to.
    pub(crate) fn wire(&mut self) -> Result<&mut Wire, Failure> {
        self.wire.as_mut().ok_or(Failure::Closed)
    }

    /// The connection, a new one if there is none or the server closed it.
    pub(super) async fn connected(&mut self) -> Result<&mut Wire, Failure> {
        let kept = self.wire.take().filter(|wire| !wire.is_closed());
        let wire = match kept {
            Some(wire) => wire,
            None => Wire::connect(self.target.address, self.source).await?,
        };
        Ok(self.wire.insert(wire))
    }

    /// Cuts the connection.
    pub(crate) fn cut(&mut self) {
        self.wire = None;
    }
}
