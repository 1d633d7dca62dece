//! A connection and the bytes that came and are not yet understood.

use std::net::{Ipv4Addr, SocketAddrV4};

use bytes::{Buf, BytesMut};
use futures_util::FutureExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::{Failure, chunks::Chunks, head::Body, head::Head};

/// The least that the kernel grants; it doubles it.
const SMALL_BUFFER_BYTES: u32 = 2048;

#[derive(Debug)]
pub(crate) struct Wire {
    connection: TcpStream,
    pub(crate) unread: BytesMut,
}

/// Connects from an address of this machine.
pub(crate) async fn connect(to: SocketAddrV4, from: Ipv4Addr) -> Result<TcpStream, Failure> {
    let connect = async || {
        let socket = TcpSocket::new_v4()?;
        socket.set_nodelay(true)?;
        socket.bind((from, 0).into())?;
        socket.connect(to.into()).await
    };
    connect().await.map_err(Failure::Connect)
}

/// The same with so small a buffer that the server notices a slow reader soon.
pub(crate) async fn connect_slow(to: SocketAddrV4, from: Ipv4Addr) -> Result<TcpStream, Failure> {
    let connect = async || {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(SMALL_BUFFER_BYTES)?;
        socket.bind((from, 0).into())?;
        socket.connect(to.into()).await
    };
    connect().await.map_err(Failure::Connect)
}

impl Wire {
    pub(crate) async fn connect(to: SocketAddrV4, from: Ipv4Addr) -> Result<Self, Failure> {
        connect(to, from).await.map(Self::new)
    }

    pub(crate) fn new(connection: TcpStream) -> Self {
        Self {
            connection,
            unread: BytesMut::with_capacity(1024),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.connection
            .write_all(bytes)
            .await
            .map_err(Failure::Broken)
    }

    /// Waits for more bytes.
    pub(crate) async fn receive(&mut self) -> Result<(), Failure> {
        match self.connection.read_buf(&mut self.unread).await {
            Ok(0) => Err(Failure::Closed),
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::Broken(error)),
        }
    }

    /// Reads some bytes and forgets them; `false` when nothing more will come.
    pub(super) async fn sip(&mut self, bytes: &mut [u8]) -> bool {
        matches!(self.connection.read(bytes).await, Ok(read) if read > 0)
    }

    /// Whether the server has closed it meanwhile, as it may while nothing is
    /// asked.
    pub(crate) fn is_closed(&self) -> bool {
        let mut byte = [0];
        let peeked = self.connection.peek(&mut byte).now_or_never();
        matches!(peeked, Some(Ok(0) | Err(_)))
    }

    /// Takes the head of a response.
    pub(crate) async fn head(&mut self) -> Result<Head, Failure> {
        loop {
            if let Some((head, length)) = Head::parse(&self.unread)? {
                self.unread.advance(length);
                return Ok(head);
            }
            self.receive().await?;
        }
    }

    /// Takes the whole body of a response.
    pub(crate) async fn body(&mut self, body: &Body) -> Result<BytesMut, Failure> {
        match body {
            Body::Length(length) => {
                while self.unread.len() < *length {
                    self.receive().await?;
                }
                Ok(self.unread.split_to(*length))
            }
            Body::Chunked => {
                let (mut chunks, mut text) = (Chunks::default(), BytesMut::new());
                chunks.decode(&mut self.unread, &mut text)?;
                while chunks != Chunks::Done {
                    self.receive().await?;
                    chunks.decode(&mut self.unread, &mut text)?;
                }
                Ok(text)
            }
            Body::UntilClose => {
                while self.receive().await.is_ok() {}
                Ok(self.unread.split())
            }
        }
    }
}
