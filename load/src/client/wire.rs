//! A connection and the bytes that came and are not yet understood.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
};

use anyhow::{Context, ensure};
use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::head::Head;

#[derive(Debug)]
pub(crate) struct Wire {
    connection: TcpStream,
    pub(crate) unread: BytesMut,
}

impl Wire {
    pub(crate) async fn connect(to: SocketAddrV4, from: Ipv4Addr) -> anyhow::Result<Self> {
        let connect = async || -> io::Result<TcpStream> {
            let socket = TcpSocket::new_v4()?;
            socket.set_nodelay(true)?;
            socket.bind((from, 0).into())?;
            socket.connect(to.into()).await
        };
        let connection = connect()
            .await
            .with_context(|| format!("connecting to {to} from {from}"))?;
        Ok(Self {
            connection,
            unread: BytesMut::with_capacity(1024),
        })
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.connection.write_all(bytes).await.context("sending")
    }

    /// Waits for more bytes.
    pub(crate) async fn receive(&mut self) -> anyhow::Result<()> {
        let received = self.connection.read_buf(&mut self.unread).await;
        ensure!(
            received.context("receiving")? > 0,
            "the server closed the connection"
        );
        Ok(())
    }

    /// Takes the head of a response.
    pub(crate) async fn head(&mut self) -> anyhow::Result<Head> {
        loop {
            if let Some((head, length)) = Head::parse(&self.unread)? {
                self.unread.advance(length);
                return Ok(head);
            }
            self.receive().await?;
        }
    }
}
