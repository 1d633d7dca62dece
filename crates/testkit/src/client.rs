//! A client at the level of bytes: HTTP/1.1 written by hand, so that a test sees exactly what is on
//! the wire.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::DEADLINE;

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends one request as is, without waiting for the server to close.
pub async fn send(address: SocketAddr, request: impl AsRef<[u8]>) -> Answer {
    let answer = try_send(address, request).await;
    answer.expect("connection closed before the answer")
}

/// Sends a request to a server that may exit; `None` if it does not respond.
pub async fn try_send(address: SocketAddr, request: impl AsRef<[u8]>) -> Option<Answer> {
    let mut connection = Connection::try_open(address, request).await?;
    let head = connection.try_head().await?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().unwrap());
    let body = if request_is_head(&head) {
        Vec::new()
    } else {
        connection.take(length).await.ok()?
    };
    Some(Answer {
        status: head[9..12].parse().unwrap(),
        head,
        body: String::from_utf8(body).unwrap(),
    })
}

// A response to HEAD has a length and no body; no other response has both a length and the type of
// an event stream.
fn request_is_head(response_head: &str) -> bool {
    response_head.contains("text/event-stream")
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

pub fn post(target: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

pub fn post_json(target: &str, body: &str) -> String {
    post(target, "Content-Type: application/json\r\n", body)
}

/// Returns the request with one more header.
pub fn with_header(request: &str, header: &str) -> String {
    request.replacen("\r\n\r\n", &format!("\r\n{header}\r\n\r\n"), 1)
}

/// One open event stream.
pub struct Session {
    pub address: SocketAddr,
    connection: Connection,
    pub head: String,
    /// Where to post, from the endpoint event.
    pub target: String,
    /// The last event id.
    pub last_event_id: Option<String>,
}

impl Session {
    pub async fn open(address: SocketAddr) -> Self {
        Self::open_at(address, "/sse").await
    }

    pub async fn open_at(address: SocketAddr, path: &str) -> Self {
        Self::open_with(address, get(path)).await
    }

    /// Reopens a stream, as a client does that has lost one.
    pub async fn resume(address: SocketAddr, last_event_id: &str) -> Self {
        let header = format!("Last-Event-ID: {last_event_id}");
        Self::open_with(address, with_header(&get("/sse"), &header)).await
    }

    /// Opens a stream with a custom request.
    pub async fn open_with(address: SocketAddr, request: String) -> Self {
        let opened = Self::try_open(address, request).await;
        opened.expect("the stream was refused")
    }

    /// Opens a stream, unless it is rejected or cut.
    pub async fn try_open(address: SocketAddr, request: String) -> Option<Self> {
        let mut connection = Connection::try_open(address, request).await?;
        let head = connection.try_head().await?;
        if !head.starts_with("HTTP/1.1 200") {
            return None;
        }
        let event = connection.event().await.ok()??;
        let target = event
            .strip_prefix("event: endpoint\r\ndata: ")
            .and_then(|rest| rest.strip_suffix("\r\n\r\n"))
            .unwrap_or_else(|| panic!("first event: {event:?}"))
            .to_owned();
        Some(Self {
            address,
            connection,
            head,
            target,
            last_event_id: None,
        })
    }

    /// Opens a session and initializes it.
    pub async fn initialized(address: SocketAddr) -> Self {
        let mut session = Self::open(address).await;
        session.initialize("2025-11-25").await;
        session
    }

    pub async fn initialize(&mut self, version: &str) -> Value {
        let answer = self
            .call(&format!(
                r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{{}},"clientInfo":{{"name":"raw","version":"0"}}}}}}"#
            ))
            .await;
        self.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            .await;
        answer
    }

    /// Posts a message and asserts that it is accepted with 202.
    pub async fn send(&self, message: &str) {
        let answer = self.post(message).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (202, "Accepted"),
            "{message}"
        );
    }

    /// Posts as this principal, to the session in the target.
    pub async fn post_as(&self, message: &str, principal: &str) -> Answer {
        let request = post_json(&self.target, message);
        let request = with_header(&request, &format!("X-Principal: {principal}"));
        send(self.address, request).await
    }

    pub async fn post(&self, message: &str) -> Answer {
        send(self.address, post_json(&self.target, message)).await
    }

    /// Posts a message and returns the next one from the stream.
    pub async fn call(&mut self, message: &str) -> Value {
        self.send(message).await;
        self.message().await
    }

    /// Calls a tool and returns the next message.
    pub async fn call_tool(&mut self, id: u32, name: &str, arguments: &str) -> Value {
        self.call(&tool_call(id, name, arguments)).await
    }

    /// Returns the tools as listed by `tools/list`.
    pub async fn tools(&mut self) -> Vec<Value> {
        let request = r#"{"jsonrpc":"2.0","id":"tools","method":"tools/list"}"#;
        let mut answer = self.call(request).await;
        serde_json::from_value(answer["result"]["tools"].take()).unwrap()
    }

    /// Returns the next message of the stream.
    pub async fn message(&mut self) -> Value {
        self.try_message().await.expect("the stream ended")
    }

    /// Returns the next message of a stream that may break.
    pub async fn try_message(&mut self) -> Result<Value, Cut> {
        loop {
            let event = self.connection.event().await?.ok_or(Cut)?;
            // Skip keep-alive comments.
            if !event.starts_with(':') {
                return Ok(self.read_message(&event));
            }
        }
    }

    fn read_message(&mut self, event: &str) -> Value {
        let data = event
            .strip_prefix("event: message\r\ndata: ")
            .and_then(|rest| rest.strip_suffix("\r\n\r\n"))
            .unwrap_or_else(|| panic!("event: {event:?}"));
        let mut lines = data.split("\r\nid: ");
        let data = lines.next().unwrap();
        if let Some(id) = lines.next() {
            self.last_event_id = Some(id.to_owned());
        }
        serde_json::from_str(data).unwrap()
    }

    /// Returns the next event or comment as is; `None` when the stream has ended with its last
    /// chunk.
    pub async fn event(&mut self) -> Option<String> {
        let event = self.connection.event().await;
        event.expect("connection cut inside the stream")
    }
}

/// The connection closed before the end of the stream.
#[derive(Debug)]
pub struct Cut;

pub fn tool_call(id: u32, name: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}}}"#
    )
}

struct Connection {
    stream: TcpStream,
    raw: Vec<u8>,
    text: Vec<u8>,
}

impl Connection {
    async fn try_open(address: SocketAddr, request: impl AsRef<[u8]>) -> Option<Self> {
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
    async fn try_head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = find(&self.raw, b"\r\n\r\n") {
                let head = self.raw.drain(..end + 4).collect::<Vec<_>>();
                return Some(String::from_utf8(head).unwrap().trim_end().to_owned());
            }
            self.read().await.ok()?;
        }
    }

    async fn take(&mut self, length: usize) -> Result<Vec<u8>, Cut> {
        while self.raw.len() < length {
            self.read().await?;
        }
        Ok(self.raw.drain(..length).collect())
    }

    /// Returns the decoded text up to and including the next blank line; `None` after the last
    /// chunk.
    async fn event(&mut self) -> Result<Option<String>, Cut> {
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

    async fn read(&mut self) -> Result<(), Cut> {
        let read = timeout(DEADLINE, self.stream.read_buf(&mut self.raw)).await;
        match read.expect("the server sent nothing") {
            Ok(0) | Err(_) => Err(Cut),
            Ok(_) => Ok(()),
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
