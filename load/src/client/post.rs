//! A connection that is kept for posting.

use std::net::{Ipv4Addr, SocketAddrV4};

use anyhow::{bail, ensure};
use bytes::BytesMut;

use super::{chunks::Chunks, head::Body, wire::Wire};
use crate::server::Target;

#[derive(Debug)]
pub(crate) struct Post {
    wire: Wire,
    address: SocketAddrV4,
}

impl Post {
    pub(crate) async fn connect(target: &Target, source: Ipv4Addr) -> anyhow::Result<Self> {
        let address = target.address;
        let wire = Wire::connect(address, source).await?;
        Ok(Self { wire, address })
    }

    /// Posts a message; that it was not accepted is an error.
    pub(crate) async fn send(&mut self, endpoint: &str, message: &str) -> anyhow::Result<()> {
        let request = format!(
            "POST {endpoint} HTTP/1.1\r\n\
             Host: {}\r\n\
             Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{message}",
            self.address,
            message.len(),
        );
        self.wire.send(request.as_bytes()).await?;
        let head = self.wire.head().await?;
        let body = self.body(&head.body).await?;
        ensure!(
            matches!(head.status, 200 | 202),
            "the server answers {} to a POST: {}",
            head.status,
            String::from_utf8_lossy(&body)
        );
        Ok(())
    }

    async fn body(&mut self, body: &Body) -> anyhow::Result<BytesMut> {
        let mut text = BytesMut::new();
        match body {
            Body::Length(length) => {
                while self.wire.unread.len() < *length {
                    self.wire.receive().await?;
                }
                text = self.wire.unread.split_to(*length);
            }
            Body::Chunked => {
                let mut chunks = Chunks::default();
                chunks.decode(&mut self.wire.unread, &mut text)?;
                while chunks != Chunks::Done {
                    self.wire.receive().await?;
                    chunks.decode(&mut self.wire.unread, &mut text)?;
                }
            }
            Body::UntilClose => bail!("the server does not keep a connection that was posted to"),
        }
        Ok(text)
    }
}
