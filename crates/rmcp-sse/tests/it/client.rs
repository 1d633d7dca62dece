//! A client that knows only bytes: HTTP/1.1 written by hand, so that a test
//! sees exactly what is on the wire.

use std::{net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Far longer than anything here takes; a test that runs into it has failed.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends one request as it stands, without waiting for the server to close.
pub(crate) async fn send(address: SocketAddr, request: impl AsRef<[u8]>) -> Answer {
    let mut connection = Connection::open(address, request).await;
    let head = connection.head().await;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let body = if request_is_head(&head) {
        Vec::new()
    } else {
        connection.take(length).await
    };
    Answer {
        status: head[9..12].parse().unwrap(),
        head,
        body: String::from_utf8(body).unwrap(),
    }
}

// A response to HEAD has a length and no body; none of ours has both a length
// and the type of an event stream otherwise.
fn request_is_head(response_head: &str) -> bool {
    response_head.contains("text/event-stream")
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

pub(crate) fn post(target: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn post_json(target: &str, body: &str) -> String {
    post(target, "Content-Type: application/json\r\n", body)
}

/// One open event stream.
pub(crate) struct Session {
    address: SocketAddr,
    connection: Connection,
    pub(crate) head: String,
    /// Where to post, as the endpoint event said.
    pub(crate) target: String,
}

impl Session {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::open_at(address, "/sse").await
    }

    pub(crate) async fn open_at(address: SocketAddr, path: &str) -> Self {
        let mut connection = Connection::open(address, get(path)).await;
        let head = connection.head().await;
        let event = connection.event().await.unwrap();
        let target = event
            .strip_prefix("event: endpoint\r\ndata: ")
            .and_then(|rest| rest.strip_suffix("\r\n\r\n"))
            .unwrap_or_else(|| panic!("first event: {event:?}"))
            .to_owned();
        Self {
            address,
            connection,
            head,
            target,
        }
    }

    /// Opens a session and initializes it.
    pub(crate) async fn initialized(address: SocketAddr) -> Self {
        let mut session = Self::open(address).await;
        session.initialize("2025-11-25").await;
        session
    }

    pub(crate) async fn initialize(&mut self, version: &str) -> Value {
        let answer = self
            .call(&format!(
                r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{{}},"clientInfo":{{"name":"raw","version":"0"}}}}}}"#
            ))
            .await;
        self.tell(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            .await;
        answer
    }

    /// Posts a message; anything but 202 is a failure.
    pub(crate) async fn tell(&self, message: &str) {
        let answer = self.post(message).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (202, "Accepted"),
            "{message}"
        );
    }

    pub(crate) async fn post(&self, message: &str) -> Answer {
        send(self.address, post_json(&self.target, message)).await
    }

    /// Posts a message and takes the next one from the stream.
    pub(crate) async fn call(&mut self, message: &str) -> Value {
        self.tell(message).await;
        self.message().await
    }

    /// Calls a tool and takes the next message.
    pub(crate) async fn call_tool(&mut self, id: u32, name: &str, arguments: &str) -> Value {
        self.call(&tool_call(id, name, arguments)).await
    }

    /// The next message of the stream.
    pub(crate) async fn message(&mut self) -> Value {
        let event = self.event().await.expect("the stream ended");
        let data = event
            .strip_prefix("event: message\r\ndata: ")
            .and_then(|rest| rest.strip_suffix("\r\n\r\n"))
            .unwrap_or_else(|| panic!("event: {event:?}"));
        serde_json::from_str(data).unwrap()
    }

    /// The next event or comment as it stands; `None` when the stream has
    /// ended with its last chunk.
    pub(crate) async fn event(&mut self) -> Option<String> {
        self.connection.event().await
    }
}

pub(crate) fn tool_call(id: u32, name: &str, arguments: &str) -> String {
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
    async fn open(address: SocketAddr, request: impl AsRef<[u8]>) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // A server may answer and close before it has read all of a request.
        let _ = stream.write_all(request.as_ref()).await;
        Self {
            stream,
            raw: Vec::new(),
            text: Vec::new(),
        }
    }

    /// The status line and headers, without the blank line.
    async fn head(&mut self) -> String {
        loop {
            if let Some(end) = find(&self.raw, b"\r\n\r\n") {
                let head = self.raw.drain(..end + 4).collect::<Vec<_>>();
                return String::from_utf8(head).unwrap().trim_end().to_owned();
            }
            assert!(self.read().await > 0, "connection closed before the head");
        }
    }

    async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.raw.len() < length {
            assert!(self.read().await > 0, "connection closed in the body");
        }
        self.raw.drain(..length).collect()
    }

    /// Text up to and with the next blank line, out of its chunks.
    async fn event(&mut self) -> Option<String> {
        loop {
            if let Some(end) = find(&self.text, b"\r\n\r\n") {
                let event = self.text.drain(..end + 4).collect();
                return Some(String::from_utf8(event).unwrap());
            }
            let line = loop {
                if let Some(end) = find(&self.raw, b"\r\n") {
                    break self.take(end + 2).await;
                }
                assert!(self.read().await > 0, "connection cut inside the stream");
            };
            let line = std::str::from_utf8(&line).unwrap().trim_end();
            let length = usize::from_str_radix(line, 16).unwrap();
            let chunk = self.take(length + 2).await;
            if length == 0 {
                return None;
            }
            self.text.extend(&chunk[..length]);
        }
    }

    async fn read(&mut self) -> usize {
        timeout(DEADLINE, self.stream.read_buf(&mut self.raw))
            .await
            .expect("the server sent nothing")
            .unwrap()
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
