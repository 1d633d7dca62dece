//! Streamable HTTP, byte by byte.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    DEADLINE,
    client::{post, with_header},
};

pub const ACCEPT: &str = "Accept: application/json, text/event-stream\r\n";
pub const JSON: &str = "Content-Type: application/json\r\n";
pub const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// A complete response.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
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

    pub fn message(&self) -> Value {
        let mut messages = self.messages();
        assert_eq!(messages.len(), 1, "{self:?}");
        messages.remove(0)
    }

    pub fn error_code(&self) -> i64 {
        let code = &self.message()["error"]["code"];
        code.as_i64().unwrap_or_else(|| panic!("{self:?}"))
    }
}

/// Sends a request and reads until the server closes the connection.
pub async fn ask(address: SocketAddr, request: &str) -> Reply {
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
    Reply {
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

/// Returns a POST as clients send it.
pub fn message(body: &str) -> String {
    post("/mcp", &format!("{ACCEPT}{JSON}"), body)
}

pub fn in_session(request: &str, id: &str) -> String {
    with_header(request, &format!("Mcp-Session-Id: {id}"))
}

pub fn initialize(version: &str) -> String {
    message(
        &json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {
                "protocolVersion": version,
                "capabilities": {},
                "clientInfo": { "name": "raw", "version": "0" },
            },
        })
        .to_string(),
    )
}

/// Opens a session; returns its id.
pub async fn open(address: SocketAddr) -> String {
    let reply = ask(address, &initialize("2025-11-25")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.header("mcp-session-id").unwrap().to_owned()
}

pub fn get(id: &str) -> String {
    let request = format!("GET /mcp HTTP/1.1\r\nHost: localhost\r\n{ACCEPT}\r\n");
    in_session(&request, id)
}

pub fn delete(id: &str) -> String {
    in_session("DELETE /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n", id)
}

/// Returns a request of the revision without sessions.
pub fn stateless(mut body: Value) -> String {
    let method = body["method"].as_str().unwrap().to_owned();
    let name = body["params"]["name"].as_str().map(str::to_owned);
    body["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "raw", "version": "0" },
    });
    let request = with_header(
        &message(&body.to_string()),
        "MCP-Protocol-Version: 2026-07-28",
    );
    let request = with_header(&request, &format!("Mcp-Method: {method}"));
    match name {
        Some(name) => with_header(&request, &format!("Mcp-Name: {name}")),
        None => request,
    }
}
