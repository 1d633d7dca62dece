//! Responses of HTTP/1.1, and the exchange of one request for one.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{DEADLINE, raw_connection::RawConnection, with_header};

/// A complete response.
#[derive(Debug)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    /// The body, without the framing of chunks.
    pub body: String,
}

impl HttpResponse {
    /// Returns the value of a header, whose name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Returns the messages of an event stream or of a JSON document.
    pub fn messages(&self) -> Vec<Value> {
        if self.header("content-type") == Some("application/json") {
            return vec![serde_json::from_str(&self.body).unwrap()];
        }
        let lines = self.body.lines();
        lines
            .filter_map(|line| line.strip_prefix("data: "))
            .filter(|data| !data.is_empty())
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }

    /// Returns the only message.
    pub fn message(&self) -> Value {
        let mut messages = self.messages();
        assert_eq!(messages.len(), 1, "{self:?}");
        messages.remove(0)
    }

    /// Returns the code of the JSON-RPC error in the only message.
    pub fn error_code(&self) -> i64 {
        let code = &self.message()["error"]["code"];
        code.as_i64().unwrap_or_else(|| panic!("{self:?}"))
    }
}

/// Sends one request as is, without waiting for the server to close.
pub async fn send(address: SocketAddr, request: impl AsRef<[u8]>) -> HttpResponse {
    let answer = try_send(address, request).await;
    answer.expect("connection closed before the answer")
}

/// Sends a request to a server that may exit; `None` if it does not respond.
pub async fn try_send(address: SocketAddr, request: impl AsRef<[u8]>) -> Option<HttpResponse> {
    let mut connection = RawConnection::try_open(address, request).await?;
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
    Some(HttpResponse {
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

/// Sends a request and reads until the server closes the connection.
pub async fn exchange(address: SocketAddr, request: &str) -> HttpResponse {
    let request = with_header(request, "Connection: close");
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server may respond and close before it has read all of a request.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut raw = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut raw)).await;
    let _ = read.expect("the answer does not end");
    let raw = String::from_utf8(raw).unwrap();
    let (head, rest) = raw.split_once("\r\n\r\n").expect("no answer");
    let body = if head.contains("transfer-encoding: chunked") {
        unchunked(rest)
    } else {
        rest.to_owned()
    };
    HttpResponse {
        status: head[9..12].parse().unwrap(),
        head: head.to_owned(),
        body,
    }
}

fn unchunked(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((length, rest)) = chunks.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        body.push_str(&rest[..length]);
        chunks = rest[length..].strip_prefix("\r\n").unwrap();
    }
    body
}
