//! One connection, read byte by byte.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::DEADLINE;

/// The connection closed before the end of the stream.
#[derive(Debug)]
pub struct StreamCut;

/// A connection with what has been read from it and not used.
#[derive(Debug)]
pub(crate) struct RawConnection {
    stream: TcpStream,
    raw: Vec<u8>,
    text: Vec<u8>,
}

impl RawConnection {
    /// Connects and sends a request; `None` if the server does not accept.
    pub(crate) async fn try_open(address: SocketAddr, request: impl AsRef<[u8]>) -> Option<Self> {
        let mut stream = TcpStream::connect(address).await.ok()?;
        // A server may respond and close before it has read all of a request.
        let _ = stream.write_all(request.as_ref()).await;
        Some(Self {
            stream,
            raw: Vec::new(),
            text: Vec::new(),
        })
    }

    /// Returns the status line and headers, without the blank line.
    pub(crate) async fn try_head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = find(&self.raw, b"\r\n\r\n") {
                let head = self.raw.drain(..end + 4).collect::<Vec<_>>();
                return Some(String::from_utf8(head).unwrap().trim_end().to_owned());
            }
            self.read().await.ok()?;
        }
    }

    /// Returns the next bytes.
    pub(crate) async fn take(&mut self, length: usize) -> Result<Vec<u8>, StreamCut> {
        while self.raw.len() < length {
            self.read().await?;
        }
        Ok(self.raw.drain(..length).collect())
    }

    /// Returns the decoded text up to and including the next blank line; `None` after the last
    /// chunk.
    pub(crate) async fn event(&mut self) -> Result<Option<String>, StreamCut> {
        loop {
            if let Some(end) = find(&self.text, b"\r\n\r\n") {
                let event = self.text.drain(..end + 4).collect();
                return Ok(Some(String::from_utf8(event).unwrap()));
            }
            let line = loop {
                if let Some(end) = find(&self.raw, b"\r\n") {
                    break self.take(end + 2).await?;
                }
                self.read().await?;
            };
            let line = std::str::from_utf8(&line).unwrap().trim_end();
            let length = usize::from_str_radix(line, 16).unwrap();
            let chunk = self.take(length + 2).await?;
            if length == 0 {
                return Ok(None);
            }
            self.text.extend(&chunk[..length]);
        }
    }

    async fn read(&mut self) -> Result<(), StreamCut> {
        let read = timeout(DEADLINE, self.stream.read_buf(&mut self.raw)).await;
        match read.expect("the server sent nothing") {
            Ok(0) | Err(_) => Err(StreamCut),
            Ok(_) => Ok(()),
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
