//! Requests of Streamable HTTP. [`exchange`] sends them.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{exchange, post, with_header};

/// The header that a POST must have.
pub const ACCEPT: &str = "Accept: application/json, text/event-stream\r\n";
/// The type of a POST.
pub const JSON: &str = "Content-Type: application/json\r\n";
/// A ping with the id 1.
pub const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Returns a POST as clients send it.
pub fn message(body: &str) -> String {
    post("/mcp", &format!("{ACCEPT}{JSON}"), body)
}

/// Returns the request with the id of a session.
pub fn in_session(request: &str, id: &str) -> String {
    with_header(request, &format!("Mcp-Session-Id: {id}"))
}

/// Returns the request that opens a session.
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
    let reply = exchange(address, &initialize("2025-11-25")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.header("mcp-session-id").unwrap().to_owned()
}

/// Returns the request that opens the stream of a session.
pub fn get(id: &str) -> String {
    let request = format!("GET /mcp HTTP/1.1\r\nHost: localhost\r\n{ACCEPT}\r\n");
    in_session(&request, id)
}

/// Returns the request that deletes a session.
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
