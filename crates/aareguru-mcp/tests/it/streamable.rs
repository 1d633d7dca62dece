//! Streamable HTTP, byte by byte, against the real binary.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    binary::Server,
    client::{post, with_header},
    transports::DEADLINE,
};

const ACCEPT: &str = "Accept: application/json, text/event-stream\r\n";
const JSON: &str = "Content-Type: application/json\r\n";
pub(crate) const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
const LEGACY_VERSIONS: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

/// A complete response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// Returns the value of a header, whose name is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Returns the messages of an event stream or of a JSON document.
    pub(crate) fn messages(&self) -> Vec<Value> {
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

    pub(crate) fn message(&self) -> Value {
        let mut messages = self.messages();
        assert_eq!(messages.len(), 1, "{self:?}");
        messages.remove(0)
    }

    pub(crate) fn error_code(&self) -> i64 {
        let code = &self.message()["error"]["code"];
        code.as_i64().unwrap_or_else(|| panic!("{self:?}"))
    }
}

/// Sends a request and reads until the server closes the connection.
pub(crate) async fn ask(address: SocketAddr, request: &str) -> Reply {
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
pub(crate) fn message(body: &str) -> String {
    post("/mcp", &format!("{ACCEPT}{JSON}"), body)
}

pub(crate) fn in_session(request: &str, id: &str) -> String {
    with_header(request, &format!("Mcp-Session-Id: {id}"))
}

pub(crate) fn initialize(version: &str) -> String {
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
pub(crate) async fn open(address: SocketAddr) -> String {
    let reply = ask(address, &initialize("2025-11-25")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.header("mcp-session-id").unwrap().to_owned()
}

pub(crate) fn get(id: &str) -> String {
    let request = format!("GET /mcp HTTP/1.1\r\nHost: localhost\r\n{ACCEPT}\r\n");
    in_session(&request, id)
}

pub(crate) fn delete(id: &str) -> String {
    in_session("DELETE /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n", id)
}

fn bern(id: u32) -> Value {
    json!({
        "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": { "name": "get_current_temperature", "arguments": { "city": "bern" } },
    })
}

fn is_bern(answer: &Value) {
    let structured = &answer["result"]["structuredContent"];
    assert_eq!(structured["temperature_celsius"], 12.5, "{answer}");
}

/// Returns a request of the revision without sessions.
pub(crate) fn stateless(mut body: Value) -> String {
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

#[tokio::test]
async fn session_is_served_until_deleted() {
    let server = Server::demo().await;
    for version in LEGACY_VERSIONS {
        let opened = ask(server.address, &initialize(version)).await;
        assert_eq!(opened.message()["result"]["protocolVersion"], version);
        let id = opened.header("mcp-session-id").unwrap();
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        let accepted = ask(server.address, &in_session(&message(initialized), id)).await;
        assert_eq!((accepted.status, accepted.body.as_str()), (202, ""));

        let request = in_session(&message(&bern(1).to_string()), id);
        let request = with_header(&request, &format!("MCP-Protocol-Version: {version}"));
        let answer = ask(server.address, &request).await;
        is_bern(&answer.message());
        // Older clients reject an event without data.
        let primes = answer.body.contains("data: \n");
        assert_eq!(primes, version == "2025-11-25", "{answer:?}");

        assert_eq!(ask(server.address, &delete(id)).await.status, 200);
        for request in [&request, &get(id), &delete(id)] {
            let gone = ask(server.address, request).await;
            assert_eq!(gone.status, 404, "{gone:?}");
        }
    }
}

#[tokio::test]
async fn revision_without_sessions_is_served_statelessly() {
    let server = Server::demo().await;
    let discover = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {} });
    let answer = ask(server.address, &stateless(discover)).await;
    assert_eq!(answer.header("mcp-session-id"), None);
    let result = &answer.message()["result"];
    let versions = result["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&"2026-07-28".into()), "{result}");

    // A session id from an earlier revision is ignored.
    let request = in_session(&stateless(bern(2)), "left-over");
    is_bern(&ask(server.address, &request).await.message());
}

#[tokio::test]
async fn invalid_requests_return_the_specified_errors() {
    let server = Server::demo().await;
    let id = open(server.address).await;
    let in_session = |request: &str| in_session(request, &id);
    let long = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#,
        "x".repeat(5 << 20)
    );
    let without = |line: &str| in_session(&message(PING).replace(line, ""));
    let with = |header: &str| in_session(&with_header(&message(PING), header));
    let body = |body: &str| in_session(&message(body));
    let other_version = with_header(
        &initialize("2025-11-25"),
        "MCP-Protocol-Version: 2025-06-18",
    );
    let no_meta = with_header(&message(PING), "MCP-Protocol-Version: 2026-07-28");
    let lies = stateless(bern(1)).replace("Version: 2026-07-28", "Version: 2025-11-25");
    let other_tool = stateless(bern(1)).replace("Name: get_current_temperature", "Name: other");
    for (request, status, code) in [
        (without(ACCEPT), 406, -32600),
        (
            body("").replace("text/event-stream", "text/html"),
            406,
            -32600,
        ),
        (without(JSON), 415, -32600),
        (
            body("{}").replace("application/json\r\nC", "text/plain\r\nC"),
            415,
            -32600,
        ),
        (body(""), 400, -32700),
        (body("garbage"), 400, -32700),
        (body(r#"{"jsonrpc":"2.0","id":1,"#), 400, -32700),
        (body("{}"), 400, -32600),
        (body(&format!("[{PING}]")), 400, -32600),
        (body(&PING.replace("1,", "null,")), 400, -32600),
        (body(&PING.replace("\"2.0\"", "\"1.0\"")), 400, -32600),
        (body(&long), 413, -32600),
        (with("MCP-Protocol-Version: 1999-01-01"), 400, -32600),
        (other_version, 400, -32600),
        (no_meta, 400, -32602),
        (lies, 400, -32020),
        (other_tool, 400, -32020),
        (message(PING), 400, -32600),
        (
            with_header(&message(PING), "Mcp-Session-Id: unknown"),
            404,
            -32001,
        ),
        // The length is checked first, as over HTTP+SSE and with Redis.
        (
            with_header(&message(&long), "Mcp-Session-Id: unknown"),
            413,
            -32600,
        ),
        (
            "PUT /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n".into(),
            405,
            -32600,
        ),
    ] {
        let reply = ask(server.address, &request).await;
        let shown: String = request.chars().take(300).collect();
        assert_eq!(reply.status, status, "{shown}\n{reply:?}");
        assert_eq!(reply.error_code(), code, "{shown}\n{reply:?}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    // The rejected requests have not affected the session.
    let answer = ask(server.address, &in_session(&message(&bern(7).to_string()))).await;
    is_bern(&answer.message());
}

#[tokio::test]
async fn error_response_carries_the_request_id() {
    let server = Server::demo().await;
    let request = message(r#"{"jsonrpc":"2.0","id":"abc","method":7}"#);
    let reply = ask(server.address, &request).await;
    assert_eq!(reply.message()["id"], "abc");
}

#[tokio::test]
async fn foreign_host_and_origin_are_rejected() {
    let server = Server::demo().await;
    for path in ["/mcp", "/ws"] {
        for (headers, status) in [
            ("Host: evil.example\r\n", 421),
            ("Host: localhost\r\nOrigin: https://evil.example\r\n", 403),
        ] {
            let request = format!("GET {path} HTTP/1.1\r\n{headers}\r\n");
            assert_eq!(ask(server.address, &request).await.status, status);
        }
    }
}

#[tokio::test]
async fn closed_sessions_are_logged() {
    let server = Server::demo().await;
    for _ in 0..50 {
        open(server.address).await;
    }
    server.signal("TERM").await;
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{logs}");
    assert_eq!(logs.matches("session closed").count(), 50, "{logs}");
}

#[tokio::test]
async fn streamable_session_ids_are_not_logged() {
    let server = Server::start(&["serve", "--demo", "--log-level", "trace"]).await;
    let id = open(server.address).await;
    ask(server.address, &in_session(&message(PING), &id)).await;
    ask(server.address, &delete(&id)).await;
    ask(server.address, &get(&id)).await;
    let left_open = open(server.address).await;
    server.signal("TERM").await;
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{logs}");
    for line in ["session opened", "session closed"] {
        assert!(logs.contains(line), "{line} not in {logs}");
    }
    for id in [id, left_open] {
        assert!(!logs.contains(&id), "{logs}");
    }
}
